"""Taking a model's weights up again from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from fsvfx.engines.trainable import Model
from fsvfx.errors import InputError

_HINT = "Train in another folder, or go back to the settings that this one began with"


def load_weights(model: Model, state: Mapping[str, Any]) -> tuple[str, ...]:
    """A checkpoint's weights into ``model``; which of the model's turns begin anew (an adversary switched on).

    Raises InputError if the checkpoint is of another model.
    """
    if list(model.people) != state["people"]:
        said = ", ".join(state["people"])
        raise InputError(f"The checkpoint knows {said}, the model {', '.join(model.people)}", hint=_HINT)
    weights: Mapping[str, Tensor] = state["weights"]
    own = model.state_dict()
    if wrong := sorted(name for name in own.keys() & weights.keys() if own[name].shape != weights[name].shape):
        raise _another(wrong[0])
    new, gone = own.keys() - weights.keys(), weights.keys() - own.keys()
    first, *adversaries = model.turns()
    added = {turn: _names(model, turn) for turn in adversaries if turn not in state["optimisers"]["moments"]}
    removed = {
        name
        for turn, moments in state["optimisers"]["moments"].items()
        if turn != first and turn not in adversaries
        for name in moments
    }
    if stray := sorted((new - set().union(*added.values())) | (gone - removed)):
        raise _another(stray[0])
    model.load_state_dict(dict(weights), strict=False)
    return tuple(added)


def _names(model: Model, turn: str) -> set[str]:
    moved = {id(weight) for weight in model.parameters_of(turn)}
    return {name for name, weight in model.named_parameters() if id(weight) in moved}


def _another(name: str) -> InputError:
    return InputError(f"The checkpoint is of a model of other sizes or kind: {name} differs", hint=_HINT)
