"""A full and a read-only disk, real ones: told as what they are, for every kind of deliverable."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fsvfx.delivery import deliver_chunk, deliver_shot
from fsvfx.disk import place_file, place_folder
from fsvfx.errors import MachineError
from schemas.frames import FrameRange

NONE = FrameRange(())
KINDS = {
    "exr": {"kind": "exr", "path": "a.####.exr"},
    "multipart exr": {"kind": "exr", "path": "a.####.exr", "parts": "multi"},
    "png": {"kind": "frames", "path": "a.####.png", "color_space": "sRGB"},
    "tiff": {"kind": "frames", "path": "a.####.tif", "color_space": "sRGB"},
    "dpx": {"kind": "frames", "path": "a.####.dpx", "color_space": "ACEScct"},
    "matte png": {"kind": "mattes", "path": "m.####.png"},
    "matte exr": {"kind": "mattes", "path": "m.####.exr"},
    "point cache": {"kind": "point_cache", "path": "p.usdc"},
    "review": {"kind": "review", "path": "a.mp4"},
    "prores": {"kind": "movie", "path": "a.mov", "color_space": "Rec.709"},
    "contact sheet": {"kind": "contact_sheet", "path": "s.png"},
    "jpeg sheet": {"kind": "contact_sheet", "path": "s.jpg"},
    "report": {"kind": "report", "path": "r.json"},
}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def deliver(made: Any) -> None:
    chunk = deliver_chunk(made.job, made.units[0], made.of_chunk(made.units[0]), NONE)
    deliver_shot(made.job, [chunk, *made.ingest, *made.composite, *made.measure], NONE)


@pytest.fixture
def onto(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Callable[[Path, str], Any]:
    def make(disk: Path, kind: str) -> Any:
        plate = {"path": str(exr_plate(range(1001, 1004))), "frames": "1001-1003", "color_space": "ACEScg"}
        made = shot_kit({**plate, "frame_rate": "24"}, [KINDS[kind]])
        wish = made.job.deliver[0]
        path = f"{disk}/{Path(wish.path).name}"
        made.job = made.job.model_copy(update={"deliver": (wish.model_copy(update={"path": path}),)})
        return made

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_told(small_disk: Path, onto: Callable[[Path, str], Any], kind: str) -> None:
    fill(small_disk)
    with pytest.raises(MachineError, match="No space left") as told:
        deliver(onto(small_disk, kind))
    assert "The disk is full" in told.value.hint
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room", [4096, 16384])
def test_a_disk_that_fills_up_meanwhile_leaves_no_file_that_is_cut_short(
    small_disk: Path, onto: Callable[[Path, str], Any], kind: str, room: int
) -> None:
    fill(small_disk)
    with (small_disk / "filler").open("r+b") as file:
        file.truncate((small_disk / "filler").stat().st_size - room)
    with pytest.raises(MachineError, match="No space left"):
        deliver(onto(small_disk, kind))
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_only_disk_is_told(small_disk: Path, onto: Callable[[Path, str], Any], kind: str) -> None:
    made = onto(small_disk, kind)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(MachineError, match="Read-only") as told:
        deliver(made)
    assert "mounted read-only" in told.value.hint


@pytest.mark.parametrize("write", [
    lambda path: place_file(path, b"x" * 2_000_000),
    lambda path: place_folder(path, lambda draft: (draft / "a").write_bytes(b"x" * 2_000_000) and None),
])  # fmt: skip
def test_other_files_and_folders_tell_it_too(small_disk: Path, write: Callable[[Path], None]) -> None:
    with pytest.raises(MachineError, match="No space left"):
        write(small_disk / "a")
    assert not (small_disk / "a").exists()
