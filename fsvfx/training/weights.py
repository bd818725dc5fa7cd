"""The initial weights of a model: random ones, another package's, or a checkpoint's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import Model, only_training
from fsvfx.errors import InputError, Where
from fsvfx.packages import Packages, card_of, weights_in
from fsvfx.training import rng
from schemas.job import TrainJob
from schemas.train import Start

_HINT = "Train in another folder, or go back to the settings that this one began with"


def first_model(job: TrainJob, *, resumes: bool) -> Model[Any]:
    """The job's networks at the beginning of training; if it ``resumes``, their weights come from a checkpoint.

    Raises InputError if ``start`` is for another engine, has other sizes or is not found; ModelError if it is broken.
    """
    rng.seed(job.trainer.seed)
    model = built(learned(job.engine), job.architecture, job.learned)
    if job.start and not resumes:
        _start_from(model, job.engine, job.start, Packages.of(job))
    return model


def load_weights(model: Model[Any], state: Mapping[str, Any]) -> tuple[str, ...]:
    """A checkpoint's weights into ``model``; returns the model's turns that start anew (an adversary switched on).

    Raises InputError if the checkpoint belongs to another model.
    """
    if list(model.people) != state["people"]:
        known = ", ".join(state["people"])
        raise InputError(f"The checkpoint knows {known}, the model {', '.join(model.people)}", hint=_HINT)
    weights: Mapping[str, Tensor] = state["weights"]
    own = model.state_dict()
    if wrong := sorted(name for name in own.keys() & weights.keys() if own[name].shape != weights[name].shape):
        raise _another(wrong[0])
    new, gone = own.keys() - weights.keys(), weights.keys() - own.keys()
    first, *adversaries = model.turns()
    added = {turn: _names_of(model, turn) for turn in adversaries if turn not in state["optimisers"]["moments"]}
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


def _start_from(model: Model[Any], engine: str, start: Start, packages: Packages) -> None:
    """By position: the ancestor's first person becomes the model's first. Parts that only training needs start
    untrained if it lacks them."""
    package = packages.find(start.model, start.sha256)
    card = card_of(package)
    if card.engine != engine:
        raise _unfit(start, f"is for engine '{card.engine}', not '{engine}'")
    weights, own = weights_in(package, start.sha256), model.state_dict()
    needed = own.keys() - only_training(model) - _later(model, own)
    fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
    if lacking := sorted((needed | _later(model, weights)) - fitting.keys()):
        raise _unfit(start, f"has other sizes, or another number of people: {lacking[0]} differs")
    model.load_state_dict(fitting, strict=False)
    if start.restart:
        model.restart()


def _later(model: Model[Any], names: Iterable[str]) -> set[str]:
    return {name for name in names if name.partition(".")[0] in model.later}


def _unfit(start: Start, why: str) -> InputError:
    return InputError(
        f"The model package '{start.model}' {why}",
        hint="Start from a package of the same engine, architecture and number of people",
        where=Where(field="start"),
    )


def _names_of(model: Model[Any], turn: str) -> set[str]:
    moved = {id(weight) for weight in model.parameters_of(turn)}
    return {name for name, weight in model.named_parameters() if id(weight) in moved}


def _another(name: str) -> InputError:
    return InputError(f"The checkpoint is of another model, or one of other sizes: {name} differs", hint=_HINT)
