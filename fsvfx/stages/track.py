"""Track: follows and distinguishes the faces of the whole shot, and chooses the performer of each replace entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, SerializeAsAny

from fsvfx.arrays import Data, Result
from fsvfx.entries import entry_name
from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import SIZE
from fsvfx.faces.geometry import crop_size
from fsvfx.faces.leaving import Look, with_edges
from fsvfx.faces.people import PersonTrack, Wanted, choose, listing, people
from fsvfx.faces.tracks import Finds, cuts, jumps, link
from fsvfx.faces.trails import REACH, Trail, fill
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, StageSettings, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.bank import AllBut
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.manifest import Replace
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


class TrackedCrowd(TrackedPerformer):
    """One face of a crowd: the ``number``-th, from 1, of at most ``of``."""

    number: int
    of: int
    all_but: tuple[str | int, ...]


class TrackSettings(PlateSettings):
    shot: str
    """For messages."""
    entries: tuple[SerializeAsAny[TrackedPerformer], ...]
    chunks: tuple[tuple[int, int], ...]
    """First and last frame of each."""
    max_gap: int
    min_score: float
    cast: tuple[int, ...] = Field((), exclude_if=lambda entries: not entries)
    """The entries whose identities come from a bank."""
    edges: bool = Field(True, exclude_if=lambda edges: edges)
    """Whether faces are followed out of the picture and into it. Their expression then stays as it was last seen."""


class TrackStage(Stage[TrackSettings]):
    name = "track"
    version = 2
    scope = "shot"
    needs = (Need("ingest", of="all"), Need("detect", of="all"), Need("references", of="people"))
    resources = Resources(cpu=1, memory_mib=1024)

    outputs = Outputs(
        tables={"tracks": {**_ROWS, "track": spec("", "int64")}, "rN": {"track": spec("", "int64")}},
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
            entries=_wanted(job.shot.replace),
            chunks=tuple((chunk.first, chunk.last) for chunk in job.shot.chunks),
            max_gap=job.shot.faces.max_gap,
            min_score=job.shot.faces.min_score,
            cast=tuple(index for index, entry in enumerate(job.shot.replace) if entry.from_bank),
            **PlateSettings.of(job).model_dump(),
        )

    def run(self, work: Work[TrackSettings]) -> Result:
        """Raises InputError if the performer of an entry is not clear, or there is no room for all of a crowd.

        Tables ``rN``, of faces that come from a bank: the numbers of the performer's tracks.
        """
        detected = work.inputs["detect"]
        numbers = np.array(detected.numbers, np.int64)
        starts = _cuts(detected, numbers)
        finds = _finds(detected)
        seen = follow(finds, numbers, starts, work.settings)
        trails = {each.number: _trail(finds, each, numbers, starts, work.settings.max_gap) for each in seen}
        chosen = _all_chosen(finds, seen, work)
        _refuse_shared(chosen, work)
        performers = [_joined([trails[each.number] for each in group]) for group in chosen]
        if work.settings.edges:
            performers = [with_edges(each, numbers.tolist(), starts, _look(work)) for each in performers]
        at: list[JsonValue] = [*sorted(starts)]
        cast = {
            entry_name(index): {"track": np.array([each.number for each in chosen[index]], np.int64)}
            for index in work.settings.cast
        }
        return Result(
            tables={"tracks": _tracks(trails), **cast},
            parts=_parts(performers, numbers, starts, work.settings),
            qc={"tracks": len(seen), "cuts": at, "frames": _counts(performers)},
        )


def _look(work: Work[TrackSettings]) -> Look:
    """Shows frames; the latest is kept, as faces are followed from one to the next."""
    colour = plate_colour_of(work)

    @lru_cache(maxsize=2)
    def look(number: int) -> NDArray[np.uint8]:
        return colour.look(work.inputs["ingest"].frame("frames", number))

    return look


def _cuts(detected: Data, numbers: NDArray[np.int64]) -> frozenset[int]:
    """The frames that follow a cut."""
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


def _wanted(replace: Sequence[Replace]) -> tuple[TrackedPerformer, ...]:
    crowd = [entry for entry in replace if entry.is_crowd]
    found: list[TrackedPerformer] = []
    for entry in replace:
        plain = TrackedPerformer(performer=entry.performer, track=entry.track, position=entry.position)
        if entry.is_crowd:
            alone = entry.performers.all_but if isinstance(entry.performers, AllBut) else ()
            place = {"number": crowd.index(entry) + 1, "of": len(crowd), "all_but": alone}
            plain = TrackedCrowd(**plain.model_dump(), **place)
        found.append(plain)
    return tuple(found)


def _all_chosen(finds: Finds, seen: list[PersonTrack], work: Work[TrackSettings]) -> list[list[PersonTrack]]:
    """The people of each entry; a crowd's are those who are left, one for each of its entries as far as they go."""
    entries = work.settings.entries
    named = [[] if isinstance(one, TrackedCrowd) else _chosen(finds, seen, work, i) for i, one in enumerate(entries)]
    crowd = next((index for index, one in enumerate(entries) if isinstance(one, TrackedCrowd)), None)
    if crowd is None:
        return named
    left = _left(finds, seen, work, crowd, {each.number for group in named for each in group})
    return [
        [*left[one.number - 1 : one.number]] if isinstance(one, TrackedCrowd) else named[i]
        for i, one in enumerate(entries)
    ]


