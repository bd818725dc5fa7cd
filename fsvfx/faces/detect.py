"""Face detectors behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import InputError

NAMES = ("blazeface", "yunet", "insightface")


@dataclass(frozen=True)
class Detections:
    """What was found in one picture, best first.

    boxes: (k, 4) f32 x0 y0 x1 y1 px; scores: (k,) f32 in [0, 1]; keypoints: (k, p, 2) f32 px, of which the first two
    are the eyes, left one in the upright picture first.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    keypoints: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, which: NDArray[np.generic]) -> Detections:
        """Some of them, by index or mask."""
        return Detections(self.boxes[which], self.scores[which], self.keypoints[which])

    @classmethod
    def none(cls, points: int = 5) -> Detections:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, points, 2), np.float32))


class Detector(Protocol):
    """Finds upright faces in a whole picture."""

    def detect(self, rgb: NDArray[np.uint8]) -> Detections:
        """rgb: (H, W, 3) u8, display-referred."""


def detector(name: str = "blazeface", min_score: float = 0.5) -> Detector:
    """A detector by name. Raises ModelError if its weights are not here, InputError for another name."""
    if name == "blazeface":
        from fsvfx.faces.blazeface import BlazeFace

        return BlazeFace(min_score)
    if name == "yunet":
        from fsvfx.faces.yunet import YuNet

        return YuNet(min_score)
    if name == "insightface":
        from fsvfx.faces.scrfd import Scrfd

        return Scrfd(min_score)
    raise InputError(f"no detector is called '{name}'", hint=f"There are: {', '.join(NAMES)}")


def weights_of(name: str) -> tuple[str, ...]:
    """The model cards that a detector uses."""
    return ("blazeface_short", "blazeface_full") if name == "blazeface" else (name,)
