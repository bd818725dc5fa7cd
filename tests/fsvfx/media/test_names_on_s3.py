"""Keys of S3 are themselves, too: whatever letters are in them; and only listed buckets are opened."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import normalize

import pytest
from footage import number_in, shot_job, write_stills, write_video
from servers import S3Server, s3_bucket, s3_server  # noqa: F401

from fsvfx.errors import ManifestError, PlateError
from fsvfx.manifests import jobs
from fsvfx.media import open_plate, remote
from fsvfx.media.references import PersonSource
from fsvfx.settings import machine
from schemas.job import ShotJob

NUMBERS = [1001, 1002]
ODD = [
    "take[1]", "take*", "what?", "a#1", "####", "%04d", "50%", "my%20shot", "{v2}", "a b", " lead", "it's", "a&b",
    "a+b", "a=b", "@home", "\U0001f3ac", "-i", "a:b", "~x", "caf\u00e9", "cafe\u0301", "a;b,c", "$HOME", "n" * 200,
]  # fmt: skip
COMPOSED = "Zo\u00eb"


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_stills(f"{folder}/s.%04d.png", NUMBERS)
    write_video(folder / "s.mp4", 2)
    return folder


def _plate(url: str, **more: str) -> list[int]:
    job = shot_job(url, "1001-1002", first_frame=1001, **more)
    return [number_in(picture) for picture in open_plate(job).pictures(NUMBERS)]


def _references(url: str) -> list[int]:
    job: ShotJob = shot_job("none.mp4", "1", [url])
    assert PersonSource(job, "lead").fingerprint()
    return [number_in(picture) for picture in PersonSource(job, "lead").pictures()]


@pytest.mark.parametrize("name", ODD)
def test_a_key_is_itself(media: Path, s3_bucket: str, name: str) -> None:  # noqa: F811
    for file in ("s.1001.png", "s.1002.png", "s.mp4"):
        remote.upload(media / file, f"{s3_bucket}/{name}/{name}{file[1:]}")
    remote.upload(media / "s.1002.png", f"{s3_bucket}/{name}/{name}.png")
    assert _plate(f"{s3_bucket}/{name}/{name}.mp4") == [0, 1]
    assert _plate(f"{s3_bucket}/{name}/{name}.####.png", frame_rate="24") == NUMBERS
    assert _references(f"{s3_bucket}/{name}/{name}.png") == [1002]
    assert _references(f"{s3_bucket}/{name}/*.png") == [*NUMBERS, 1002]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_may_be_composed_or_not(media: Path, s3_bucket: str, form: str) -> None:  # noqa: F811
    there, said = normalize(form, COMPOSED), normalize("NFD" if form == "NFC" else "NFC", COMPOSED)
    for file in ("s.1001.png", "s.1002.png", "s.mp4"):
        remote.upload(media / file, f"{s3_bucket}/{there}/{there}{file[1:]}")
    assert _plate(f"{s3_bucket}/{said}/{said}.mp4") == [0, 1]
    assert _plate(f"{s3_bucket}/{said}/{said}.####.png", frame_rate="24") == NUMBERS
    assert _references(f"{s3_bucket}/{said}/{said}.1001.png") == [1001]
    assert _references(f"{s3_bucket}/{said}/{said}.*.png") == NUMBERS
    assert not remote.exists(f"{s3_bucket}/{said}/{said}.mp4"), "this server tells them apart"


@pytest.mark.parametrize("key", ["a//c.mp4", "a/c?.mp4", "a/c?v=1#2.mp4", "a/c#.mp4", "a/%2F.mp4", "a/ .mp4"])
def test_the_address_goes_to_the_server_as_it_is(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Whatever a server makes of double slashes: it is asked for the very key."""
    asked: list[str] = []

    class Client:
        def head_object(self, Bucket: str, Key: str) -> dict[str, str]:
            asked.append(Key)
            return {"ETag": '"x"'}

        def download_file(self, bucket: str, key: str, path: str, Config: object) -> None:
            asked.append(key)
            shutil.copy(media / "s.mp4", path)

    monkeypatch.setattr(remote, "_client", Client)
    assert _plate(f"s3://bucket/{key}") == [0, 1]
    assert set(asked) == {key}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    def listed(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        machine.cache_clear()

    yield listed
    machine.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "is_allowed"),
    [
        ("FSVFX_S3_ROOTS", "", True),
        ("FSVFX_S3_ROOTS", '["s3://bucket"]', True),
        ("FSVFX_S3_ROOTS", '["s3://bucket/"]', True),
        ("FSVFX_S3_ROOTS", '["s3://bucket/plates"]', True),
        ("FSVFX_S3_ROOTS", '["s3://other", "s3://bucket/plates/"]', True),
        ("FSVFX_S3_ROOTS", "[]", False),
        ("FSVFX_S3_ROOTS", '["s3://buck"]', False),
        ("FSVFX_S3_ROOTS", '["s3://bucket/plate"]', False),
        ("FSVFX_S3_ROOTS", '["s3://other/bucket/plates"]', False),
        ("FSVFX_PRODUCTION_ROOTS", '{"test": ["s3://bucket/plates"]}', True),
        ("FSVFX_PRODUCTION_ROOTS", '{"other": ["s3://bucket/plates"]}', False),
        ("FSVFX_PRODUCTION_ROOTS", '{"other": ["/mnt/other"]}', True),
    ],
)
def test_only_listed_buckets_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: Callable[[str, str], None], name: str, value: str,
    is_allowed: bool,
) -> None:  # fmt: skip
    """When the manifest is loaded, and when the plate, a sequence and references are opened."""
    listed(name, value)
    manifest = tmp_path / "shots.yaml"
    manifest.write_text(
        "schema_version: 1\nproduction: test\npeople: {}\nshots:\n  - name: sh01\n    plate: {path: s3://bucket/plates/a.mp4,"
        " first_frame: 1, frames: 1-2, color_space: sRGB}\ndeliver: []\nstore: work/\n"
    )
    monkeypatch.setattr(remote, "_client", lambda: pytest.fail("the server was asked") if not is_allowed else None)
    if is_allowed:
        assert jobs(manifest)
        return
    with pytest.raises(ManifestError) as told:
        jobs(manifest)
    assert "FSVFX_S3_ROOTS" in str(told.value.problems[0])
    for url in ("s3://bucket/plates/a.mp4", "s3://bucket/plates/a.####.png"):
        with pytest.raises(PlateError, match="is not in a bucket or folder"):
            open_plate(shot_job(url, "1-2"))
    for url in ("s3://bucket/plates/a.png", "s3://bucket/plates/*.png", "s3://bucket/plates/a.####.png"):
        with pytest.raises(PlateError, match="is not in a bucket or folder"):
            PersonSource(shot_job("none.mp4", "1", [url]), "lead")


@pytest.mark.parametrize("value", ['["bucket"]', '["https://bucket"]', '"s3://bucket"', "s3://bucket"])
def test_a_wrong_list_is_told(listed: Callable[[str, str], None], value: str) -> None:
    from fsvfx.errors import MachineError

    listed("FSVFX_S3_ROOTS", value)
    with pytest.raises(MachineError, match=r"S3_ROOTS|s3_roots"):
        machine()
