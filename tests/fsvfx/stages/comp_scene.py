"""A made face in a made plate, and the composite stage run on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from in_memory import Arrays, in_memory
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.arrays import Result
from fsvfx.comp import Patch, apply
from fsvfx.stages.composite import CompositeStage
from fsvfx.stages.contract import Work
from schemas.composite import Composite
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Replace, Shot
from schemas.receipts import Unit

SIZE = 128
HEIGHT, WIDTH = 150, 200
FRAMES = (1001, 1002)
CONFIG = colour.DEFAULT_CONFIG


def photograph(seed: int = 0) -> NDArray[np.float32]:
    """A smooth coloured picture with grain, (H, W, 3) in [0, 1]."""
    random = np.random.default_rng(seed)
    rough = random.random((9, 12, 3)).astype(np.float32)
    smooth = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(0.15 + 0.6 * smooth + 0.004 * random.standard_normal(smooth.shape), 0, 1).astype(np.float32)


def plate_of(kind: str) -> tuple[NDArray[Any], str]:
    picture = photograph()
    if kind == "u8":
        return (picture * 255).round().astype(np.uint8), "sRGB"
    if kind == "u16":
        return (picture * 65535).round().astype(np.uint16), "sRGB"
    linear = picture.astype(np.float16) ** np.float16(2)
    return linear, "ACEScg"


def face_matrix(x: float, y: float, scale: float = 1.3, degrees: float = 8.0) -> NDArray[np.float64]:
    """Plate px -> crop px, with the crop's middle at (x, y)."""
    turn = np.radians(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack([linear, np.full(2, (SIZE - 1) / 2) - linear @ np.array([x, y])])


def oval(value: float = 1.0) -> NDArray[np.float16]:
    matte = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(matte, (SIZE // 2, SIZE // 2), (SIZE // 4, SIZE * 2 // 5), 0, 0, 360, value, -1, cv2.LINE_AA)
    return matte.astype(np.float16)


def shot_job(space: str, entries: int, composite: Composite) -> ShotJob:
    replace = tuple(Replace(performer="p", identity="i", engine="landmark_warp") for _ in range(entries))
    plate = Plate(path="/plate.mp4", first_frame=1001, frames=FrameRange(FRAMES), color_space=space)
    shot = Shot(name="s", plate=plate, replace=replace, composite=composite)
    return ShotJob(
        production="t",
        shot=shot,
        people={},
        deliver=(),
        store="memory://t",
        colour_config=CONFIG.name,
        manifest="/m.yaml",
    )


def composited(
    plate: NDArray[Any],
    space: str,
    faces: list[tuple[NDArray[np.float64], NDArray[np.float16], NDArray[np.float16]]],
    composite: Composite | None = None,
    **more: Mapping[str, Any],
) -> Result:
    """faces: matrix, swapped crop, matte per entry; the first frame has them, the second has none.

    more: arrays of other stages, by name (``occlude={"r0/front": ...}``), in the place of empty ones.
    """
    frames: dict[str, Any] = {}
    swaps: dict[str, Any] = {}
    fronts: dict[str, Any] = {}
    for index, (matrix, crop, matte) in enumerate(faces):
        frames[f"r{index}/present"] = np.array([True, False])
        frames[f"r{index}/start"] = np.zeros(2, bool)
        frames[f"r{index}/crops"] = np.zeros((2, *crop.shape), np.float16)
        frames[f"r{index}/landmarks"] = np.zeros((2, 468, 3), np.float32)
        fronts[f"r{index}/front"] = fronts[f"r{index}/face"] = np.zeros((2, *matte.shape), np.float16)
        frames[f"r{index}/matrix"] = np.stack([matrix, np.zeros((2, 3))])
        swaps[f"r{index}/crops"] = np.stack([crop, np.zeros_like(crop)])
        swaps[f"r{index}/matte"] = np.stack([matte, np.zeros_like(matte)])
    job = shot_job(space, len(faces), composite or Composite())
    stage = CompositeStage()
    unit = Unit.of_chunk(job.shot.chunks[0])
    inputs = {
        "ingest": Arrays(FRAMES, {"frames": np.stack([plate, plate])}),
        "align": Arrays(FRAMES, frames | dict(more.pop("align", {}))),
        "swap": Arrays(FRAMES, swaps | dict(more.pop("swap", {}))),
        "occlude": Arrays(FRAMES, fronts | dict(more.pop("occlude", {}))),
        **{stage: Arrays(FRAMES, arrays) for stage, arrays in more.items()},
    }
    return in_memory(stage.run(Work(unit, FRAMES, stage.settings(job, unit), inputs)))  # type: ignore[arg-type]


def comp_of(result: Result, plate: NDArray[Any], space: str, row: int = 0) -> tuple[NDArray[np.float16], ...]:
    base = colour.plate_to_comp(plate, space, CONFIG)
    patches = []
    for index in range(sum(name.endswith("/present") for name in result.frames)):
        origin, patch, matte = (
            np.asarray(result.frames[f"r{index}/{name}"])[row] for name in ("origin", "patch", "matte")
        )  # type: ignore[index]
        patches.append(Patch((int(origin[0]), int(origin[1])), patch, matte))
    return base, *apply(base, patches)


def psnr(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    apart = one.astype(np.float64) - other.astype(np.float64)
    return float(-10 * np.log10(np.mean(apart**2)))
