"""Conversions with OCIO: whole pictures, and the curves for reading integer plates."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import PyOpenColorIO as ocio
from numpy.typing import NDArray

from fsvfx.colour.config import load_config
from fsvfx.colour.named import DEFAULT_CONFIG, ColourConfig
from fsvfx.colour.spaces import check_space
from fsvfx.errors import InputError, Where

F32 = NDArray[np.float32]

_REC709 = "lin_rec709"


def convert(rgb: NDArray[np.floating], src: str, dst: str, config: ColourConfig) -> F32:
    """Convert ``rgb`` (..., 3) from the space ``src`` to ``dst``.

    A new float32 array. InputError for an unknown space.
    """
    source, target = check_space(config, src), check_space(config, dst)
    out = np.array(rgb, dtype=np.float32, order="C")
    if source != target and out.size:
        processor(config, source, target).applyRGB(out.reshape(-1, 3))
    return out


@lru_cache(maxsize=64)
def processor(config: ColourConfig, src: str, dst: str) -> ocio.CPUProcessor:
    """OCIO's float32 processor between two canonical names; lossless: without fast approximations of log and power."""
    return (
        load_config(config)
        .getProcessor(src, dst)
        .getOptimizedCPUProcessor(ocio.BIT_DEPTH_F32, ocio.BIT_DEPTH_F32, ocio.OPTIMIZATION_LOSSLESS)
    )


@lru_cache(maxsize=64)
def linear_matrix(config: ColourConfig, src: str, dst: str) -> NDArray[np.float64]:
    """The (3, 3) matrix between two scene-linear spaces: ``dst = matrix @ src``. Read-only."""
    matrix = convert(np.eye(3, dtype=np.float32), src, dst, config).T.astype(np.float64)
    matrix.setflags(write=False)
    return matrix


@lru_cache(maxsize=64)
def rec709_matrix(config: ColourConfig, src: str) -> NDArray[np.float64]:
    """The (3, 3) matrix from a scene-linear space to linear Rec.709. Read-only.

    If a config lacks that space, through its role ``aces_interchange``: InputError if it lacks that, too.
    """
    loaded = load_config(config)
    if loaded.getColorSpace(_REC709) is not None:
        return linear_matrix(config, src, check_space(config, _REC709))
    try:
        way = ocio.Config.GetProcessorFromConfigs(loaded, src, load_config(DEFAULT_CONFIG), _REC709)
    except ocio.Exception as error:
        raise InputError(
            f"{config.called} defines no conversion to a display",
            hint=f"Give it the role aces_interchange, or a space {_REC709}",
            where=Where(field="color.config"),
        ) from error
    eye = np.eye(3, dtype=np.float32)
    way.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(eye)
    matrix: NDArray[np.float64] = eye.T.astype(np.float64)
    matrix.setflags(write=False)
    return matrix


class Curves(NamedTuple):
    """An integer picture's conversion to another space: a curve per channel, a matrix, and black.

    curves: (3, levels). matrix: (3, 3). black: (3,). All float32 and read-only.
    """

    curves: F32
    matrix: F32
    black: F32

    @property
    def most(self) -> float:
        """The largest absolute value."""
        reach = np.abs(self.matrix) @ np.abs(self.curves).max(axis=1) + np.abs(self.black)
        return float(reach.max())


@lru_cache(maxsize=8)
def channel_curves(config: ColourConfig, src: str, dst: str, levels: int) -> Curves | None:
    """The conversion from codes of ``levels`` to colors of the space ``dst``, if it consists of a curve per channel and
    a matrix.

    Otherwise None; this is tested, not assumed.
    """
    black = convert(np.zeros((1, 3), np.float32), src, dst, config).astype(np.float64)
    probes = np.zeros((3, levels, 3), np.float32)
    for channel in range(3):
        probes[channel, :, channel] = np.arange(levels, dtype=np.float64) / (levels - 1)
    alone = convert(probes, src, dst, config).astype(np.float64) - black
    matrix = alone[:, -1].T
    size = np.square(matrix).sum(axis=0)
    if not (size > 0).all():
        return None
    curves = np.einsum("cvo,oc->cv", alone, matrix) / size[:, None]
    found = Curves(*(np.ascontiguousarray(each, np.float32) for each in (curves, matrix, black[0])))
    for each in found:
        each.setflags(write=False)
    return found if _adds_up(found, config, src, dst) else None


def _adds_up(found: Curves, config: ColourConfig, src: str, dst: str) -> bool:
    """Whether ``found`` gives OCIO's own values to float32's precision, on colors all over the cube."""
    levels = found.curves.shape[1]
    codes = np.random.default_rng(0).integers(0, levels, (4096, 3))
    wanted = convert(codes / (levels - 1), src, dst, config)
    light = np.stack([found.curves[channel, codes[:, channel]] for channel in range(3)]).astype(np.float64)
    got = (found.matrix.astype(np.float64) @ light).T + found.black
    size = np.abs(wanted).max(axis=1, keepdims=True)
    return bool(np.all(np.abs(got - wanted) <= 4e-6 * (size + 1e-2)))
