"""ASC MHL: by the reference tool's own verification; generations, files made anew, crashes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ascmhl.commands import verify_entire_folder
from ascmhl.errors import NewFilesFoundException, VerificationFailedException
from ascmhl.history import MHLHistory

from fsvfx.delivery import mhl
from fsvfx.delivery.mhl import check_generation, write_generation
from fsvfx.errors import MachineError


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "sh010" / name for name in ("exr/a.1001.exr", "exr/a.1002.exr", "a.mov")]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode() * 100)
    return made


def _root(files: list[Path]) -> Path:
    return files[-1].parent


def _verify(root: Path) -> None:
    verify_entire_folder(str(root), False, None, None)


def test_the_asc_tool_agrees(files: list[Path]) -> None:
    first = write_generation(_root(files), files)
    _verify(_root(files))
    listed = {media.path for media in MHLHistory.load_from_path(str(_root(files))).hash_lists[0].media_hashes}
    assert listed == {"exr/a.1001.exr", "exr/a.1002.exr", "a.mov"}
    second = write_generation(_root(files), files)
    assert [file.name[:5] for file in (first, second)] == ["0001_", "0002_"]
    _verify(_root(files))
    assert check_generation(second) is None
    assert {path.name for path in _root(files).iterdir()} == {"exr", "a.mov", "ascmhl"}


def test_other_peoples_files_are_not_listed(files: list[Path]) -> None:
    (_root(files) / "notes.txt").write_text("from somebody else")
    made = write_generation(_root(files), files)
    assert "notes.txt" not in made.read_text()
    assert check_generation(made) is None
    with pytest.raises(NewFilesFoundException):
        _verify(_root(files))


def test_damage_is_found(files: list[Path]) -> None:
    made = write_generation(_root(files), files)
    files[0].write_bytes(b"another")
    assert check_generation(made) == "exr/a.1001.exr does not match its hash"
    with pytest.raises(VerificationFailedException):
        _verify(_root(files))
    files[0].unlink()
    assert check_generation(made) == "exr/a.1001.exr is missing"
    made.write_text(made.read_text().replace("xxh128", "xxh64"))
    assert "can't be read" in str(check_generation(made))


@pytest.mark.parametrize("how", ["made anew", "no longer delivered"])
def test_a_history_that_no_longer_holds_is_put_aside(files: list[Path], how: str) -> None:
    old = write_generation(_root(files), files)
    if how == "made anew":
        files[0].write_bytes(b"a better frame")
    else:
        files.pop(0).unlink()
    new = write_generation(_root(files), files)
    assert new.name.startswith("0001_")
    assert (_root(files) / "ascmhl_superseded_0001" / old.name).exists()
    _verify(_root(files))


@pytest.mark.parametrize("first", [True, False])
def test_a_crash_leaves_the_last_history(files: list[Path], monkeypatch: pytest.MonkeyPatch, first: bool) -> None:
    if not first:
        write_generation(_root(files), files)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename" if first else "replace", _crash)
        with pytest.raises(KeyboardInterrupt):
            write_generation(_root(files), files)
    unfinished = _root(files) / "ascmhl" / "0002_x_2026-01-01_000000Z.mhl"
    if not first:
        _verify(_root(files))
        unfinished.write_text("<half")
    made = write_generation(_root(files), files)
    assert made.name.startswith("0001_" if first else "0002_")
    assert not unfinished.exists()
    assert not list(_root(files).glob(".*"))
    _verify(_root(files))


def _crash(*given: object) -> None:
    raise KeyboardInterrupt


def test_a_damaged_history_is_not_built_upon(files: list[Path]) -> None:
    made = write_generation(_root(files), files)
    made.write_text(made.read_text() + " ")
    with pytest.raises(MachineError, match="damaged"):
        write_generation(_root(files), files)
    assert mhl.FOLDER in {path.name for path in _root(files).iterdir()}
