"""The tracks of a shot, for ``fsvfx faces``: from the ledger's detections, for any performers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fsvfx.arrays import Data
from fsvfx.colour import PlateColour
from fsvfx.outputs import Named, is_own_png, png, write_file
from fsvfx.qc.sheet import TrackRow, track_sheet
from fsvfx.runner import plan
from fsvfx.stages.contract import Work
from fsvfx.stages.track import TrackStage
from fsvfx.store import open_data, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit

TILE = 192
SAMPLES = 6
"""Pictures of each track."""
MARGIN = 0.35
"""Margin shown around the face, as a share of its height."""


@dataclass(frozen=True)
class FaceTrack:
    """One track, with the values by which a manifest can choose it: its number, or a position."""

    number: int
    frames: FrameRange
    share: float
    """Share of the shot's frames that show it."""
    height: float
    """Median, in plate pixels."""
    position: tuple[int, int]
    """Center of the face in its first frame, plate pixels."""
    samples: tuple[tuple[int, tuple[float, float, float, float]], ...]
    """Some frames with the face's box (x0, y0, x1, y1)."""

    @property
    def mark(self) -> str:
        return f"[{self.position[0]}, {self.position[1]}] at {self.frames.first}"


def tracks_of(job: ShotJob) -> list[FaceTrack]:
    """Track the detected faces, without choosing any. The detections must be done. Raises StoreError."""
    unit = Unit.of_shot()
    track = TrackStage()
    detected = open_data(open_store(job), _receipts(job, "detect"))
    settings = track.settings(job, unit).model_copy(update={"entries": ()})
    numbers = tuple(detected.numbers)
    work = Work(unit, numbers, settings, inputs={"detect": detected})
    table = {name: np.asarray(column) for name, column in track.run(work).tables["tracks"].items()}
    seen = {name: column[~table["filled"].astype(bool)] for name, column in table.items()}
    found: list[FaceTrack] = []
    for number in np.unique(seen["track"]):
        own = seen["track"] == number
        found.append(_track(int(number), seen["frame"][own], seen["box"][own], len(numbers)))
    return found


def write_sheet(job: ShotJob, tracks: Sequence[FaceTrack], folder: Path, replace: bool = False) -> Path:
    """Write ``<shot>.faces.png``: one row of pictures per track, numbered. Raises StoreError, MachineError; InputError
    for an existing file that is not one, unless ``replace`` allows overwriting it."""
    plate = open_data(open_store(job), _receipts(job, "ingest"))
    rows = [_row(job, plate, track) for track in tracks]
    under = "choose with  track: N  or  position: [x, y]"
    sheet = track_sheet(f"{job.production}  {job.shot.name}", rows, under=under, columns=SAMPLES)
    path = folder / f"{job.shot.name}.faces.png"
    write_file(path, png(sheet), Named(replace, is_own=is_own_png))
    return path


def _row(job: ShotJob, plate: Data, track: FaceTrack) -> TrackRow:
    thumbs = [_tile(job, np.asarray(plate.frame("frames", frame)), box) for frame, box in track.samples]
    words = (f"{track.frames}", f"{track.share:.0%} of the shot", f"{track.height:.0f} px high", track.mark)
    return TrackRow(track.number, thumbs, words)


def _receipts(job: ShotJob, name: str) -> list[Receipt]:
    return [receipt for step, receipt in plan(job).final.items() if step.stage == name]


def _track(number: int, frames: NDArray[np.generic], boxes: NDArray[np.generic], total: int) -> FaceTrack:
    places = np.asarray(boxes, dtype=np.float64)
    x, y = (places[0, :2] + places[0, 2:]) / 2
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(SAMPLES, len(frames))).round().astype(int))
    return FaceTrack(
        number=number,
        frames=FrameRange(int(frame) for frame in np.asarray(frames)),
        share=len(frames) / max(1, total),
        height=float(np.median(places[:, 3] - places[:, 1])),
        position=(round(x), round(y)),
        samples=tuple((int(np.asarray(frames)[i]), tuple(map(float, places[i]))) for i in chosen),  # type: ignore[misc]
    )


def _tile(job: ShotJob, frame: NDArray[np.generic], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    colour = PlateColour.of(job)
    shown = colour.preview(colour.to_comp(frame))
    x0, y0, x1, y1 = box
    reach = (y1 - y0) * (0.5 + MARGIN)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    area = (round(x - reach), round(y - reach), round(x + reach), round(y + reach))
    return np.asarray(Image.fromarray(np.ascontiguousarray(shown)).crop(area).resize((TILE, TILE)))
