"""Plates, references and deliverables on a real S3 server with keys."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from footage import number_in, shot_job, write_stills, write_video
from servers import S3Server, s3_bucket, s3_server  # noqa: F401

from fsvfx.errors import PlateError, StoreError
from fsvfx.media import open_plate, remote, source_for
from schemas.receipts import Unit


def put(folder: Path, bucket: str) -> None:
    for path in sorted(folder.rglob("*.*")):
        remote.upload(path, f"{bucket}/{path.relative_to(folder)}")


def test_a_plate_is_the_same_on_s3_and_on_disk(tmp_path: Path, s3_bucket: str) -> None:  # noqa: F811
    write_stills(str(tmp_path / "plates/a.%04d.png"), range(1001, 1007))
    video = write_video(tmp_path / "plates/b.mp4", 12)
    put(tmp_path, s3_bucket)
    for name, frames, more in (("a.####.png", "1001-1006", {"frame_rate": "24"}), (video.name, "1001-1012", {})):
        here = open_plate(shot_job(tmp_path / "plates" / name, frames, **more))
        there = open_plate(shot_job(f"{s3_bucket}/plates/{name}", frames, **more))
        numbers = range(1002, 1006)
        assert there.fingerprint(numbers) == here.fingerprint(numbers)
        for a, b in zip(here.pictures(numbers), there.pictures(numbers), strict=True):
            np.testing.assert_array_equal(a, b)
        assert here.info == there.info


def test_references_by_glob(tmp_path: Path, s3_bucket: str) -> None:  # noqa: F811
    write_stills(str(tmp_path / "refs/r%04d.png"), [3, 1, 2])
    put(tmp_path, s3_bucket)
    source = source_for(shot_job("none.mp4", "1", [f"{s3_bucket}/refs/*.png"]), Unit.of_person("lead"))
    assert [number_in(rgb) for rgb in source.pictures()] == [1, 2, 3]
    with pytest.raises(PlateError, match="not found"):
        source_for(shot_job("none.mp4", "1", [f"{s3_bucket}/refs/*.jpg"]), Unit.of_person("lead"))


def test_downloaded_once_until_it_changes(tmp_path: Path, s3_bucket: str) -> None:  # noqa: F811
    path, url = tmp_path / "a.txt", f"{s3_bucket}/a.txt"
    path.write_text("one")
    remote.upload(path, url)
    first = remote.local_copy(url)
    assert (first.read_text(), first.suffix) == ("one", ".txt")
    assert remote.local_copy(url) == first
    path.write_text("two")
    remote.upload(path, url)
    assert remote.local_copy(url).read_text() == "two"


def test_large_files_go_in_parts(tmp_path: Path, s3_bucket: str) -> None:  # noqa: F811
    path, url = tmp_path / "big.bin", f"{s3_bucket}/big.bin"
    path.write_bytes(np.random.default_rng(0).bytes(20 << 20))
    remote.upload(path, url)
    assert "-" in remote.listing(url)[url]  # the ETag of an upload in parts
    assert remote.local_copy(url).read_bytes() == path.read_bytes()


def test_exists_and_remove(tmp_path: Path, s3_bucket: str) -> None:  # noqa: F811
    path, url = tmp_path / "a.txt", f"{s3_bucket}/x/a.txt"
    path.write_text("one")
    remote.upload(path, url)
    assert remote.exists(url)
    remote.remove(url)
    remote.remove(url)
    assert not remote.exists(url)
    assert remote.local_copy(str(path)) == path


def test_a_missing_object_is_the_plates_fault(s3_bucket: str) -> None:  # noqa: F811
    with pytest.raises(PlateError, match="the object does not exist") as told:
        open_plate(shot_job(f"{s3_bucket}/gone.mp4", "1001"))
    assert "gone.mp4" in str(told.value)
    with pytest.raises(PlateError, match="no file of the sequence"):
        open_plate(shot_job(f"{s3_bucket}/gone.####.exr", "1001"))


@pytest.mark.parametrize(("name", "value"), [("AWS_SECRET_ACCESS_KEY", "wrong"), ("AWS_ACCESS_KEY_ID", "nobody")])
def test_wrong_keys(name: str, value: str, s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv(name, value)
    path = tmp_path / "a.txt"
    path.write_text("one")
    for attempt in (
        lambda: remote.local_copy(f"{s3_bucket}/a.txt"),
        lambda: remote.listing(f"{s3_bucket}/"),
        lambda: remote.upload(path, f"{s3_bucket}/a.txt"),
    ):
        with pytest.raises(StoreError, match="refuses the keys") as told:
            attempt()
        assert (told.value.exit_code, told.value.transient) == (5, False)
        assert "wrong" not in str(told.value)


def test_no_keys(s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="no S3 credentials"):
        remote.local_copy(f"{s3_bucket}/a.txt")


def test_a_server_out_of_reach_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(remote, "_PATIENCE", 0.0)
    with pytest.raises(StoreError, match="can't be reached") as told:
        remote.local_copy("s3://bucket/a.mp4")
    assert told.value.transient


@pytest.mark.slow
def test_ten_seconds_without_the_server_are_waited_out(s3_bucket: str, s3_server: S3Server, tmp_path: Path) -> None:  # noqa: F811
    path, url = tmp_path / "a.txt", f"{s3_bucket}/a.txt"
    path.write_text("one")
    remote.upload(path, url)
    s3_server.kill()
    begun = time.monotonic()
    again = threading.Timer(10, s3_server.start)
    again.start()
    try:
        assert remote.local_copy(url).read_text() == "one"
        assert time.monotonic() - begun > 8
    finally:
        again.join()
