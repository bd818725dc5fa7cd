"""A deliverable goes nowhere but where the manifest may write, whatever its folder has become since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from footage import shot_job

from fsvfx.delivery.ownership import Ownership
from fsvfx.errors import InputError, MachineError
from fsvfx.media import remote
from fsvfx.place import place
from fsvfx.settings import machine
from fsvfx.store import Ledger, open_store


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture
def own(job: Path) -> Ownership:
    made = shot_job(job / "p.mp4", "1")
    return Ownership(made, Ledger(open_store(made)))


def _write(path: Path) -> None:
    path.write_bytes(b"mine")


@pytest.mark.parametrize(
    ("link", "to", "target"),
    [
        ("out", "outside", "out/a.png"),
        ("out", "outside", "out/sh010/a.png"),
        ("out/sh010", "outside", "out/sh010/a.png"),
        ("out", "outside/new", "out/a.png"),
    ],
)
def test_a_folder_that_is_a_link_out(own: Ownership, job: Path, outside: Path, link: str, to: str, target: str) -> None:
    (job / link).parent.mkdir(exist_ok=True)
    (job / link).symlink_to(job.parent / to)
    with pytest.raises(InputError, match="outside"):
        place(str(job / target), _write, own)
    assert list(outside.iterdir()) == []


def test_a_folder_that_becomes_a_link_while_it_is_written(own: Ownership, job: Path, outside: Path) -> None:
    def write(path: Path) -> None:
        (job / "out").rename(job / "before")
        (job / "out").symlink_to(outside)
        _write(path)

    with pytest.raises(MachineError, match="replaced"):
        place(str(job / "out/a.png"), write, own)
    assert list(outside.iterdir()) == []
    assert list((job / "before").iterdir()) == []


def test_a_name_that_is_a_link_is_not_written_through(own: Ownership, job: Path, outside: Path) -> None:
    theirs = outside / "theirs.png"
    theirs.write_bytes(b"theirs")
    (job / "a.png").symlink_to(theirs)
    with pytest.raises(InputError):
        place(str(job / "a.png"), _write, own)
    assert theirs.read_bytes() == b"theirs"
    place(str(job / "a.png"), _write, Ownership(own.job.model_copy(update={"may_replace": True}), own.ledger))
    assert theirs.read_bytes() == b"theirs"
    assert (job / "a.png").read_bytes() == b"mine"
    assert not (job / "a.png").is_symlink()


def test_a_folder_that_is_a_link_within(own: Ownership, job: Path) -> None:
    (job / "real").mkdir()
    (job / "out").symlink_to("real")
    place(str(job / "out/sh010/a.png"), _write, own)
    assert (job / "real/sh010/a.png").read_bytes() == b"mine"
    assert [each.name for each in (job / "real/sh010").iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    "name", ["n" * 251, "\u00e9" * 125, "take[1]", "a?b", "%04d", "####", "{v2}", "a:b", "-i", " a", "\U0001f3ac" * 60]
)
def test_any_name_is_placed(own: Ownership, job: Path, name: str) -> None:
    place(str(job / name / f"{name}.png"), _write, own)
    assert [each.name for each in (job / name).iterdir()] == [f"{name}.png"]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FSVFX_S3_ROOTS", '["s3://bucket/out"]')
    machine.cache_clear()
    yield
    machine.cache_clear()


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("target", ["s3://other/a.png", "s3://bucket/a.png", "s3://bucket/outer/a.png"])
def test_only_listed_buckets_are_written(own: Ownership, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setattr(remote, "_client", lambda: pytest.fail("the server was asked"))
    with pytest.raises(InputError, match="is not in a bucket or folder"):
        place(target, _write, own)
