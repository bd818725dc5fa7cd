"""From footage to drafts: everything that can be known is filled in, the rest is blank, and what is there is kept."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
import yaml
from footage import ffmpeg
from PIL import Image
from toy_packages import made_up, toy_package

from flows import cli
from fsvfx import manifests, rights
from fsvfx.demo.shot import portrait
from fsvfx.drafts.consent import ConsentWishes, consent_text
from fsvfx.drafts.text import scalar
from fsvfx.packages import search

FILLED = {
    "legal_name": "Ada",
    "replica_kind": "licensed_double",
    "uses": "[face_replacement, test]",
    "description": "Her face replaces that of a stand-in in a test of this program.",
    "valid_from": "2026-01-01",
    "sha256": "0" * 64,
    "status": "none",
    "checked_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    "frame_rate": "24",
}


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video, a sequence that names no rate, and a reference, all of one face."""
    folder = tmp_path_factory.mktemp("footage")
    (folder / "refs").mkdir()
    face = cv2.resize(portrait(), (310, 300), interpolation=cv2.INTER_AREA)
    Image.fromarray(face).save(folder / "refs/0.png")
    ffmpeg(
        "-loop", 1, "-i", folder / "refs/0.png", "-frames:v", 3, "-r", 24, "-pix_fmt", "yuv420p", folder / "plates.mp4"
    )
    for number in (998, 1001, 1002):
        Image.fromarray(face).save(folder / f"sh0050_lin_rec709.{number:04d}.png")
    return folder


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> Path:
    """The drafts, made once for all tests."""
    out = tmp_path_factory.mktemp("drafts") / "harbour"
    words = ["--identity", str(footage / "refs"), "--identity-name", "ada", "--performer", "sam", "--copy"]
    assert (
        cli.code_of(
            ["new", str(footage / "plates.mp4"), f"{footage}/sh0050_lin_rec709.1002.png", *words, "--out", str(out)]
        )
        == 0
    )
    return out


def test_what_can_be_known_is_filled_in(show: Path) -> None:
    draft = yaml.safe_load((show / "harbour.yaml").read_text())
    video, sequence = draft["shots"]
    assert draft["production"] == "harbour"
    assert draft["people"]["ada"]["references"] == ["refs/ada/*.png"]
    assert (video["name"], video["plate"]["path"], video["plate"]["frames"]) == (
        "plates",
        "plates/plates.mp4",
        "1001-1003",
    )
    assert (sequence["name"], sequence["plate"]["path"]) == ("sh0050_lin_rec709", "plates/sh0050_lin_rec709.####.png")
    assert (sequence["plate"]["frames"], sequence["plate"]["color_space"]) == ("1001-1002", "lin_rec709")
    assert "no file for 999-1000" in (show / "harbour.yaml").read_text()
    assert [shot["replace"] for shot in draft["shots"]] == [
        [{"performer": "sam", "identity": "ada", "engine": "landmark_warp"}]
    ] * 2
    assert sorted(file.name for file in (show / "faces").iterdir()) == ["plates.png", "sh0050_lin_rec709.png"]


def test_an_engine_that_learns_gets_the_package_that_comes_with_fsvfx(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STARTERS", tmp_path / "starters")
    _, card = toy_package(tmp_path / "starters", "simswap", roster=made_up("t2i_1"), model="swap_starter")
    words = ["new", str(footage / "plates.mp4"), "--identity", str(footage / "refs"), "--performer", "sam", "--copy"]
    assert cli.code_of([*words, "--engine", "simswap", "--out", str(tmp_path / "harbour")]) == 0
    draft = yaml.safe_load((tmp_path / "harbour/harbour.yaml").read_text())
    assert draft["shots"][0]["replace"][0]["settings"] == {"model": "swap_starter", "sha256": card.sha256}


def test_only_what_a_person_decides_is_blank(show: Path) -> None:
    assert _blanks(show / "harbour.yaml") == ["frame_rate"]
    for person in ("ada", "sam"):
        assert _blanks(show / f"consents/{person}.yaml") == list(FILLED)[:-1]
    sam = yaml.safe_load((show / "consents/sam.yaml").read_text())
    assert (sam["person"], sam["roles"]) == ("sam", ["target_performer"])
    assert sam["scope"]["shots"] == ["plates", "sh0050_lin_rec709"]


def test_blanks_are_listed_and_once_filled_in_the_shots_may_run(
    show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "harbour.yaml"
    (tmp_path / "consents").mkdir()
    for file in ("harbour.yaml", "consents/ada.yaml", "consents/sam.yaml"):
        (tmp_path / file).write_text((show / file).read_text())
    assert cli.code_of(["validate", str(manifest), "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert "shots[1].plate.frame_rate" in [problem["field"] for problem in problems]
    for file in ("harbour.yaml", "consents/ada.yaml", "consents/sam.yaml"):
        text = (show / file).read_text()
        (tmp_path / file).write_text(re.sub(r"(\w+): TODO", lambda blank: f"{blank[1]}: {FILLED[blank[1]]}", text))
    assert cli.code_of(["validate", str(manifest)]) == 0
    for job in manifests.jobs(manifest):
        assert rights.clear(job).allow


def test_what_is_there_is_kept(show: Path, footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (show / "consents/ada.yaml").write_text("signed\n")
    words = [
        "new",
        str(show / "plates/plates.mp4"),
        "--identity",
        str(show / "refs/ada"),
        "--performer",
        "sam",
        "--out",
        str(show),
    ]
    before = (show / "harbour.yaml").read_text()
    assert cli.code_of(words) == 2
    assert "--replace" in capsys.readouterr().err
    assert (show / "harbour.yaml").read_text() == before
    assert cli.code_of([*words, "--replace", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["consents"]["ada"]["kept"]
    assert (show / "consents/ada.yaml").read_text() == "signed\n"
    assert (show / "harbour.yaml").read_text() != before


@pytest.mark.parametrize(
    ("plate", "identity", "said"),
    [
        ("plates.mp4", "refs", "--copy"),
        ("absent.mp4", "refs", "Check the path"),
        ("refs/0.png", "refs/0.png", "quotes"),
        ("plates.mp4", "empty", "no picture or video"),
    ],
)
def test_wrong_footage_is_told(
    plate: str, identity: str, said: str, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (footage / "empty").mkdir(exist_ok=True)
    words = ["new", str(footage / plate), "--identity", str(footage / identity), "--performer", "sam"]
    assert cli.code_of([*words, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_consent_of_one_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("signed.pdf").write_bytes(b"signed")
    assert cli.code_of(["consent", "new", "ada", "--document", "signed.pdf", "--role", "identity"]) == 0
    record = yaml.safe_load(Path("consents/ada.yaml").read_text())
    assert record["document"]["path"] == "../signed.pdf"
    assert record["document"]["sha256"] == "4a3cdfae6f291c8f544daea5b72905cf9e74c1ed427d831ad0d7ca00c73c794d"
    assert record["roles"] == ["source_identity"]
    assert cli.code_of(["consent", "new", "ada"]) == 2


@pytest.mark.parametrize(
    "value", ["a.png", "1001", "true", "caf\u00e9 #1.mov", "*.png", 'q"uote', "x: y", "refs/*.jpg", "-"]
)
def test_scalars_are_read_back(value: str) -> None:
    assert yaml.safe_load(f"[{scalar(value)}]") == [value]
    assert yaml.safe_load(consent_text(ConsentWishes("ada", value)))["scope"]["production"] == value


def _blanks(path: Path) -> list[str]:
    return re.findall(r"(\w+): TODO", path.read_text())
