"""Converts faces to networks' inputs, and their outputs back to faces: cuts, layouts, ranges; float32 throughout.

Pictures here are (n, N, N, 3) float32, display-referred RGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import Matrix, crop, inverse, sample
from fsvfx.faces.resizing import bicubic, resized
from fsvfx.networks.cuts import cut_matrix
from schemas.network_pictures import Cut, PictureInput

if TYPE_CHECKING:
    from torch import Tensor

F32 = NDArray[np.float32]

_RIM = 0.05
"""Share of a network's picture, at each side, over which its output fades into the plate."""


@dataclass(frozen=True)
class CutFaces:
    """pictures: (n, N, N, 3). matrices: (n, 2, 3) float64, px of the source crops -> px of the pictures."""

    pictures: F32
    matrices: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pictures)


def cut_faces(crops: F32, landmarks: NDArray[np.floating], cut: Cut, size: int, wide: F32 | None = None) -> CutFaces:
    """Faces in crops (n, S, S, 3) with landmarks (n, 468, 3) px, cut by ``cut`` at ``size`` px.

    wide: the crops with a larger part of the plate; without it, or beyond it, pictures are mirrored.
    """
    if cut.aligned:
        return CutFaces(_whole(crops, size), np.repeat(_scaling(crops.shape[1], size)[None], len(crops), axis=0))
    matrices = np.stack([cut_matrix(mesh, cut, size) for mesh in landmarks])
    around, moved = crops, matrices
    if wide is not None:
        around, moved = wide, matrices.copy()
        moved[:, :, 2] -= matrices[:, :, :2].sum(axis=2) * ((wide.shape[1] - crops.shape[1]) / 2)
    pictures = np.empty((len(crops), size, size, crops.shape[3]), np.float32)
    for row, (seen, matrix) in enumerate(zip(around, moved, strict=True)):
        pictures[row] = crop(seen, matrix, size)
    return CutFaces(np.clip(pictures, 0, 1, out=pictures), matrices)


def scaled(matrices: NDArray[np.float64], times: float) -> NDArray[np.float64]:
    """Matrices (n, 2, 3) to px of pictures ``times`` larger."""
    larger = matrices * times
    larger[:, :, 2] += (times - 1) / 2
    return larger


def laid_back(picture: F32, matrix: Matrix, size: int) -> F32:
    """A network's picture (N, N, C) in the crop (size, size, C) that ``matrix`` maps to it; in [0, 1]."""
    if _is_whole(matrix, len(picture), size):
        return np.asarray(_whole(picture[None], size)[0], np.float32)
    return np.asarray(np.clip(crop(picture, inverse(matrix), size), 0, 1), np.float32)


def matte_laid_back(matte: F32, matrix: Matrix, size: int) -> F32:
    """A matte (N, N) of a network's picture in the crop (size, size)."""
    if _is_whole(matrix, len(matte), size):
        return np.asarray(_whole(matte[None, ..., None], size, bicubic)[0, ..., 0], np.float32)
    return np.clip(np.asarray(sample(matte, inverse(matrix), size, cubic=True, mirror=True), np.float32), 0, 1)


def reach(matrix: Matrix, side: int, size: int) -> F32:
    """(size, size): the area of a crop covered by a network's picture of ``side`` px: 1, falling to 0 at its edge.

    A picture of the whole crop has no edge in it.
    """
    if _is_whole(matrix, side, size):
        return np.ones((size, size), np.float32)
    ramp = np.clip((np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5) / (_RIM * side), 0, 1)
    square = np.minimum.outer(ramp, ramp).astype(np.float32)
    return np.asarray(sample(square, inverse(matrix), size), np.float32)


def _scaling(size: int, side: int) -> Matrix:
    """Px of crops of ``size`` -> px of the same, ``side`` wide."""
    times = side / size
    return np.array([[times, 0, times / 2 - 0.5], [0, times, times / 2 - 0.5]])


def _is_whole(matrix: Matrix, side: int, size: int) -> bool:
    """Whether a picture of ``side`` shows the whole crop, larger or smaller."""
    return np.allclose(matrix, _scaling(size, side), rtol=0, atol=1e-9)


def _whole(pictures: F32, size: int, way: Callable[[Tensor, int], Tensor] = resized) -> F32:
    """(n, S, S, C) -> (n, size, size, C), in [0, 1], in the way that trained packages resize crops and their
    outputs."""
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    return np.ascontiguousarray(way(tensor, size).numpy().transpose(0, 2, 3, 1))


def given_to(port: PictureInput, pictures: F32) -> F32:
    """Pictures in the network's input format."""
    values = (pictures - np.array(port.mean, np.float32)) / np.array(port.std, np.float32)
    if port.channels == "bgr":
        values = values[..., ::-1]
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2) if port.layout == "nchw" else values)


def made_by(port: PictureInput, values: NDArray[Any], *, denorm: bool) -> F32:
    """Pictures from a network's output, clipped to [0, 1]; NaN becomes black."""
    return np.clip(np.nan_to_num(decoded(port, values, denorm=denorm)), 0, 1)


def decoded(port: PictureInput, values: NDArray[Any], *, denorm: bool) -> F32:
    """The same without clipping."""
    pictures = np.asarray(values.transpose(0, 2, 3, 1) if port.layout == "nchw" else values, np.float32)
    if port.channels == "bgr":
        pictures = pictures[..., ::-1]
    if denorm:
        pictures = pictures * np.array(port.std, np.float32) + np.array(port.mean, np.float32)
    return np.asarray(pictures, np.float32)


def mattes_of(port: PictureInput, values: NDArray[Any]) -> F32:
    """Mattes (n, N, N) from a network's output: one channel, in [0, 1]."""
    mattes = values[:, 0] if port.layout == "nchw" else values[..., 0]
    return np.clip(np.nan_to_num(np.asarray(mattes, np.float32)), 0, 1)


def unblended(pictures: F32, targets: F32, mattes: F32) -> F32:
    """The swap itself, from pictures in which a network has blended it over ``targets`` by ``mattes`` (n, N, N).

    Blended over the plate by the same mattes, it gives the network's output, at the plate's own resolution. Below a
    matte of 0.1 the difference is not amplified further.
    """
    share = np.maximum(mattes, np.float32(0.1))[..., None]
    return np.clip(targets + (pictures - targets) / share, 0, 1)


def shape_of(port: PictureInput, channels: int = 3, size: int | None = None) -> tuple[int | None, ...]:
    """The required shape of a network's input or output of pictures; the batch may have any size."""
    side = port.size if size is None else size
    return (None, channels, side, side) if port.layout == "nchw" else (None, side, side, channels)


def each(faces: CutFaces) -> Iterator[tuple[F32, Matrix]]:
    """Picture and matrix of every face."""
    yield from zip(faces.pictures, faces.matrices, strict=True)
