"""The part of a picture around a face, no finer than a network can see: its cost hardly grows with the plate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
_REACH = 0.85
"""Half the side of the part, in sides of the square that it contains: leaves room for rotation and jitter."""


@dataclass(frozen=True)
class Near:
    """picture (h, w, 3) u8; corner (x, y) in the whole picture's px; times: how many of those one pixel covers."""

    picture: NDArray[np.uint8]
    corner: NDArray[np.float64]
    times: int

    @classmethod
    def of(cls, rgb: NDArray[np.uint8], square: Floats, size: int) -> Near:
        """Around the square (4,) of rgb (H, W, 3) that will be shown in a crop of ``size`` px."""
        x, y, side, _ = (float(value) for value in square)
        reach = side * _REACH
        height, width = rgb.shape[:2]
        left, top = (int(np.clip(at - reach, 0, end - 1)) for at, end in ((x, width), (y, height)))
        right, bottom = (int(np.clip(at + reach + 1, 1, end)) for at, end in ((x, width), (y, height)))
        part = rgb[top : max(bottom, top + 1), left : max(right, left + 1)]
        halvings = max(0, round(math.log2(max(side, 1.0) / size)))
        return cls(halved(part, halvings), np.array([left, top], np.float64), 1 << halvings)

    def square(self, square: Floats) -> NDArray[np.float64]:
        """A square (4,) of the whole picture in px of this one."""
        middle = (np.asarray(square[:2], np.float64) - self.corner - self._shift) / self.times
        return np.array([*middle, square[2] / self.times, square[3]])

    def points(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks (..., 3) of this picture in px of the whole one."""
        moved = landmarks * np.float32(self.times)
        moved[..., :2] += (self.corner + self._shift).astype(np.float32)
        return moved

    @property
    def _shift(self) -> float:
        return (self.times - 1) / 2


def halved(rgb: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """(H, W, 3) -> (H / 2^times, W / 2^times, 3), rounded up: each pixel is the mean of those it covers."""
    for _ in range(times):
        odd = rgb.shape[0] % 2, rgb.shape[1] % 2
        if any(odd):
            rgb = np.asarray(cv2.copyMakeBorder(rgb, 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE), np.uint8)
        half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
        rgb = np.asarray(cv2.resize(rgb, half, interpolation=cv2.INTER_AREA), np.uint8)
    return rgb


def thinned(rgb: NDArray[np.uint8], least: int) -> tuple[NDArray[np.uint8], int]:
    """Halved while its longer side is at least twice ``least``, and how many px one pixel covers now."""
    halvings = max(0, int(math.log2(max(*rgb.shape[:2], 1) / least)))
    return halved(rgb, halvings), 1 << halvings
