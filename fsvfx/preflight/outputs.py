"""Whether what a shot is to deliver can be made of its plate, and written where it goes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from fsvfx import delivery
from fsvfx.delivery.videos import MXF_RATES
from fsvfx.errors import FsvfxError, InputError
from fsvfx.media import RATE_HINT, PlateInfo, remote
from fsvfx.media.video.writer import Codec, VideoFormat, codec_of, write_video
from fsvfx.preflight.contract import Look, Trouble, named
from schemas.deliver import PER_FRAME, Deliver, DeliverExr, DeliverFrames, DeliverMhl, DeliverMovie, DeliverReview
from schemas.job import ShotJob
from schemas.templates import frame_path, suffix

_LONGEST_NAME = 255
"""Bytes of a file's name that disks take."""


def rate(shot: Look) -> Iterator[Trouble]:
    """Videos are timed: the plate or the manifest tells a frame rate, and an MXF's is one of television or film."""
    if shot.plate is None:
        return
    found = shot.plate.info.frame_rate
    for index, wish in _videos(shot.job):
        if found is None:
            yield Trouble(f"deliver[{index}]", f"a {wish.kind} needs a frame rate, and the plate tells none", RATE_HINT)
        elif suffix(wish.path) == ".mxf" and found not in MXF_RATES:
            hint = "Deliver it as .mov, or correct plate.frame_rate"
            yield Trouble(f"deliver[{index}]", f"MXF knows no {found} frames a second", hint)


def codecs(shot: Look) -> Iterator[Trouble]:
    """Each video's codec takes the plate's size: by the limits of its standard, then by encoding one frame."""
    if shot.plate is None:
        return
    info = shot.plate.info
    for index, wish in _videos(shot.job):
        codec = codec_of(wish.codec, bits=getattr(wish, "bits", 8), crf=wish.crf)
        yield from _against_size(f"deliver[{index}]", wish, codec, info)


def _against_size(field: str, wish: DeliverReview | DeliverMovie, codec: Codec, info: PlateInfo) -> Iterator[Trouble]:
    width, height = info.width, info.height
    (least_width, least_height), (side, pixels) = codec.smallest, codec.largest
    if width < least_width or height < least_height:
        what = f"{wish.codec} takes pictures of {least_width}x{least_height} or more; the plate is {width}x{height}"
        yield Trouble(field, what, "Deliver it as ProRes or as frames")
    elif max(width, height) > side or width * height > pixels:
        what = f"{wish.codec} takes up to {side} pixels a side and {pixels} in all; the plate is {width}x{height}"
        yield Trouble(field, what, "Deliver it as ProRes or as frames")
    elif (why := _refused(wish, codec, info)) is not None:
        yield Trouble(field, f"{wish.codec} can't hold the plate's {width}x{height}: {why}", "Deliver it as frames")
    elif width % 2 or height % 2:
        what = f"videos have even sizes: the plate's {width}x{height} grows by a row or column, repeated"
        yield Trouble(field, what, "Deliver frames where the size must stay", stops=False)


def _refused(wish: DeliverReview | DeliverMovie, codec: Codec, info: PlateInfo) -> str | None:
    """What the encoder says to one black frame; None if it takes it."""
    size = info.height, info.width
    wanted = VideoFormat(size, info.frame_rate if info.frame_rate in MXF_RATES else Fraction(24), codec)
    black = np.zeros((*size, 3), np.uint8)
    with tempfile.TemporaryDirectory(prefix="fsvfx-") as folder:
        try:
            write_video(Path(folder) / f"trial{suffix(wish.path)}", [black], wanted)
        except FsvfxError as error:
            return error.what
    return None


def places(shot: Look) -> Iterator[Trouble]:
    """Every file can be written where it goes: told is the nearest folder that is there."""
    for index, wish in enumerate(shot.job.deliver):
        if not remote.is_remote(wish.path):
            yield from _place(f"deliver[{index}].path", wish, shot.job)
    if not shot.job.store.startswith(("s3://", "memory://")):
        yield from _folder("store", Path(shot.job.store))


def _place(field: str, wish: Deliver, job: ShotJob) -> Iterator[Trouble]:
    if isinstance(wish, DeliverMhl):
        yield from _folder(field, Path(wish.path))
        return
    numbers = job.shot.plate.frames
    path = Path(frame_path(wish.path, numbers.last) if isinstance(wish, PER_FRAME) else wish.path)
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        yield Trouble(field, f"the file's name has over {_LONGEST_NAME} bytes: {path.name}", "Shorten it")
    elif path.is_dir():
        yield Trouble(field, f"{path} is a folder", "Name a file, or move the folder away")
    else:
        yield from _folder(field, path.parent)


def _folder(field: str, folder: Path) -> Iterator[Trouble]:
    there = nearest(folder)
    if not there.is_dir():
        yield Trouble(field, f"{folder} can't be made: {there} is a file", "Move that file away, or write elsewhere")
    elif not os.access(there, os.W_OK | os.X_OK) or os.statvfs(there).f_flag & os.ST_RDONLY:
        nearest_one = "" if there == folder else f"; the nearest folder that is there is {there}"
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
    for index, wish in enumerate(job.deliver):
        yield f"deliver[{index}].path", wish.path


def _videos(job: ShotJob) -> Iterator[tuple[int, DeliverReview | DeliverMovie]]:
    return ((index, one) for index, one in enumerate(job.deliver) if isinstance(one, DeliverReview | DeliverMovie))


_BYTES = {".dpx": 4.0, ".tif": 6.0, ".tiff": 6.0, ".png": 1.5, ".exr": 2.0}
"""Per pixel, of what is delivered frame by frame: DPX and TIFF hold codes as they are, the others about a third."""


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
            what = f"the shot needs about {_told(size)}, and {_told(free)} are free at {folder}"
            yield Trouble(field, what, "Make room, or write to a larger disk")


def _writes(shot: Look, info: PlateInfo) -> Iterator[tuple[str, Path, int]]:
    """Field, folder, bytes."""
    assert shot.plan is not None
    job = shot.job
    if not job.store.startswith(("s3://", "memory://")):
        yield "store", Path(job.store), shot.plan.estimate.total_bytes
    left = sum(len(one.unit.chunk.frames) for one in shot.plan.todo if one.stage == "deliver" and one.unit.chunk)
    for index, wish in enumerate(job.deliver):
        if isinstance(wish, PER_FRAME) and not remote.is_remote(wish.path):
            yield f"deliver[{index}].path", Path(wish.path).parent, int(left * _frame_bytes(wish, info))


def _frame_bytes(wish: Deliver, info: PlateInfo) -> float:
    pixels = float(np.prod((info.height, info.width), dtype=np.int64))
    each = _BYTES.get(suffix(wish.path), 0.0)
    if isinstance(wish, DeliverFrames) and wish.depth == "float":
        each = 12.0
    if isinstance(wish, DeliverExr) and wish.compression == "none":
        each = 6.0
    return pixels * each


def _told(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
