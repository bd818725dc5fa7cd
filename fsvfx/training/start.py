"""A training's first weights: random ones, or another package's."""

from __future__ import annotations

from torch import Tensor

from fsvfx import packages
from fsvfx.engines.learned import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import Model
from fsvfx.errors import InputError, Where
from fsvfx.reach import reach_of
from fsvfx.training import rng
from schemas.job import TrainJob
from schemas.train import Start


def first_model(job: TrainJob, *, resumes: bool) -> Model:
    """The job's networks as training begins with them; if it ``resumes``, a checkpoint brings their weights.

    Raises InputError if ``start`` is of another engine or of other sizes, or is nowhere; ModelError if it is broken.
    """
    rng.seed(job.trainer.seed)
    model = built(learned(job.engine), job.architecture, job.learned)
    if job.start and not resumes:
        packages.use(job.packages, reach_of(job))
        _begin_from(model, job.engine, job.start)
    return model


def _begin_from(model: Model, engine: str, start: Start) -> None:
    """By position: the ancestor's first person is the model's first. Adversaries that it lacks begin from nothing."""
    card = packages.card_of(packages.find(start.model, start.sha256))
    if card.engine != engine:
        raise _unfit(start, f"is for engine '{card.engine}', not '{engine}'")
    weights, own = packages.weights_of(start.model, start.sha256), model.state_dict()
    needed = _names(model) & own.keys()
    fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
    if lacking := sorted(needed - fitting.keys()):
        raise _unfit(start, f"has other sizes, or another number of people: {lacking[0]} differs")
    model.load_state_dict(fitting, strict=False)
    if start.restart:
        model.restart()


def _names(model: Model) -> set[str]:
    """Of all weights but the adversaries' own, and of buffers."""
    _, *adversaries = model.turns()
    theirs = {id(weight) for turn in adversaries for weight in model.parameters_of(turn)}
    kept: dict[str, Tensor] = dict(model.named_parameters()) | dict(model.named_buffers())
    return {name for name, weight in kept.items() if id(weight) not in theirs}


def _unfit(start: Start, why: str) -> InputError:
    return InputError(
        f"The model package '{start.model}' {why}",
        hint="Start from a package of the same engine, architecture and number of people",
        where=Where(field="start"),
    )
