"""Fit: each performer's face in three dimensions: one shape per shot; pose, expression and light per frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from fsvfx.arrays import Array, Result
from fsvfx.colour.planes import from_half
from fsvfx.delivery.kinds import reads_of, wish
from fsvfx.engines.registry import is_fitted
from fsvfx.entries import AlignedEntry, entry_name, named
from fsvfx.stages.contract import Need, Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.receipts import Unit

if TYPE_CHECKING:
    from fsvfx.morphable import Fits, FittedPerson, Morphable

_PICTURES = 24
"""Number of pictures that a performer's shape is fitted to, spread over head poses."""
_TOGETHER = 16
"""Frames in memory at a time."""


class FitSettings(StageSettings):
    entries: tuple[int, ...]
    """The entries that are fitted, by their index in ``replace``."""
    model: str
    """The morphable model's card."""
    smooth: float
    """Standard deviation of the filter over time, in frames."""
    chunks: tuple[tuple[int, int], ...]
    """First and last frame of each."""
    driven: tuple[int, ...] = Field((), exclude_if=lambda entries: not entries)
    """The entries whose performers are driven: for them, also the face at rest."""


class FitStage(Stage[FitSettings]):
    """Runs on the whole shot at once, so that a person has one shape, and nothing pops at chunk boundaries."""

    name = "fit"
    version = 3
    scope = "shot"
    needs = (Need("align", of="all"),)
    resources = Resources(cpu=1, memory_mib=2048)
    outputs = Outputs(
        tables={
            "rN": {"identity": spec("K", "float32"), "albedo": spec("V 3", "float16"), "nearness": spec("", "float64")}
        },
        parts=Outputs(
            {
                "rN/present": spec("", "bool"),
                "rN/identity": spec("K", "float32"),
                "rN/rotation": spec("3 3", "float64"),
                "rN/scale": spec("", "float64"),
                "rN/shift": spec("2", "float64"),
                "rN/nearness": spec("", "float64"),
                "rN/expression": spec("E", "float32"),
                "rN/light": spec("9 3", "float32"),
                "rN/off": spec("", "float32"),
                "rN/unlike": spec("", "float32"),
                "rN/rest": spec("E", "float32", optional=True),
            }
        ),
    )

    def is_wanted(self, job: ShotJob) -> bool:
        return bool(_wanting(job))

    def settings(self, job: ShotJob, unit: Unit) -> FitSettings:
        return FitSettings(
            entries=_wanting(job),
            model=job.shot.faces.head,
            smooth=job.shot.faces.smooth,
            chunks=tuple((chunk.first, chunk.last) for chunk in job.shot.chunks),
            driven=tuple(index for index, entry in enumerate(job.shot.replace) if entry.driver),
        )

    def weights(self, settings: FitSettings) -> tuple[str, ...]:
        return (settings.model,)

    def run(self, work: Work[FitSettings]) -> Result:
        """Raises ModelError if the morphable model is missing."""
        from fsvfx.morphable import head  # here: a plan need not wait for OpenCV

        model, aligned = head(work.settings.model), work.inputs["align"]
        entries = {index: AlignedEntry(aligned, index) for index in work.settings.entries}
        found = {index: fitted(model, each, work.settings.smooth) for index, each in entries.items() if each.shown}
        return Result(
            tables={entry_name(index): _person(each) for index, each in found.items()},
            parts=dict(_parts(model, found, set(aligned.numbers), work.settings)),
            qc={entry_name(index): figures_of(model, found.get(index)) for index in entries},
        )


def _wanting(job: ShotJob) -> tuple[int, ...]:
    """The entries that are driven, or whose engine reads fits; all, if a deliverable does."""
    is_delivered = FitStage.name in reads_of(map(wish, job.deliver))
    return tuple(index for index, entry in enumerate(job.shot.replace) if is_delivered or is_fitted(entry))


@dataclass(frozen=True)
class Fitted:
    """One entry over the whole shot. trembles: jitter before and after the temporal filter; spent: seconds."""

    numbers: tuple[int, ...]
    person: FittedPerson
    fits: Fits
    trembles: tuple[float, float]
    spent: float


