"""The contract of engines that learn: what a model is, its input, and its losses.

A single trainer (``fsvfx.training``) serves them all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from torch import Tensor, nn


@dataclass(frozen=True)
class Side:
    """One person's pictures in a batch; float32 in [0, 1], display-referred RGB.

    warped: (b, 3, R, R), the model's input. target: (b, 3, R, R), its desired output. mask: (b, 1, R, R), the face in
    ``target``. priority: (b, 2, R, R), its eyes, and its mouth.
    """

    warped: Tensor
    target: Tensor
    mask: Tensor
    priority: Tensor


Batch = Mapping[str, Side]
"""By person, in the order of the model's ``people``."""


@dataclass(frozen=True)
class Pace:
    """How a turn steps, where it differs from the trainer's settings.

    rate: factor on their learning rate. betas: replace theirs. every: iterations from one of its steps to the next.
    begins: the iteration of the first.
    """

    rate: float = 1.0
    betas: tuple[float, float] | None = None
    every: int = 1
    begins: int = 0


@dataclass(frozen=True)
class Prediction:
    """rgb: (b, 3, R, R); mask: (b, 1, R, R), None for models that learn none; float32 in [0, 1]."""

    rgb: Tensor
    mask: Tensor | None


Fed = TypeVar("Fed")
"""The type of a model's batches: any mappings and dataclasses of tensors."""


class Model(nn.Module, ABC, Generic[Fed]):
    """An engine's networks, as the trainer sees them.

    Its initial weights come from torch's global random numbers: seed those for a repeatable start.
    """

    people: tuple[str, ...]
    """The people that it learns from."""
    resolution: int
    later: tuple[str, ...] = ()
    """Parts, by attribute name, that an initial package may lack: they belong to a later stage."""
    judging: tuple[str, ...] = ()
    """Parts, likewise, that only losses use, besides adversaries: they are not needed for predictions."""

    def begin(self, device: str) -> None:
        """Called once, before training: load the networks that are only used by losses, on the device. Does nothing by
        default.

        Keep them in a tuple, where torch does not look for weights: they belong to no checkpoint, mean or package.

        Raises ModelError if their weights are not there.
        """

    def advance(self, step: int) -> None:
        """Called before each iteration with the number of iterations so far: growing models grow here."""

    def turns(self) -> tuple[str, ...]:
        """The optimizer steps of one iteration, in order: the generator's, then those of adversaries."""
        return ("generator",)

    def pace(self, turn: str) -> Pace:
        """How that turn steps. By default as in the trainer's settings."""
        return Pace()

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        """The parameters that a turn's step updates. ``random_warp``: whether the inputs are warped; if not, some
        models freeze a part."""
        return list(self.parameters())

    @abstractmethod
    def forward(self, batch: Fed, turn: str = "generator") -> dict[str, Tensor]:
        """The turn's loss terms, weighted: the step minimizes their sum. Scalars."""

    def metrics(self, held_out: Fed) -> dict[str, Tensor]:
        """Measurements on held-out faces, by name; scalars, each with its own curve. By default, the losses."""
        losses: dict[str, Tensor] = self(held_out)
        return losses

    def previews(self, held_out: Fed, rows: int) -> list[list[Tensor]]:
        """Sheets of pictures that show its progress: each a list of columns (up to ``rows``, 3, R, R).

        None by default.
        """
        return []

    def restart(self) -> None:
        """After pretraining on other people: reinitialize the parts that hold identity. Does nothing by default."""


def only_training(model: Model[Any]) -> set[str]:
    """Names of the weights that predictions don't need: those of ``judging`` parts, and those that only adversaries'
    turns update."""
    first, *others = model.turns()
    own = {id(weight) for weight in model.parameters_of(first)}
    moved = {id(weight) for turn in others for weight in model.parameters_of(turn)} - own
    return {
        name
        for name, weight in model.named_parameters()
        if id(weight) in moved or name.partition(".")[0] in model.judging
    }


def strip_training(model: Model[Any]) -> None:
    """Remove the parts that only training needs: those all of whose weights do."""
    spare = only_training(model)
    for name, part in list(model.named_children()):
        weights = {f"{name}.{inner}" for inner, _ in part.named_parameters()}
        if weights and weights <= spare:
            setattr(model, name, None)


class ClosedModel(Model[Batch]):
    """Networks for a fixed set of people. In a one-to-one model: the identity, then the performer."""

    @abstractmethod
    def predict(self, pictures: Tensor, person: str) -> Prediction:
        """``person``'s face in the performance of ``pictures`` (b, 3, R, R)."""

    def previews(self, held_out: Batch, rows: int) -> list[list[Tensor]]:
        """For two people: the identity, reconstructed; the performer, reconstructed, and the swap.

        For more: each person, turned into all others.
        """
        if len(self.people) != 2:
            return [self._as_all(held_out[person].target[:rows]) for person in self.people]
        identity, performer = self.people
        count = min(rows, len(held_out[identity].target), len(held_out[performer].target))
        mine, theirs = (held_out[person].target[:count] for person in self.people)
        rebuilt = self.predict(mine, identity).rgb
        return [[mine, rebuilt, theirs, self.predict(theirs, performer).rgb, self.predict(theirs, identity).rgb]]

    def _as_all(self, pictures: Tensor) -> list[Tensor]:
        return [pictures, *(self.predict(pictures, person).rgb for person in self.people)]


class KeepsPhotos(ABC):
    """A ``ClosedModel`` that uses photographs of the identity in addition to its batches."""

    most_photos: int
    """Maximum number of photographs."""

    @abstractmethod
    def keep(self, photos: Side) -> None:
        """Called once, before ``begin``: unmodified photographs of the identity, on the CPU, evenly spaced over all
        that are not held out."""


def initialise(module: nn.Module) -> None:
    """Glorot's uniform weights and zero biases for every convolution and dense layer."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
