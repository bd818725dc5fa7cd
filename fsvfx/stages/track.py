"""Track: the faces of the whole shot, followed, told apart, and the performer of each replace entry chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Data, Result
from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import SIZE
from fsvfx.faces.geometry import crop_size
from fsvfx.faces.people import PersonTrack, Wanted, choose, people
from fsvfx.faces.tracks import Finds, cuts, jumps, link
from fsvfx.faces.trails import REACH, Trail, fill
from fsvfx.stages.contract import Need, Resources, Stage, Work
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.receipts import Unit

_COLUMNS = ("frame", "box", "score", "filled")


class TrackStage(Stage):
    name = "track"
    version = 1
    scope: ClassVar[Literal["chunk", "shot", "person"]] = "shot"
    needs = (Need("detect", of="all"), Need("references", of="people"))
    resources = Resources(cpu=1, memory_mib=1024)

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        entries: list[JsonValue] = [
            entry.model_dump(mode="json", include={"performer", "track", "position"}) for entry in job.shot.replace
        ]
        chunks: list[JsonValue] = [[chunk.first, chunk.last] for chunk in job.shot.chunks]
        return {
            "shot": job.shot.name,
            "entries": entries,
            "chunks": chunks,
            "max_gap": job.shot.faces.max_gap,
            "min_score": job.shot.faces.min_score,
        }

    def run(self, work: Work) -> Result:
        """Raises InputError where the performer of an entry is not clear."""
        detected = work.inputs["detect"]
        numbers = np.array(detected.numbers, np.int64)
        starts = _cuts(detected, numbers)
        finds = _finds(detected)
        seen = follow(finds, numbers, starts, work.parameters)
        trails = {each.number: _trail(finds, each, numbers, starts, work.parameters) for each in seen}
        chosen = [_chosen(finds, seen, work, index) for index in range(len(_entries(work)))]
        _refuse_shared(chosen, work)
        performers = [_joined([trails[each.number] for each in group]) for group in chosen]
        at: list[JsonValue] = [*sorted(starts)]
        return Result(
            tables={"tracks": _tracks(trails)},
            parts=_parts(performers, numbers, starts, work.parameters),
            qc={"tracks": len(seen), "cuts": at, "frames": _counts(performers)},
        )


def _cuts(detected: Data, numbers: NDArray[np.int64]) -> frozenset[int]:
    """The frames that start a new picture."""
    if not len(numbers):
        return frozenset()
    new = cuts(numbers, np.asarray(detected.frames("signature"), np.uint8))
    return frozenset(int(number) for number in numbers[new])


def follow(
    finds: Finds, numbers: NDArray[np.int64], starts: frozenset[int], parameters: Mapping[str, Any]
) -> list[PersonTrack]:
    """The people of a shot, numbered."""
    tracks = link(finds, starts, int(parameters["max_gap"]))
    return people(finds, tracks, starts, frames=len(numbers), min_score=float(parameters["min_score"]))


def _finds(detected: Data) -> Finds:
    table: dict[str, Any] = dict(detected.table("faces"))
    return Finds(table["frame"], table["box"], table["score"], table["landmarks"], table["embedding"])


def _trail(
    finds: Finds, each: PersonTrack, numbers: NDArray[np.int64], starts: frozenset[int], parameters: Mapping[str, Any]
) -> Trail:
    rows = each.rows
    found = Trail(
        finds.frame[rows], finds.box[rows], finds.score[rows], finds.landmarks[rows], np.zeros(len(rows), np.bool_)
    )
    return fill(found, numbers, starts, int(parameters["max_gap"]))


def _entries(work: Work) -> list[dict[str, Any]]:
    entries: Any = work.parameters["entries"]
    return list(entries)


def _chosen(finds: Finds, seen: list[PersonTrack], work: Work, index: int) -> list[PersonTrack]:
    entry = _entries(work)[index]
    references = work.inputs.get(f"references/{entry['performer']}")
    known: Any = np.zeros((0, SIZE), np.float32)
    if references is not None and references.has("embedding") and len(references.numbers):
        known = references.frames("embedding")
    where = Where(shot=str(work.parameters["shot"]), stage="track", field=f"replace[{index}]")
    position = tuple(entry["position"]) if entry["position"] else None
    return choose(finds, seen, Wanted(entry["performer"], entry["track"], position, known, where))


def _refuse_shared(chosen: list[list[PersonTrack]], work: Work) -> None:
    performers = [str(entry["performer"]) for entry in _entries(work)]
    owner: dict[int, str] = {}
    for performer, group in zip(performers, chosen, strict=True):
        for each in group:
            if owner.setdefault(each.number, performer) != performer:
                raise InputError(
                    f"track {each.number} is taken for both {owner[each.number]} and {performer}",
                    hint="Say `track: N` in the replace entries (`fsvfx faces MANIFEST` shows the tracks)",
                    where=Where(shot=str(work.parameters["shot"]), stage="track"),
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
    performers: list[Trail], numbers: NDArray[np.int64], starts: frozenset[int], parameters: Mapping[str, Any]
) -> dict[str, Result]:
    """One per chunk whose frames are there: what failed before has no part, and changes nobody else's.

    Each has the rows that the filter of its frames reads too, REACH frames on both sides.
    """
    there = set(numbers.tolist())
    sizes = [crop_size(trail.landmarks) for trail in performers]
    rows = [_rows(trail, starts, size) for trail, size in zip(performers, sizes, strict=True)]
    parts = {}
    for first, last in parameters["chunks"]:
        chunk = Chunk(first=first, last=last)
        if not there.issuperset(chunk.frames):
            continue
        tables: dict[str, dict[str, NDArray[Any]]] = {
            f"r{index}": {
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
        f"r{index}": {"found": int((~trail.filled).sum()), "filled": int(trail.filled.sum())}
        for index, trail in enumerate(performers)
    }
