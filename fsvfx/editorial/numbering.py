"""Every cut with its plate, in the production's frame numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsvfx.editorial.cuts import Cut, Cuts
from fsvfx.editorial.edit import Edit
from fsvfx.editorial.paths import PathMap, is_windows, mapped
from fsvfx.editorial.plates import Media, check_places, find_plate, media_of
from fsvfx.errors import EditError, InputError, Problem
from fsvfx.media import timecodes
from fsvfx.printable import listed
from schemas.frames import FrameRange
from schemas.timecode import drops_by_default, problem


@dataclass(frozen=True)
class Anchor:
    """Frame ``number`` of the plate is frame ``time`` of the media's time, as counted by the edit."""

    time: int
    number: int

    def number_of(self, time: int) -> int:
        return self.number + time - self.time

    def time_of(self, number: int) -> int:
        return self.time + number - self.number


def anchor_of(cut: Cut, media: Media) -> Anchor:
    """Aligns the edit's time with the plate; a video's frames count from 0 here.

    By the edit's data on a sequence's numbers; otherwise by the plate's timecode; otherwise by the media's start in the
    edit; otherwise by a sequence's numbers, if its frames can't be counted from 0; otherwise it starts at 0. Raises
    InputError if the plate has no timecode and its length differs from the media's, or it has no such label.
    """
    said = cut.stated
    if said and said.number is not None and media.is_sequence:
        last = said.number + said.frames - 1
        if media.first <= said.number and last <= media.last:
            return Anchor(said.start, said.number)
    clock = _clock(cut, media)
    if said is None:
        return Anchor(_untimed(cut, media) if clock is None else clock, media.first)
    if said.frames == media.frames:
        return Anchor(_near(said.start, cut, media), media.first)
    if clock is None:
        raise InputError(
            f"the edit's media has {said.frames} frames, {media.path} has {media.frames} and no timecode",
            hint="Provide a plate with timecode, or the file that was cut",
        )
    return Anchor(clock, media.first)


def _untimed(cut: Cut, media: Media) -> int:
    """For the first frame of a plate without timecode. Editing systems count a sequence's frames by its numbers, or
    from 0."""
    counted, numbered = _untimed_fits(cut, media)
    return media.first if numbered and not counted else 0


def _untimed_fits(cut: Cut, media: Media) -> tuple[bool, bool]:
    """Whether the plate has the cut's frames if they are counted from 0, and if its numbers are meant."""
    has_numbers = media.is_sequence and media.first <= cut.start and cut.end - 1 <= media.last
    return cut.start >= 0 and cut.end <= media.frames, has_numbers


