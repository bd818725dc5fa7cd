"""Every file that the delivery of a shot makes, and where its contact sheet and report go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsvfx.footprint.canonical import Disk
from fsvfx.footprint.patterns import File, Files, Numbered, Tree
from schemas.deliver import PER_FRAME, Deliver, DeliverMhl, DeliverReport, DeliverSheet
from schemas.frames import FrameRange
from schemas.templates import around_frame, fill

HISTORY = "ascmhl"
"""The folder of an ASC MHL history."""


@dataclass(frozen=True)
class Wish:
    """A deliverable of one shot; ``index`` is its place in the manifest. Its path is absolute or s3://, filled in but
    for the frame number and the performer."""

    index: int
    deliver: Deliver
    what: str


def writes_of(
    disk: Disk, shot: str, frames: FrameRange, performers: Sequence[str], deliver: Sequence[tuple[int, Deliver]]
) -> Iterator[tuple[Wish, Files]]:
    """What each deliverable makes, and the contact sheet and the report that nobody asked for."""
    for index, one in deliver:
        wish = Wish(index, one, f"deliver[{index}] of shot {shot}")
        for files in _files(disk, one, frames, performers):
            yield wish, files
    yield from _unasked(disk, shot, deliver)


def _frames(disk: Disk, template: str, frames: FrameRange) -> Files:
    """A file for each of ``frames``; ``template`` has a place for the frame number."""
    before, digits, after = around_frame(template)
    folder, _, start = before.rpartition("/")
    real = disk.folder(folder)
    return Numbered(real, disk.name(start, real), digits, disk.name(after, real), frames)


def _files(disk: Disk, one: Deliver, frames: FrameRange, performers: Sequence[str]) -> Iterator[Files]:
    if isinstance(one, DeliverMhl):
        yield Tree(disk.folder(f"{one.path}/{HISTORY}"))
    elif not isinstance(one, PER_FRAME):
        yield File(disk.path(one.path))
    elif "{performer}" in one.path:
        for performer in performers:
            yield _frames(disk, fill(one.path, performer=performer), frames)
    else:
        yield _frames(disk, one.path, frames)


def _unasked(disk: Disk, shot: str, deliver: Sequence[tuple[int, Deliver]]) -> Iterator[tuple[Wish, Files]]:
    wishes = [one for _, one in deliver]
    made = [(DeliverSheet, sheet_targets, "the contact sheet"), (DeliverReport, report_targets, "the report")]
    for kind, targets, noun in made:
        if any(isinstance(one, kind) for one in wishes):
            continue
        for path in targets(shot, wishes):
            beside = (index for index, one in deliver if path.startswith(f"{one.path.rpartition('/')[0]}/"))
            index = next(beside, deliver[0][0])
            yield Wish(index, wishes[0], f"{noun} of shot {shot}"), File(disk.path(path))


def sheet_targets(shot: str, deliver: Sequence[Deliver]) -> list[str]:
    """Those that ``deliver`` names, else ``<shot>.contact.png`` beside the first deliverable. Paths are filled in."""
    return [wish.path for wish in deliver if isinstance(wish, DeliverSheet)] or _beside(shot, deliver, "contact.png")


def report_targets(shot: str, deliver: Sequence[Deliver]) -> list[str]:
    """Those that ``deliver`` names, else ``<shot>.report.json`` beside the first deliverable."""
    return [wish.path for wish in deliver if isinstance(wish, DeliverReport)] or _beside(shot, deliver, "report.json")


def _beside(shot: str, deliver: Sequence[Deliver], ending: str) -> list[str]:
    named = [wish.path for wish in deliver if "{performer}" not in wish.path and not isinstance(wish, DeliverMhl)]
    folders = [path.rpartition("/")[0] for path in named]
    return [f"{folders[0]}/{shot}.{ending}"] if folders else []
