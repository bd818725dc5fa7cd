"""All files that the delivery of a shot makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsvfx.delivery import kinds
from fsvfx.delivery.kinds import Wish
from fsvfx.footprint import Disk, File, Files, Numbered, Tree
from schemas.deliver import Deliver
from schemas.frames import FrameRange
from schemas.templates import around_frame


@dataclass(frozen=True)
class Write:
    """What one shot writes for a deliverable; ``index`` is its position in the manifest."""

    index: int
    what: str


def writes_of(
    disk: Disk, shot: str, frames: FrameRange, performers: Sequence[str], deliver: Sequence[tuple[int, Deliver]]
) -> Iterator[tuple[Write, Files]]:
    """The files of each deliverable, including the implied ones (contact sheet, report).

    Paths are absolute or s3://, with everything except the frame number and the performer filled in.
    """
    for index, one in deliver:
        for files in _files(disk, kinds.wish(one), frames, performers):
            yield Write(index, f"deliver[{index}] of shot {shot}"), files
    yield from _unasked(disk, shot, deliver)


def _frames(disk: Disk, template: str, frames: FrameRange) -> Files:
    """A file for each of ``frames``; ``template`` has a placeholder for the frame number."""
    before, digits, after = around_frame(template)
    folder, _, start = before.rpartition("/")
    real = disk.folder(folder)
    return Numbered(real, disk.name(start, real), digits, disk.name(after, real), frames)


def _files(disk: Disk, wish: Wish, frames: FrameRange, performers: Sequence[str]) -> Iterator[Files]:
    if folder := wish.kind.folder(wish.settings):
        yield Tree(disk.folder(folder))
        return
    for path in wish.kind.templates(wish.settings, performers):
        yield _frames(disk, path, frames) if wish.kind.per == "frame" else File(disk.path(path))


def _unasked(disk: Disk, shot: str, deliver: Sequence[tuple[int, Deliver]]) -> Iterator[tuple[Write, Files]]:
    for wish in kinds.implied(shot, [one for _, one in deliver]):
        beside = (index for index, one in deliver if wish.path.startswith(f"{one.path.rpartition('/')[0]}/"))
        index = next(beside, deliver[0][0])
        yield Write(index, f"the {wish.kind.name.replace('_', ' ')} of shot {shot}"), File(disk.path(wish.path))
