"""What a swap's matte is made of: mattes in the aligned crop, joined as the composite's ``matte`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_FINER = 4
"""Bits below the pixel to which a hull's corners are drawn."""


def sources(expression: str) -> frozenset[str]:
    """The mattes that ``learned*plate+external`` names."""
    return frozenset(name for term in _terms(expression) for name in term)


def joined(expression: str, given: Mapping[str, F32]) -> F32:
    """``given`` mattes, all of one shape and in [0, 1], joined: `*` multiplies and binds tighter, `+` takes the larger.

    The larger, not the sum, so that a matte joined with itself stays as it is.
    """
    union: F32 | None = None
    for term in _terms(expression):
        product = given[term[0]]
        for name in term[1:]:
            product = product * given[name]
        union = product if union is None else np.maximum(union, product)
    assert union is not None
    return union


def hull(landmarks: NDArray[np.floating], size: int) -> F32:
    """(size, size): 1 within the convex hull of a face mesh (468, 2 or more) in crop px, smooth at its edge."""
    corners = np.asarray(cv2.convexHull(np.ascontiguousarray(landmarks[:, :2], np.float32)))
    drawn: NDArray[Any] = np.zeros((size, size), np.uint8)
    fixed = np.rint(corners * (1 << _FINER)).astype(np.int32)
    cv2.fillConvexPoly(drawn, fixed, 255, lineType=cv2.LINE_AA, shift=_FINER)
    return drawn.astype(np.float32) / np.float32(255)


def _terms(expression: str) -> list[list[str]]:
    return [[name.strip() for name in term.split("*")] for term in expression.split("+")]
