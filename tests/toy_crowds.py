"""Picture collections out of nothing: as many tiny people as are asked for, made when they are read."""

from __future__ import annotations

import numpy as np
import toy_facesets

from fsvfx.facesets import Gathered


class Made:
    """Pictures that are made when they are asked for."""

    def __init__(self, count: int, shape: tuple[int, ...]) -> None:
        self.count, self.shape = count, shape

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row: int, /) -> np.ndarray:
        return np.full(self.shape, (row % 250) / 255, np.float32)


class Meshes(Made):
    def __getitem__(self, row: int, /) -> np.ndarray:
        return toy_facesets.frontal(self.shape[0])


def collection(people: int, each: int = 2, size: int = 32, prefix: str = "p") -> Gathered:
    """Tiny people, made up; the first is turned to the left, the last to the right."""
    count = people * each
    owner = np.repeat(np.arange(people, dtype=np.int32), each)
    pose = np.zeros((count, 3), np.float32)
    pose[:, 0] = np.linspace(-60, 60, count)
    return Gathered(
        name="toys",
        size=size,
        people=tuple(f"{prefix}{index:05d}" for index in range(people)),
        person=owner,
        pictures=tuple(f"{index}.png" for index in range(count)),
        crops=Made(count, (size, size, 3)),
        mask=Made(count, (size, size)),
        landmarks=Meshes(count, (size,)),
        pose=pose,
        sharpness=np.ones(count, np.float32),
        code=np.tile(np.arange(count, dtype=np.float32)[:, None], (1, 128)),
        digest=f"{people}-{each}-{size}",
    )
