"""Whether what a shot is to deliver can be made of its plate, and written where it goes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from fsvfx import delivery, extras
from fsvfx.delivery import kinds
from fsvfx.delivery.contract import Problem
from fsvfx.delivery.kinds import Wish
from fsvfx.errors import InputError
from fsvfx.media import RATE_HINT, PlateInfo, remote
from fsvfx.preflight.contract import Look, Trouble, named
from schemas.job import ShotJob

_LONGEST_NAME = 255
"""Bytes of a file's name that disks take."""


def rate(shot: Look) -> Iterator[Trouble]:
    """What is timed has a frame rate, from the plate or the manifest, and one that it can have."""
    if shot.plate is None:
        return
    found = shot.plate.info.frame_rate
    for index, wish in _wishes(shot.job):
        if found is not None:
            yield from _troubles(index, wish.kind.rate_problems(wish.settings, found))
        elif wish.kind.needs_rate:
            what = f"a {wish.kind.name} needs a frame rate, and the plate has none"
            yield Trouble(f"deliver[{index}]", what, RATE_HINT)


def code(shot: Look) -> Iterator[Trouble]:
    """The optional packages that deliverables need are installed."""
    for index, wish in _wishes(shot.job):
        for module in wish.kind.needs:
            if not extras.is_installed(module):
                what = f"a {wish.kind.name} needs {module}, which is not installed"
                yield Trouble(f"deliver[{index}]", what, extras.how_to_install(module))


def codecs(shot: Look) -> Iterator[Trouble]:
    """Each deliverable can be made of this plate, of its size above all."""
    if shot.plate is None:
        return
    for index, wish in _wishes(shot.job):
        yield from _troubles(index, wish.kind.plate_problems(wish.settings, shot.plate.info))


def _troubles(index: int, problems: Iterable[Problem]) -> Iterator[Trouble]:
    for field, what, hint, stops in problems:
        yield Trouble(f"deliver[{index}]" + (f".{field}" if field else ""), what, hint, stops=stops)


def places(shot: Look) -> Iterator[Trouble]:
    """Every file can be written where it goes: told is the nearest folder that is there."""
    for index, wish in _wishes(shot.job):
        if not remote.is_remote(wish.path):
            yield from _place(f"deliver[{index}].path", wish, shot.job)
    if not shot.job.store.startswith(("s3://", "memory://")):
        yield from _folder("store", Path(shot.job.store))


def _place(field: str, wish: Wish, job: ShotJob) -> Iterator[Trouble]:
    if wish.kind.folder(wish.settings):
        yield from _folder(field, Path(wish.path))
        return
    files = list(wish.kind.files(wish.settings, [one.performer for one in job.shot.replace], job.shot.plate.frames))
    if not files:  # mattes of nobody
        return
    longest = max((file.rpartition("/")[2] for file in files), key=lambda name: len(os.fsencode(name)))
    if len(os.fsencode(longest)) > _LONGEST_NAME:
        yield Trouble(field, f"the file name is longer than {_LONGEST_NAME} bytes: {longest}", "Shorten it")
    elif (taken := _first_folder(files)) is not None:
        yield Trouble(field, f"{taken} is a folder", "Choose a file name, or move the folder away")
    else:
        yield from _folder(field, Path(files[0]).parent)


def _first_folder(files: Iterable[str]) -> str | None:
    """The first of ``files`` that is a folder; each folder that they lie in is listed once."""
    inside: dict[str, set[str]] = {}
    for file in files:
        parent, _, name = file.rpartition("/")
        if parent not in inside:
            inside[parent] = set(_folders_in(parent))
        if name in inside[parent]:
            return file
    return None


def _folders_in(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (each.name for each in entries if each.is_dir())
    except OSError:  # mostly absent; `_folder` looks at it
        return


def _folder(field: str, folder: Path) -> Iterator[Trouble]:
    there = nearest(folder)
    if not there.is_dir():
        yield Trouble(field, f"{folder} can't be created: {there} is a file", "Move that file, or write elsewhere")
    elif not os.access(there, os.W_OK | os.X_OK) or os.statvfs(there).f_flag & os.ST_RDONLY:
        nearest_one = "" if there == folder else f"; the nearest existing folder is {there}"
        yield Trouble(field, f"{folder} can't be written{nearest_one}", "Check its permissions, or write elsewhere")


def strangers(shot: Look) -> Iterator[Trouble]:
    """What others put where deliverables go is not written over."""
    if all(shot.buckets.usable(url) for _, url in _urls(shot.job)):
        try:
            delivery.check_free(shot.job)
        except InputError as error:
            yield Trouble.of("deliver", error)


def nearest(path: Path) -> Path:
    """``path``, or what of its parents is there."""
    return next(one for one in (path, *path.parents) if os.path.lexists(one))


def buckets(shot: Look) -> Iterator[Trouble]:
    """S3 answers, lets us in, and has every bucket that the shot reads, writes or stores in."""
    for field, url in named(_urls(shot.job)).values():
        if (error := shot.buckets.trouble(url)) is not None:
            yield Trouble.of(field, error)


def _urls(job: ShotJob) -> Iterator[tuple[str, str]]:
    yield "store", job.store
    yield "plate.path", job.shot.plate.path
    for name, person in job.people.items():
        yield from ((f"people.{name}.references", path) for path in person.references)
    for index, entry in enumerate(job.shot.replace):
        yield f"replace[{index}].roto", entry.roto or ""
        if entry.driver:
            yield f"replace[{index}].driver.plate.path", entry.driver.plate.path
    for index, wish in enumerate(job.deliver):
        yield f"deliver[{index}].path", wish.path


def _wishes(job: ShotJob) -> Iterator[tuple[int, Wish]]:
    return enumerate(map(kinds.wish, job.deliver))


def room(shot: Look) -> Iterator[Trouble]:
    """As much is free as the store and the frames would take: by past receipts, before those by the plate's size. What
    nothing tells yet counts as nothing, and S3 is not asked."""
    if shot.plan is None or shot.plate is None:
        return
    needs: dict[int, int] = {}
    folders: dict[int, tuple[str, Path]] = {}
    for field, folder, size in _writes(shot, shot.plate.info):
        there = nearest(folder)
        disk = os.stat(there).st_dev
        needs[disk] = needs.get(disk, 0) + size
        folders.setdefault(disk, (field, there))
    for disk, size in needs.items():
        field, folder = folders[disk]
        free = shutil.disk_usage(folder).free
        if size > free:
            what = f"the shot needs about {_told(size)}, but only {_told(free)} is free at {folder}"
            yield Trouble(field, what, "Free some space, or write to a larger disk")


def _writes(shot: Look, info: PlateInfo) -> Iterator[tuple[str, Path, int]]:
    """Field, folder, bytes."""
    assert shot.plan is not None
    job = shot.job
    if not job.store.startswith(("s3://", "memory://")):
        yield "store", Path(job.store), shot.plan.estimate.total_bytes
    left = sum(len(one.unit.chunk.frames) for one in shot.plan.todo if one.stage == "deliver" and one.unit.chunk)
    pixels = float(np.prod((info.height, info.width), dtype=np.int64))
    for index, wish in _wishes(job):
        frames = left if wish.kind.per == "frame" else len(job.shot.plate.frames)
        size = int(frames * (pixels * wish.kind.bytes_per_pixel(wish.settings)))
        if size and not remote.is_remote(wish.path):
            yield f"deliver[{index}].path", Path(wish.path).parent, size


def _told(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
