"""Whether the disks have room for what would be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fsvfx.media import PlateInfo, remote
from fsvfx.preflight.contract import Look, Trouble
from fsvfx.preflight.outputs import nearest
from schemas.deliver import PER_FRAME, Deliver, DeliverExr, DeliverFrames
from schemas.templates import suffix

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
