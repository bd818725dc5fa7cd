"""Track: the faces of the whole shot, followed, told apart, and the performer of each replace entry chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Data, Result
from fsvfx.entries import entry_name
from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import SIZE
from fsvfx.faces.geometry import crop_size
from fsvfx.faces.people import PersonTrack, Wanted, choose, people
from fsvfx.faces.tracks import Finds, cuts, jumps, link
from fsvfx.faces.trails import REACH, Trail, fill
from fsvfx.stages.contract import Need, Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.receipts import Unit

_COLUMNS = ("frame", "box", "score", "filled")


_ROWS = {
    "frame": spec("", "int64"),
    "box": spec("4", "float32"),
    "score": spec("", "float32"),
    "filled": spec("", "bool"),
}


class TrackedPerformer(StageSettings):
    """As in the manifest's ``replace``."""

    performer: str
    track: int | None
    position: tuple[float, float] | None


class TrackSettings(StageSettings):
    shot: str
    """For messages."""
    entries: tuple[TrackedPerformer, ...]
    chunks: tuple[tuple[int, int], ...]
    """First and last frame of each."""
    max_gap: int
    min_score: float


class TrackStage(Stage[TrackSettings]):
    name = "track"
    version = 1
    scope = "shot"
    needs = (Need("detect", of="all"), Need("references", of="people"))
    resources = Resources(cpu=1, memory_mib=1024)

    outputs = Outputs(
        tables={"tracks": {**_ROWS, "track": spec("", "int64")}},
        parts=Outputs(
            tables={
                "rN": {
                    **_ROWS,
                    "landmarks": spec("468 3", "float32"),
                    "segment_start": spec("", "bool"),
                    "crop_size": spec("", "int64"),
                },
                "entries": {"entry": spec("", "int64"), "crop_size": spec("", "int64")},
            }
        ),
    )

    def settings(self, job: ShotJob, unit: Unit) -> TrackSettings:
        return TrackSettings(
            shot=job.shot.name,
            entries=tuple(
                TrackedPerformer(performer=entry.performer, track=entry.track, position=entry.position)
                for entry in job.shot.replace
            ),
            chunks=tuple((chunk.first, chunk.last) for chunk in job.shot.chunks),
            max_gap=job.shot.faces.max_gap,
            min_score=job.shot.faces.min_score,
        )

    def run(self, work: Work[TrackSettings]) -> Result:
        """Raises InputError where the performer of an entry is not clear."""
        detected = work.inputs["detect"]
        numbers = np.array(detected.numbers, np.int64)
        starts = _cuts(detected, numbers)
        finds = _finds(detected)
        seen = follow(finds, numbers, starts, work.settings)
        trails = {each.number: _trail(finds, each, numbers, starts, work.settings.max_gap) for each in seen}
        chosen = [_chosen(finds, seen, work, index) for index in range(len(work.settings.entries))]
        _refuse_shared(chosen, work)
        performers = [_joined([trails[each.number] for each in group]) for group in chosen]
        at: list[JsonValue] = [*sorted(starts)]
        return Result(
            tables={"tracks": _tracks(trails)},
            parts=_parts(performers, numbers, starts, work.settings),
            qc={"tracks": len(seen), "cuts": at, "frames": _counts(performers)},
        )


def _cuts(detected: Data, numbers: NDArray[np.int64]) -> frozenset[int]:
    """The frames that start a new picture."""
    if not len(numbers):
        return frozenset()
    new = cuts(numbers, np.asarray(detected.frames("signature"), np.uint8))
    return frozenset(int(number) for number in numbers[new])


def follow(
    finds: Finds, numbers: NDArray[np.int64], starts: frozenset[int], settings: TrackSettings
) -> list[PersonTrack]:
    """The people of a shot, numbered."""
    tracks = link(finds, starts, settings.max_gap)
    return people(finds, tracks, starts, frames=len(numbers), min_score=settings.min_score)


def _finds(detected: Data) -> Finds:
    table: dict[str, Any] = dict(detected.table("faces"))
    return Finds(table["frame"], table["box"], table["score"], table["landmarks"], table["embedding"])


