"""Driver: another person's performance, which drives a face: their footage, fitted as the plate is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, Result
from fsvfx.colour.planes import from_half
from fsvfx.entries import AlignedEntry, entry_name, named
from fsvfx.errors import InputError, Where
from fsvfx.faces.topology import LIPS_INNER
from fsvfx.stages.contract import Need, Resources, Stage, StageSettings, Work
from fsvfx.stages.detect import DetectStage
from fsvfx.stages.fit import FitStage, Fitted, figures_of, fitted, frames_of
from fsvfx.stages.footage import Footage, FootageSettings
from fsvfx.stages.outputs import Outputs, spec
from schemas.frames import Chunk, FrameRange
from schemas.job import ShotJob, driver_job
from schemas.receipts import Unit

if TYPE_CHECKING:
    from fsvfx.morphable import Morphable

_MOUTH = 96
"""Side of the picture of a mouth, px."""
_AROUND = 1.5
"""How many times as wide as the mouth it is."""
_TOLD = 12
"""Number of frames listed in a message."""


class DriverEntry(StageSettings):
    """One replace entry that is driven. plays: for each driven frame of the shot that frame, the footage's, and its
    weight, 0 to 1."""

    entry: int
    neutral: int | None
    plays: tuple[tuple[int, int, float], ...]
    footage: FootageSettings


class DriverSettings(StageSettings):
    shot: str
    """For messages."""
    entries: tuple[DriverEntry, ...]
    model: str
    """The morphable model's card."""
    fit_version: int
    """Version of the stage ``fit``, whose code it runs."""
    chunks: tuple[tuple[int, int], ...]
    """First and last frame of each."""


class DriverStage(Stage[DriverSettings]):
    """The footage is processed like a plate, by the same code: detect, track, align, fit. Its expression is relative to
    its face at rest, its pose relative to its usual one.

    Of the whole shot at once; each chunk has the part that it reads.
    """

    name = "driver"
    version = 1
    scope = "shot"
    needs = (Need("references", of="people"),)
    resources = Resources(cpu=1, memory_mib=2048)
    reads_media = True
    outputs = Outputs(
        parts=Outputs(
            {
                "rN/share": spec("", "float32"),
                "rN/expression": spec("E", "float32"),
                "rN/turn": spec("3 3", "float64"),
                "rN/light": spec("9 3", "float32"),
                "rN/mouth": spec("M M 3", "float16"),
                "rN/lips": spec("L 2", "float32"),
            }
        )
    )

    def is_wanted(self, job: ShotJob) -> bool:
        return any(entry.driver for entry in job.shot.replace)

    def settings(self, job: ShotJob, unit: Unit) -> DriverSettings:
        return DriverSettings(
            shot=job.shot.name,
            entries=tuple(_entry(job, index) for index, entry in enumerate(job.shot.replace) if entry.driver),
            model=job.shot.faces.head,
            fit_version=FitStage.version,
            chunks=tuple((chunk.first, chunk.last) for chunk in job.shot.chunks),
        )

    def weights(self, settings: DriverSettings) -> tuple[str, ...]:
        found = [name for each in settings.entries for name in DetectStage().weights(each.footage.detect)]
        return tuple(dict.fromkeys((*found, settings.model)))

    def run(self, work: Work[DriverSettings]) -> Result:
        """Raises InputError if it is not clear who the driver is, or their face is not seen in a frame that plays;
        ModelError if weights or the morphable model are missing."""
        from fsvfx.morphable import head  # here: a plan need not wait for OpenCV

        model = head(work.settings.model)
        found = {each.entry: _performed(work, each, model) for each in work.settings.entries}
        return Result(
            parts=dict(_parts(found, work.settings)),
            qc={entry_name(index): _figures(model, each) for index, each in found.items()},
        )


def _entry(job: ShotJob, index: int) -> DriverEntry:
    driver, frames = job.shot.replace[index].driver, job.shot.plate.frames
    assert driver is not None
    plays = (
        (number, driver.frame_at(number, frames.first), driver.share_at(number, frames.first)) for number in frames
    )
    return DriverEntry(
        entry=index,
        neutral=driver.neutral,
        plays=tuple((number, at, share) for number, at, share in plays if at is not None),
        footage=FootageSettings.of(driver_job(job, index)),
    )


