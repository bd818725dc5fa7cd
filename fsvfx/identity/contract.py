"""The contract of identity networks: pictures of faces to vectors, which are close to each other for one person."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # vectors of pictures don't need torch
    import torch

_AT_ONCE = 16
"""Number of pictures that go through a network together."""


@dataclass(frozen=True)
class Chip:
    """The upright square picture of a face that a network was trained on.

    size: its side in px. points: positions of some points of the face in it (p, 2), x and y in [0, 1] of the side.
    mesh: for each of them the vertices among FaceMesh's 468 whose mean it is.
    """

    size: int
    points: tuple[tuple[float, float], ...]
    mesh: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Square:
    """The square around a face that a network was trained on, not rotated.

    size: its side in px. share: its side relative to the larger side of the mesh's box.
    """

    size: int
    share: float


class IdentityNetwork(ABC):
    """A network under its published name. Registered by the entry point group ``fsvfx.identity``; the attributes here
    are set on the class.

    Creating one reads no weights; the first use does, and raises ModelError if they are not installed.
    """

    name: str
    summary: str
    """One line."""
    source: str
    """The paper or project that it follows."""
    weights: tuple[str, ...] = ()
    """The model cards whose weights it uses."""
    chip: Chip | Square
    dimensions: int
    same_person: float
    """Euclidean distance of two vectors below which they usually belong to one person, as measured. For networks that
    were not measured it raises ModelError."""
    differentiable: ClassVar[bool]
    """Whether gradients flow through ``embed`` to the chips."""

    @abstractmethod
    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        """(n, 3, size, size) float32, display-referred RGB in [0, 1] -> (n, dimensions), on the chips' device."""

    @property
    def centre(self) -> NDArray[np.float32]:
        """(dimensions,): the mean vector of many people. Cosines are to be computed relative to it."""
        return np.zeros(self.dimensions, np.float32)

    def vectors(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, size, size, 3) u8 display RGB -> (n, dimensions): the fast way, without gradients.

        A few at a time: memory does not grow with the number of faces.
        """
        import torch

        found = [np.zeros((0, self.dimensions), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(chips), _AT_ONCE):
                given = torch.from_numpy(np.ascontiguousarray(chips[start : start + _AT_ONCE]))
                found.append(self.embed(given.permute(0, 3, 1, 2).float() / 255).numpy())
        return np.concatenate(found)


def distance(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean, over the last axis; NaN if either is missing."""
    apart: NDArray[np.float64] = np.linalg.norm(np.asarray(one, np.float64) - np.asarray(other, np.float64), axis=-1)
    return apart


def mean_of(name: str) -> NDArray[np.float32]:
    """A network's mean output for 1,300 people who do not exist (``benchmarks/identity.py``)."""
    with files("fsvfx.identity").joinpath("means.npz").open("rb") as file, np.load(file) as means:
        mean: NDArray[np.float32] = means[name]
        return mean