def _trail(finds: Finds, each: PersonTrack, numbers: NDArray[np.int64], starts: frozenset[int], max_gap: int) -> Trail:
    rows = each.rows
    found = Trail(
        finds.frame[rows], finds.box[rows], finds.score[rows], finds.landmarks[rows], np.zeros(len(rows), np.bool_)
    )
    return fill(found, numbers, starts, max_gap)


def _chosen(finds: Finds, seen: list[PersonTrack], work: Work[TrackSettings], index: int) -> list[PersonTrack]:
    entry = work.settings.entries[index]
    references = work.inputs.get(f"references/{entry.performer}")
    known = np.zeros((0, SIZE), np.float32)
    if references is not None and references.has("embedding") and len(references.numbers):
        known = np.asarray(references.frames("embedding"), np.float32)
    where = Where(shot=work.settings.shot, stage="track", field=f"replace[{index}]")
    return choose(finds, seen, Wanted(entry.performer, entry.track, entry.position, known, where))


def _refuse_shared(chosen: list[list[PersonTrack]], work: Work[TrackSettings]) -> None:
    performers = [entry.performer for entry in work.settings.entries]
    owner: dict[int, str] = {}
    for performer, group in zip(performers, chosen, strict=True):
        for each in group:
            if owner.setdefault(each.number, performer) != performer:
                raise InputError(
                    f"track {each.number} is assigned to both {owner[each.number]} and {performer}",
                    hint="Set `track: N` in the replace entries (`fsvfx faces MANIFEST` shows the tracks)",
                    where=Where(shot=work.settings.shot, stage="track"),
                )


def _joined(trails: list[Trail]) -> Trail:
    """Several tracks of one performer as one; where filled gaps meet finds in a frame, the find stays."""
    columns = [
        np.concatenate(column)
        for column in zip(*((p.frame, p.box, p.score, p.landmarks, p.filled) for p in trails), strict=True)
    ]
    order = np.lexsort((columns[4], columns[0]))
    first = np.concatenate([[True], np.diff(columns[0][order]) > 0])
    return Trail(*(column[order][first] for column in columns))


def _parts(
    performers: list[Trail], numbers: NDArray[np.int64], starts: frozenset[int], settings: TrackSettings
) -> dict[str, Result]:
    """One per chunk whose frames are there: what failed before has no part, and changes nobody else's.

    Each has the rows that the filter of its frames reads too, REACH frames on both sides.
    """
    there = set(numbers.tolist())
    sizes = [crop_size(trail.landmarks) for trail in performers]
    rows = [_rows(trail, starts, size) for trail, size in zip(performers, sizes, strict=True)]
    parts = {}
    for first, last in settings.chunks:
        chunk = Chunk(first=first, last=last)
        if not there.issuperset(chunk.frames):
            continue
        tables: dict[str, dict[str, NDArray[Any]]] = {
            entry_name(index): {
                key: column[(table["frame"] >= first - REACH) & (table["frame"] <= last + REACH)]
                for key, column in table.items()
            }
            for index, table in enumerate(rows)
        }
        tables["entries"] = {"entry": np.arange(len(sizes)), "crop_size": np.array(sizes, np.int64)}
        parts[chunk.name] = Result(tables=tables)
    return parts


def _rows(trail: Trail, starts: frozenset[int], size: int) -> dict[str, NDArray[Any]]:
    new = jumps(trail.frame, trail.landmarks)
    new |= np.isin(trail.frame, np.array(sorted(starts), np.int64))
    return {
        "frame": trail.frame,
        "box": trail.box,
        "score": trail.score,
        "landmarks": trail.landmarks,
        "filled": trail.filled,
        "segment_start": new,
        "crop_size": np.full(len(trail.frame), size, np.int64),
    }


def _tracks(trails: Mapping[int, Trail]) -> dict[str, NDArray[Any]]:
    given = [Trail.none(), *trails.values()]
    table: dict[str, NDArray[Any]] = {key: np.concatenate([getattr(trail, key) for trail in given]) for key in _COLUMNS}
    table["track"] = np.repeat([0, *trails], [len(trail.frame) for trail in given]).astype(np.int64)
    order = np.lexsort((table["track"], table["frame"]))
    return {key: column[order] for key, column in table.items()}


def _counts(performers: list[Trail]) -> dict[str, JsonValue]:
    return {
        entry_name(index): {"found": int((~trail.filled).sum()), "filled": int(trail.filled.sum())}
        for index, trail in enumerate(performers)
    }