def _clock(cut: Cut, media: Media) -> int | None:
    """The plate's timecode in frames, counted like the edit's.

    Labels refer to the plate's frames, so if an EDL counts them the other way, they are counted again like the plate's.
    InputError if the plate has no such label.
    """
    if media.timecode is None:
        return None
    if not _is_counted_otherwise(cut, media):
        return _near(timecodes.count(media.timecode, cut.rate), cut, media)
    shown = cut.start + cut.head
    said = timecodes.label(shown, cut.rate, drop=bool(cut.drop))
    label = f"{said[:8]}{media.timecode[8]}{said[9:]}"
    if wrong := problem(label, cut.rate):
        raise InputError(f"counted as the plate is, {wrong[0]}", hint="Export the edit again, or check the plate")
    day = timecodes.day(cut.rate, drop=media.timecode[8] == ";")
    into = timecodes.count(label, cut.rate) - timecodes.count(media.timecode, cut.rate)
    return shown - (into + day if into < -day // 2 else into)


def _is_counted_otherwise(cut: Cut, media: Media) -> bool:
    return media.timecode is not None and cut.drop is not None and cut.drop != (media.timecode[8] == ";")


def _near(time: int, cut: Cut, media: Media) -> int:
    """``time`` on the cut's day: media may start before midnight, and the edit may count later frames from 0."""
    drop = ";" in (media.timecode or "") if cut.drop is None else cut.drop
    day = timecodes.day(cut.rate, drop=drop)
    return time + day * round((cut.start - time) / day)


@dataclass(frozen=True)
class Numbered:
    """A cut in the production's numbers. ``frames`` includes the handles, ``needed`` only what the edit shows."""

    cut: Cut
    media: Media
    first_frame: int
    """A video's number of its first picture; a sequence's first number in ``frames``."""
    needed: FrameRange
    frames: FrameRange
    timecode: str | None
    """The edit's timecode of ``first_frame``; None if the plate has its own."""
    notes: tuple[str, ...]

    @property
    def handles(self) -> tuple[int, int]:
        return self.needed.first - self.frames.first, self.frames.last - self.needed.last


def numbered(cut: Cut, media: Media, *, first_frame: int, handles: int) -> Numbered:
    """Give the cut its numbers: ``first_frame`` is the first of full handles, so the cut begins ``handles`` later.

    A sequence keeps the numbers of its files. Handles are limited to what the plate has. Raises InputError if the plate
    lacks frames that the edit shows, or has another rate.
    """
    if media.rate != cut.rate:
        what = f"the plate runs at {media.rate} frames a second, the edit at {cut.rate}: that is a retime"
        raise InputError(what, hint="Convert the plate, or cut at its rate")
    anchor = anchor_of(cut, media)
    first = anchor.number_of(cut.start)
    last = first + cut.frames - 1
    if first < media.first or last > media.last:
        raise InputError(
            _missing(cut, media, first, last), hint="Provide a plate that has them, or name it in --plates"
        )
    head, tail = min(handles, first - media.first), min(handles, media.last - last)
    moved = 0 if media.is_sequence else first_frame + handles - first
    number = first - head if media.is_sequence else media.first + moved
    return Numbered(
        cut=cut,
        media=media,
        first_frame=number,
        needed=FrameRange.span(first + moved, last + moved),
        frames=FrameRange.span(first + moved - head, last + moved + tail),
        timecode=_timecode(cut, media, anchor.time_of(number - moved)),
        notes=(*_short(cut.shot, handles, head, tail), *_counted(cut, media)),
    )


def _counted(cut: Cut, media: Media) -> list[str]:
    """How frames were counted, if that is unclear."""
    if media.timecode is None and cut.stated is None and media.first and all(_untimed_fits(cut, media)):
        return [f"{cut.shot}: the plate has no timecode: {cut.start} is taken to count from its first frame"]
    if not _is_counted_otherwise(cut, media):
        return []
    modes = ("drop-frame", "non-drop") if cut.drop else ("non-drop", "drop-frame")
    return [f"{cut.shot}: its timecode is {modes[0]} in the edit, {modes[1]} in the plate: read as the plate's"]


def _missing(cut: Cut, media: Media, first: int, last: int) -> str:
    before, after = max(0, media.first - first), max(0, last - media.last)
    said = [f"{before} before its start"] * bool(before) + [f"{after} after its end"] * bool(after)
    shown = " with its transitions" if cut.head or cut.tail else ""
    return f"the edit shows {cut.frames} frames{shown}; {media.path} lacks {' and '.join(said)}"


def _timecode(cut: Cut, media: Media, time: int) -> str | None:
    """The edit's, if the plate has none; not if the edit counts its media from 0."""
    is_stated = cut.drop is not None or (cut.stated is not None and cut.stated.start > 0)
    if media.timecode or not is_stated or time < 0:
        return None
    drop = drops_by_default(cut.rate) if cut.drop is None else cut.drop
    return timecodes.label(time, cut.rate, drop=drop)


def _short(shot: str, handles: int, head: int, tail: int) -> list[str]:
    said = [("head", head, "starts"), ("tail", tail, "ends")]
    return [
        f"{shot}: only {there} of {handles} {which} handles: the plate {ends} there"
        for which, there, ends in said
        if there < handles
    ]


@dataclass(frozen=True)
class Placed:
    """The shots of an edit; ``notes``: for people."""

    shots: tuple[Numbered, ...]
    notes: tuple[str, ...]


def placed(
    edit: Edit, cuts: Cuts, places: Sequence[str], maps: Sequence[PathMap] = (), *, first_frame: int, handles: int
) -> Placed:
    """Find and open the plate of every cut. Raises EditError with every shot that has none, or lacks some of its
    frames.

    StoreError if S3 is unreachable.
    """
    check_places(places)
    shots: list[Numbered] = []
    problems: list[Problem] = []
    for cut in cuts.cuts:
        try:
            path = _plate_of(edit, cut, places, maps)
            shots.append(numbered(cut, media_of(path, cut.rate), first_frame=first_frame, handles=handles))
        except InputError as error:
            problems.append(Problem(cut.shot, error.what, error.hint))
    paths = list(dict.fromkeys(cut.path for cut in cuts.cuts if cut.path))
    unused = _unused(paths, maps)
    if problems:
        problems += [Problem("--map", said, "Compare it with the paths above") for said in unused]
        raise EditError(str(edit.file), tuple(problems))
    mapping = [*(f"--map {said}" for said in unused), *_unmapped(paths, maps)]
    return Placed(tuple(shots), (*cuts.notes, *mapping, *(note for shot in shots for note in shot.notes)))


def _plate_of(edit: Edit, cut: Cut, places: Sequence[str], maps: Sequence[PathMap]) -> str:
    path = find_plate(cut, places, edit.folder, maps)
    if path is not None:
        return path
    there = mapped(cut.path, maps)
    said = f"{cut.path} -> {there}" if there else cut.path
    sought = ", ".join((*places, said) if said else places) or "nowhere: the edit names no file"
    named = f"clip '{cut.clip}'" + (f", reel '{cut.reel}'" if cut.reel else "")
    hint = "Give --plates: a folder, or a path such as plates/{name}/{name}.####.exr"
    if cut.path and there is None and (is_windows(cut.path) or cut.path.startswith("/")):
        hint += f"; or --map {cut.path.rpartition('/')[0] or '/'}=FOLDER, its place on this machine"
    raise InputError(f"no plate found for {named} (looked for: {sought})", hint=hint)


def _unused(paths: Sequence[str], maps: Sequence[PathMap]) -> list[str]:
    """Parts of ``--map`` without effect."""
    return [
        f"{one.said}: no path of the edit starts with {one.source}"
        for one in maps
        if not any(one.applied(path) is not None for path in paths)
    ]


def _unmapped(paths: Sequence[str], maps: Sequence[PathMap]) -> list[str]:
    rest = [path for path in paths if mapped(path, maps) is None] if maps else []
    return [f"no --map covers {listed(rest)}"] * bool(rest)
