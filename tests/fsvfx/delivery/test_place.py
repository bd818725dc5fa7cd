"""Whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from blake3 import blake3

from fsvfx.delivery import place as place_module
from fsvfx.delivery.place import place
from fsvfx.errors import MachineError


def test_says_what_it_wrote(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.json"
    digest, size = place(str(target), lambda path: path.write_bytes(b"all of it") and None)
    assert target.read_bytes() == b"all of it"
    assert (digest, size) == (blake3(b"all of it").hexdigest(), 9)
    assert list(target.parent.iterdir()) == [target]


def test_until_it_is_whole_the_old_one_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(b"old")
    seen: list[bytes] = []

    def write(path: Path) -> None:
        path.write_bytes(b"ha")
        seen.append(target.read_bytes())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place(str(target), write)
    assert seen == [b"old"]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match=r"file/a\.json can't be written") as caught:
        place(str(tmp_path / "file" / "a.json"), lambda path: None)
    assert not caught.value.transient


def test_s3_gets_the_whole_file_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, bytes] = {}
    monkeypatch.setattr(place_module.remote, "upload", lambda path, url: sent.update({url: path.read_bytes()}))
    digest, size = place("s3://bucket/out/a.0001.exr", lambda path: path.write_bytes(b"frame") and None)
    assert sent == {"s3://bucket/out/a.0001.exr": b"frame"}
    assert (digest, size) == (blake3(b"frame").hexdigest(), 5)

    def crash(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        place("s3://bucket/out/a.0002.exr", crash)
    assert len(sent) == 1