def fitted(model: Morphable, aligned: AlignedEntry, sigma: float) -> Fitted:
    """An entry that shows its performer; sigma: of the temporal filter, in frames."""
    from fsvfx.morphable import fit_frames, fit_person, jitter, joined, spread, steady

    started, numbers = perf_counter(), tuple(sorted(aligned.shown))
    some = spread(np.stack([aligned.landmarks(number) for number in numbers]), _PICTURES)
    person, _ = fit_person(model, *_faces(aligned, [numbers[row] for row in some]))
    blocks = [numbers[start : start + _TOGETHER] for start in range(0, len(numbers), _TOGETHER)]
    each = joined([fit_frames(model, person, *_faces(aligned, block)) for block in blocks])
    at, starts = np.array(numbers, np.int64), np.array([bool(aligned.frame("start", number)) for number in numbers])
    calm = steady(model, each, at, starts, sigma)
    before, after = (jitter(model, person, one, at, starts) for one in (each, calm))
    return Fitted(numbers, person, calm, (before, after), perf_counter() - started)


def _faces(aligned: AlignedEntry, numbers: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Landmarks (n, 468, 3) and crops (n, S, S, 3)."""
    landmarks = np.stack([aligned.landmarks(number) for number in numbers])
    return landmarks, np.stack([from_half(aligned.crop(number)) for number in numbers])


def _person(found: Fitted) -> dict[str, Array]:
    """One row."""
    assert found.person.albedo is not None
    return {
        "identity": found.person.identity[None],
        "albedo": found.person.albedo[None].astype(np.float16),
        "nearness": np.array([found.person.nearness]),
    }


def _parts(
    model: Morphable, found: Mapping[int, Fitted], there: set[int], settings: FitSettings
) -> Iterator[tuple[str, Result]]:
    """For each chunk whose frames are there."""
    whole = {index: _whole(model, each, rest=index in settings.driven) for index, each in found.items()}
    for first, last in settings.chunks:
        chunk = Chunk(first=first, last=last)
        if there.issuperset(chunk.frames):
            numbers = tuple(chunk.frames)
            arrays = [named(index, **frames_of(each.numbers, whole[index], numbers)) for index, each in found.items()]
            yield chunk.name, Result(frames={name: array for each in arrays for name, array in each.items()})


def _whole(model: Morphable, found: Fitted, *, rest: bool) -> dict[str, Array]:
    from fsvfx.morphable import arrays_of, at_rest

    count = len(found.numbers)
    made = {"present": np.ones(count, np.bool_), **arrays_of(found.person, found.fits)}
    return made | ({"rest": np.repeat(at_rest(model, found.fits.expression)[None], count, axis=0)} if rest else {})


def frames_of(numbers: Sequence[int], whole: Mapping[str, Array], frames: Sequence[int]) -> dict[str, Array]:
    """Arrays ``whole`` of frames ``numbers``, at ``frames``; zeros for missing ones."""
    rows = {number: row for row, number in enumerate(numbers)}
    places = [place for place, number in enumerate(frames) if number in rows]
    chosen = [rows[frames[place]] for place in places]
    made: dict[str, Array] = {}
    for name, values in whole.items():
        filled = np.zeros((len(frames), *values.shape[1:]), values.dtype)
        filled[places] = values[chosen]
        made[name] = filled
    return made


def figures_of(model: Morphable, found: Fitted | None) -> dict[str, JsonValue]:
    """head: the morphable model. off, trembled, trembles: the landmarks' residual (median), and the points' jitter
    before and after the filter, percent of the face's width; unlike: the skin's residual (median), display values;
    distance: of the camera, m."""
    if found is None:
        return {"frames": 0}
    before, after = found.trembles
    return {
        "head": model.name,
        "frames": len(found.numbers),
        "off": round(100 * float(np.median(found.fits.off)), 3),
        "unlike": round(float(np.median(found.fits.unlike)), 4),
        "trembled": round(100 * before, 4),
        "trembles": round(100 * after, 4),
        "distance": round(min(model.unit / 1000 / max(found.person.nearness, 1e-6), 100.0), 2),
        "fps": round(len(found.numbers) / max(found.spent, 1e-6), 2),
    }