@dataclass(frozen=True)
class _Performed:
    """A driver's fitted footage, and the arrays for the shot's driven frames ``numbers``."""

    fits: Fitted
    numbers: tuple[int, ...]
    arrays: Mapping[str, Array]


def _performed(work: Work[DriverSettings], entry: DriverEntry, model: Morphable) -> _Performed:
    from fsvfx.morphable import at_rest, performance

    aligned = _aligned(work, entry)
    found = fitted(model, aligned, entry.footage.align.smooth)
    rows = {number: row for row, number in enumerate(found.numbers)}
    _refuse_unseen(work, entry, rows)
    expression = found.fits.expression
    rest = at_rest(model, expression if entry.neutral is None else expression[[rows[entry.neutral]]])
    shares = np.array([share for *_, share in entry.plays], np.float32)
    all_of_it = performance(expression, rest, found.fits.placing.rotation, np.ones(len(rows), np.float32))
    at = [rows[frame] for _, frame, _ in entry.plays]
    mouths = dict(_mouths(aligned, sorted({frame for _, frame, _ in entry.plays})))
    arrays: dict[str, Array] = {
        "share": shares,
        "expression": all_of_it.expression[at],
        "turn": all_of_it.turn[at],
        "light": found.fits.light[at],
        "mouth": np.stack([mouths[frame][0] for _, frame, _ in entry.plays]),
        "lips": np.stack([mouths[frame][1] for _, frame, _ in entry.plays]),
    }
    return _Performed(found, tuple(number for number, *_ in entry.plays), arrays)


def _aligned(work: Work[DriverSettings], entry: DriverEntry) -> AlignedEntry:
    try:
        return Footage(work, entry.footage, entry_name(entry.entry)).aligned
    except InputError as error:
        hint = "Give the driver a track or position, or their person references"
        raise InputError(error.what, hint=hint, where=_where(work, entry)) from error


def _refuse_unseen(work: Work[DriverSettings], entry: DriverEntry, rows: Mapping[int, int]) -> None:
    wanted = {frame for _, frame, _ in entry.plays} | ({entry.neutral} if entry.neutral is not None else set())
    if lost := sorted(frame for frame in wanted if frame not in rows):
        named_ = FrameRange(lost[:_TOLD])
        raise InputError(
            f"the driver's face is not seen in {len(lost)} of {len(wanted)} frames that play: {named_}",
            hint="Give a take that shows it throughout, or fewer of its frames; faces.max_gap fills short gaps",
            where=_where(work, entry),
        )


def _where(work: Work[DriverSettings], entry: DriverEntry) -> Where:
    return Where(shot=work.settings.shot, stage="driver", field=f"replace[{entry.entry}].driver")


def _mouths(aligned: AlignedEntry, frames: Sequence[int]) -> Iterator[tuple[int, tuple[NDArray[np.float16], Array]]]:
    """For each frame in order: its mouth (M, M, 3), upright between the corners, and its inner lips (L, 2) px."""
    for number in frames:
        lips = aligned.landmarks(number)[LIPS_INNER, :2]
        left, right = lips[0], lips[len(lips) // 2]
        along = right - left
        zoom = _MOUTH / (_AROUND * max(float(np.linalg.norm(along)), 1.0))
        angle = np.arctan2(along[1], along[0])
        turn = zoom * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        middle = np.full(2, (_MOUTH - 1) / 2)
        matrix = np.column_stack([turn, middle - turn @ ((left + right) / 2)])
        crop = from_half(aligned.crop(number))
        shown = cv2.warpAffine(crop, matrix, (_MOUTH, _MOUTH), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        yield number, (shown.astype(np.float16), np.asarray(lips @ turn.T + matrix[:, 2], np.float32))


def _parts(found: Mapping[int, _Performed], settings: DriverSettings) -> Iterator[tuple[str, Result]]:
    for first, last in settings.chunks:
        chunk = Chunk(first=first, last=last)
        arrays = [named(index, **frames_of(each.numbers, each.arrays, chunk.frames)) for index, each in found.items()]
        yield chunk.name, Result(frames={name: array for each in arrays for name, array in each.items()})


def _figures(model: Morphable, found: _Performed) -> dict[str, JsonValue]:
    """As ``fit``'s, of the footage; drives: frames of the shot that it drives."""
    return {**figures_of(model, found.fits), "drives": len(found.numbers)}
