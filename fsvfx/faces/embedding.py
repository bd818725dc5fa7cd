"""Identity embeddings of faces in pictures: chips cut by landmarks, for one of the networks of ``fsvfx.identity``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import Matrix, apply, inverse, scale_of, similarity
from fsvfx.identity.contract import Chip, Square
from fsvfx.identity.registry import network

NETWORK = "dlib"
"""The network used by stages and tools."""
SIZE = 128
SAME_PERSON = 0.6
"""Usual threshold of the distance; measured: one person .3 to .45, different people .49 to over 1."""


def embeddings(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    """For faces with landmarks (k, 468, 3) px in rgb (H, W, 3) u8: (k, 128) f32. Raises ModelError."""
    return vectors([chip_of(rgb, each) for each in landmarks])


def chip_of(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The input of ``vectors`` for a face with landmarks (468, 3) px in rgb (H, W, 3) u8."""
    return cut(rgb, landmarks, network(NETWORK).chip)


def vectors(chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Embeddings (k, 128) of chips. Raises ModelError."""
    return network(NETWORK).vectors(np.stack(chips)) if len(chips) else np.zeros((0, SIZE), np.float32)


def vectors_in(crops: NDArray[np.float32], landmarks: NDArray[np.floating], name: str) -> NDArray[np.float32]:
    """(m, d) of faces in crops (m, S, S, 3) in [0, 1], with landmarks (m, 468, 3) px, by the network of that name.

    Raises InputError if there is none, ModelError if its weights are not installed.
    """
    one = network(name)
    pictures = np.asarray(crops.clip(0, 1) * 255 + 0.5, np.uint8)
    chips = [cut(*each, one.chip) for each in zip(pictures, landmarks, strict=True)]
    return one.vectors(np.stack(chips)) if chips else np.zeros((0, one.dimensions), np.float32)


def cut(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating], chip: Chip | Square) -> NDArray[np.uint8]:
    """The (size, size, 3) u8 input picture of a network for a face with landmarks (468, 3); black outside of rgb.

    After ``extract_image_chip`` of dlib: the picture is halved (5-tap Gaussian) while it has twice the chip's
    resolution, then sampled linearly.
    """
    matrix = chip_matrix(landmarks, chip)
    halvings = max(0, math.ceil(-math.log2(scale_of(matrix))) - 1)
    piece, corner = _piece(rgb, matrix, chip.size, margin=4 << halvings)
    matrix[:, 2] += matrix[:, :2] @ corner
    for _ in range(halvings):
        piece = np.asarray(cv2.pyrDown(piece), np.uint8)  # keeps the position of every second pixel: x becomes x / 2
        matrix[:, :2] *= 2
    return np.asarray(cv2.warpAffine(piece, matrix, (chip.size, chip.size), flags=cv2.INTER_LINEAR), np.uint8)


def chip_matrix(landmarks: NDArray[np.floating], chip: Chip | Square) -> Matrix:
    """Landmarks (468, 3) in picture px -> similarity (2, 3), picture px -> px of the chip.

    Points are fitted from the chip to the picture, as dlib does.
    """
    if isinstance(chip, Square):
        low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
        scale = chip.size / (chip.share * float((high - low).max()))
        shift = (chip.size - 1) / 2 - scale * (low + high) / 2
        return np.column_stack([scale * np.eye(2), shift])
    seen = np.array([landmarks[list(vertices), :2].mean(axis=0) for vertices in chip.mesh], np.float64)
    scale, rotation, shift = similarity(np.array(chip.points) * chip.size - 0.5, seen)
    return inverse(np.column_stack([scale * rotation, shift]))


def _piece(
    rgb: NDArray[np.uint8], matrix: Matrix, size: int, margin: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The part of the picture that the chip touches, with a margin, and its corner (x, y)."""
    corners = apply(inverse(matrix), np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64) - 0.5)
    limit = np.array(rgb.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=0)).astype(np.int64) - margin, 0, limit - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(np.int64) + margin, low + 1, limit)
    return np.ascontiguousarray(rgb[low[1] : high[1], low[0] : high[0]]), low
