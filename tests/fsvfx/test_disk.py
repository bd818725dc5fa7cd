"""What disks refuse is told in plain words, however a library says it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx import disk
from fsvfx.errors import InputError, MachineError

WORDS = [
    (errno.ENOSPC, "No space left on device", "The disk is full", True),
    (errno.EDQUOT, "Disk quota exceeded", "quota is exceeded", True),
    (errno.EROFS, "Read-only file system", "mounted read-only", False),
    (errno.EACCES, "Permission denied", "write permission", False),
    (errno.EIO, "Input/output error", "reports errors", True),
    (errno.ENAMETOOLONG, "File name too long", "shorter name", False),
]


@pytest.mark.parametrize(("number", "says", "hint", "transient"), WORDS)
def test_each_refusal_has_its_words(tmp_path: Path, number: int, says: str, hint: str, transient: bool) -> None:
    with pytest.raises(MachineError) as told, disk.told_plainly(tmp_path / "a"):
        raise OSError(number, os.strerror(number))
    assert says in told.value.what
    assert hint in told.value.hint
    assert told.value.transient == transient


@pytest.mark.parametrize(("number", "says", "hint", "transient"), WORDS[:5])
def test_libraries_tell_it_in_words(tmp_path: Path, number: int, says: str, hint: str, transient: bool) -> None:
    with pytest.raises(MachineError) as told, disk.told_plainly(tmp_path / "a"):
        raise RuntimeError(f'Failed to write "a.exr": {os.strerror(number)}.')
    assert (says in told.value.what, hint in told.value.hint) == (True, True)


@pytest.mark.parametrize("raised", [RuntimeError("Failed to write pixel data"), ValueError("encoder error"), OSError()])
def test_where_not_even_words_tell_it_the_disk_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(disk.tempfile, "TemporaryFile", full)
    with pytest.raises(MachineError, match="No space left") as told, disk.told_plainly(tmp_path / "a"):
        raise raised
    assert "The disk is full" in told.value.hint


@pytest.mark.parametrize(
    "raised",
    [RuntimeError("a fault"), MachineError("a GPU's", hint="hint"), InputError("wrong", hint="hint"), KeyError("x")],
)
def test_what_has_nothing_to_do_with_the_disk_passes(tmp_path: Path, raised: Exception) -> None:
    with pytest.raises(type(raised)) as told, disk.told_plainly(tmp_path / "a"):
        raise raised
    assert told.value is raised


@pytest.mark.parametrize("write", [
    lambda path: disk.place_file(path, b"x" * 100),
    lambda path: disk.place_folder(path, lambda draft: (draft / "a").write_bytes(b"x") and None),
])  # fmt: skip
def test_a_refused_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(disk, "sync", full)
    with pytest.raises(MachineError, match="No space left"):
        write(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_a_draft_takes_its_name_only_when_all_went_well(tmp_path: Path) -> None:
    final = tmp_path / "cache/sound.wav"
    with disk.drafted(final) as draft:
        draft.write_bytes(b"whole")
        assert not final.exists()
    with pytest.raises(FileNotFoundError), disk.drafted(final):
        (tmp_path / "absent").read_bytes()
    assert final.read_bytes() == b"whole"
    assert list(final.parent.iterdir()) == [final]