def _left(
    finds: Finds, seen: list[PersonTrack], work: Work[TrackSettings], index: int, taken: set[int]
) -> list[PersonTrack]:
    """Everybody who is neither replaced by another entry nor left alone. Raises InputError: nobody, or too many."""
    crowd = work.settings.entries[index]
    assert isinstance(crowd, TrackedCrowd)
    where = Where(shot=work.settings.shot, stage="track", field=f"replace[{index}].performers")
    replaced = {one.performer for one in work.settings.entries}
    named = [one for one in crowd.all_but if one not in replaced]
    alone = {each.number for one in named for each in _left_alone(finds, seen, work, one, where)}
    left = [each for each in seen if each.number not in alone | taken]
    if not seen:
        hint = "Remove the entry, or lower the shot's faces.min_score or faces.min_size"
        raise InputError("no face was found in the plate", hint=hint, where=where)
    if not left:
        hint = "Remove the entry, or name fewer in all_but"
        raise InputError(f"no face is left to replace: all {len(seen)} in the plate are named", hint=hint, where=where)
    if len(left) > crowd.of:
        tracks = "; ".join(listing(finds, left))
        raise InputError(
            f"{len(left)} faces are to be replaced, but there is room for {crowd.of}: {tracks}",
            hint=f"Set at_most: {len(left)}, or name the people to leave alone in all_but",
            where=where,
        )
    return left


def _left_alone(
    finds: Finds, seen: list[PersonTrack], work: Work[TrackSettings], who: str | int, where: Where
) -> list[PersonTrack]:
    """Raises InputError if it is not clear who that is: a wrong guess would replace the wrong face."""
    number = who if isinstance(who, int) else None
    wanted = Wanted(str(who), number, None, _known(work, str(who)), where)
    try:
        return choose(finds, seen, wanted)
    except InputError as error:
        hint = "Put the number of the track into all_but (`fsvfx faces MANIFEST` shows them), or remove those not seen"
        raise InputError(error.what, hint=hint, where=where) from error


def _chosen(finds: Finds, seen: list[PersonTrack], work: Work[TrackSettings], index: int) -> list[PersonTrack]:
    entry = work.settings.entries[index]
    where = Where(shot=work.settings.shot, stage="track", field=f"replace[{index}]")
    known = _known(work, entry.performer)
    return choose(finds, seen, Wanted(entry.performer, entry.track, entry.position, known, where))


def _known(work: Work[TrackSettings], person: str) -> NDArray[np.float32]:
    """(m, 128) of their references; none if there are none."""
    references = work.inputs.get(f"references/{person}")
    if references is not None and references.has("embedding") and len(references.numbers):
        return np.asarray(references.frames("embedding"), np.float32)
    return np.zeros((0, SIZE), np.float32)


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
    """Several tracks of one performer as one; detections win over filled gaps. None: nobody."""
    if not trails:
        return Trail.none()
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
