"""Whole or not at all, and never over what is somebody else's."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3

from fsvfx import place as place_module
from fsvfx.errors import InputError, MachineError
from fsvfx.outputs import Named
from fsvfx.place import place

ANY, KEEP = Named(replace=True), Named()


def writes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def test_says_what_it_wrote(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.json"
    digest, size = place(str(target), writes(b"all of it"), KEEP)
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
        place(str(target), write, ANY)
    assert seen == [b"old"]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize(("content", "owner", "ends"), [
    (b"theirs", KEEP, InputError),
    (b"mine", KEEP, b"mine"),
    (b"theirs", ANY, b"mine"),
    (b"theirs", Named(is_own=lambda path: True), b"mine"),
    (None, KEEP, b"mine"),
])  # fmt: skip
def test_what_is_there_stays_unless_its_owner_lets_it_go(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    links: bool,
    content: bytes | None,
    owner: Named,
    ends: bytes | type[Exception],
) -> None:
    if not links:  # as on exFAT, some shares and object mounts

        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)  # fmt: skip
    target = tmp_path / "a.json"
    if content is not None:
        target.write_bytes(content)
    if isinstance(ends, bytes):
        place(str(target), writes(b"mine"), owner)
        assert target.read_bytes() == ends
    else:
        with pytest.raises(ends, match="already exists"):
            place(str(target), writes(b"mine"), owner)
        assert target.read_bytes() == content
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.json"

    def write(path: Path) -> None:
        path.write_bytes(b"mine")
        target.write_bytes(b"theirs")

    with pytest.raises(InputError, match="already exists"):
        place(str(target), write, KEEP)
    assert target.read_bytes() == b"theirs"


@pytest.mark.parametrize("to", ["plate.exr", "nowhere"])
def test_a_link_is_not_written_through(tmp_path: Path, to: str) -> None:
    plate, target = tmp_path / "plate.exr", tmp_path / "out.exr"
    plate.write_bytes(b"plate")
    target.symlink_to(tmp_path / to)
    with pytest.raises(InputError):
        place(str(target), writes(b"mine"), KEEP)
    place(str(target), writes(b"mine"), ANY)
    assert plate.read_bytes() == b"plate"
    assert (target.read_bytes(), target.is_symlink()) == (b"mine", False)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("how", ["itself", "link", "hard link"])
def test_what_is_read_is_never_written_over(tmp_path: Path, how: str) -> None:
    read, target = tmp_path / "template.yaml", tmp_path / "made.yaml"
    read.write_bytes(b"read")
    if how == "itself":
        target = read
    elif how == "link":
        target.symlink_to(read)
    else:
        target.hardlink_to(read)
    with pytest.raises(InputError, match="is an input of this command"):
        place(str(target), writes(b"mine"), Named(replace=True, reads=(read,)))
    assert read.read_bytes() == target.read_bytes() == b"read"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match=r"file/a\.json can't be written") as caught:
        place(str(tmp_path / "file" / "a.json"), lambda path: None, KEEP)
    assert not caught.value.transient


class Bucket:
    """Of one server: what ``remote`` does, in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.objects: dict[str, bytes] = {}
        for name in ("create", "upload", "exists", "local_copy"):
            monkeypatch.setattr(place_module.remote, name, getattr(self, name))

    def create(self, path: Path, url: str) -> bool:
        return self.objects.setdefault(url, content := path.read_bytes()) is content

    def upload(self, path: Path, url: str) -> None:
        self.objects[url] = path.read_bytes()

    def exists(self, url: str) -> bool:
        return url in self.objects

    def local_copy(self, url: str) -> Path:
        path = Path(os.environ["TMPDIR_OF_TEST"]) / "copy"
        path.write_bytes(self.objects[url])
        return path


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.setenv("TMPDIR_OF_TEST", str(tmp_path))
    return Bucket(monkeypatch).objects


def test_s3_gets_the_whole_file_under_its_name(bucket: dict[str, bytes]) -> None:
    digest, size = place("s3://bucket/out/a.0001.exr", writes(b"frame"), KEEP)
    assert bucket == {"s3://bucket/out/a.0001.exr": b"frame"}
    assert (digest, size) == (blake3(b"frame").hexdigest(), 5)

    def crash(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        place("s3://bucket/out/a.0002.exr", crash, KEEP)
    assert len(bucket) == 1


def test_an_object_that_is_there_stays(bucket: dict[str, bytes]) -> None:
    url = "s3://bucket/out/a.exr"
    bucket[url] = b"theirs"
    with pytest.raises(InputError, match="already exists"):
        place(url, writes(b"mine"), KEEP)
    assert bucket[url] == b"theirs"
    place(url, writes(b"mine"), ANY)
    place(url, writes(b"mine"), KEEP)
    assert bucket[url] == b"mine"
