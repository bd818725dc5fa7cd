"""insightface's packs at the gate: not for commercial use, unless a licence that insightface has signed lies with them.

Wherever their networks come in: as the detector, or as what tells a user's own network who goes in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import toy_networks
import toy_packs

from fsvfx import manifests, models
from fsvfx.engines.registry import REGISTERED
from fsvfx.errors import InputError, ManifestError
from fsvfx.evaluation.judges import judges
from fsvfx.models import packs
from fsvfx.networks.packs import PackWishes, add_pack
from fsvfx.rights import weights
from fsvfx.settings import machine

MANIFEST = """\
schema_version: 1
production: test
{more}people:
  ada: {{references: [a.png], consent: a.yaml}}
  bea: {{references: [], consent: b.yaml}}
shots:
  - name: sh01
    plate: {{path: plate.mp4, frames: 1001-1012, color_space: sRGB}}
    faces: {{detector: {detector}}}
    replace: [{{performer: bea, identity: ada, engine: {engine}, settings: {settings}}}]
    composite: {{occlusion: none}}
packages: packages/
"""
RESEARCH = "purpose: research\n"
DETECTOR, NETWORK = "shots[0].faces.detector", "shots[0].replace[0].settings.model"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"grant": "non-commercial"}, "excludes commercial use"),
    ({"valid_until": "2021-01-01T00:00:00Z"}, "expired"),
    ({"valid_from": "2099-01-01T00:00:00Z"}, "not active"),
    ({"model_id": "antelopev2"}, "antelopev2"),
    ({"issuer": "Somebody"}, "issuer"),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    point = EntryPoint("onnx_swapper", "fsvfx.engines.onnx_swapper:OnnxSwapper", REGISTERED.group)
    monkeypatch.setitem(REGISTERED.__dict__, "_own", REGISTERED._own | {"onnx_swapper": point})
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    machine.cache_clear()
    yield tmp_path
    machine.cache_clear()


def problems(
    home: Path, *, more: str = "", detector: str = "blazeface", engine: str = "landmark_warp", settings: str = "{}"
) -> list[tuple[str, str, str]]:
    path = home / "shot.yaml"
    path.write_text(MANIFEST.format(more=more, detector=detector, engine=engine, settings=settings))
    try:
        manifests.load(path)
    except ManifestError as error:
        return [(one.field, one.what, one.hint) for one in error.problems]
    return []


def added(home: Path, **wishes: Any) -> Path:
    """The pack's own folder, after it was added."""
    folder = home / "buffalo_m"
    add_pack(toy_packs.legacy(folder), PackWishes(**wishes))
    return folder


def with_vectors_of(home: Path, pack: str) -> str:
    """Settings of a swapper that is told who goes in by the pack's ArcFace."""
    file = toy_networks.echo(home / "mine.onnx")
    net = {"sha256": models.card(f"{pack}.recognition").sha256}
    card = toy_networks.card(
        "swapper", file, 32, identity={"kind": "vector", "input": "source", "net": net, "length": "unit"}
    )
    toy_networks.placed(home / "packages", card, file)
    return f"{{model: mine, sha256: {card.digest}}}"


def test_a_pack_is_for_research(home: Path) -> None:
    added(home)
    [(field, what, hint)] = problems(home, detector="buffalo_m")
    assert field == DETECTOR
    assert "'buffalo_m.detection' excludes commercial use" in what
    assert "MODEL.LICENSE" in hint
    settings = with_vectors_of(home, "buffalo_m")
    [(field, what, hint)] = problems(home, engine="onnx_swapper", settings=settings)
    assert field == NETWORK
    assert "'buffalo_m.recognition' excludes commercial use" in what
    assert "MODEL.LICENSE" in hint
    assert problems(home, detector="buffalo_m", engine="onnx_swapper", settings=settings, more=RESEARCH) == []
    assert judges() == ()
    assert judges("research") == ("buffalo_m",)


@pytest.mark.parametrize("in_place", [False, True], ids=["copied", "in place"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_signed_licence_lets_it_through(
    when: str, in_place: bool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it came with the pack, or was put beside its files later."""
    if when == "before":
        toy_packs.signed(home / "buffalo_m/MODEL.LICENSE", monkeypatch, model_id="buffalo_m")
    folder = added(home, in_place=in_place)
    if when == "after":
        there = folder if in_place else packs.folder_of("buffalo_m")
        toy_packs.signed(there / "MODEL.LICENSE", monkeypatch, model_id="buffalo_m")
    settings = with_vectors_of(home, "buffalo_m")
    assert problems(home, detector="buffalo_m", engine="onnx_swapper", settings=settings) == []
    assert weights.card_weights("buffalo_m.detection").held == "MODEL.LICENSE lic-1"
    assert judges() == ("buffalo_m",)


@pytest.mark.parametrize("in_place", [False, True], ids=["copied", "in place"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_so_does_one_of_a_newer_pack(when: str, in_place: bool, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose files lie in folders of their own, and the licence beside the manifest."""
    folder = home / "unpacked"
    if when == "before":
        toy_packs.signed(folder / "MODEL.LICENSE", monkeypatch, model_id="raccoon_s")
    add_pack(toy_packs.newer(folder), PackWishes(in_place=in_place))
    if when == "after":
        there = folder if in_place else packs.folder_of("raccoon_s")
        toy_packs.signed(there / "MODEL.LICENSE", monkeypatch, model_id="raccoon_s")
    assert problems(home, detector="raccoon_s") == []


@pytest.mark.parametrize(("said", "why"), REFUSED)
def test_a_licence_that_does_not_hold_is_told_wherever_the_pack_is_used(
    said: dict[str, Any], why: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keeps nobody from research."""
    toy_packs.signed(home / "buffalo_m/MODEL.LICENSE", monkeypatch, **{"model_id": "buffalo_m", **said})
    added(home)
    settings = with_vectors_of(home, "buffalo_m")
    found = problems(home, detector="buffalo_m", engine="onnx_swapper", settings=settings)
    assert [field for field, _, _ in found] == [DETECTOR, NETWORK]
    assert all(why in what for _, what, _ in found)
    assert problems(home, detector="buffalo_m", engine="onnx_swapper", settings=settings, more=RESEARCH) == []
    assert judges() == ()
    assert judges("research") == ("buffalo_m",)


def test_a_licence_that_was_changed_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = toy_packs.signed(home / "buffalo_m/MODEL.LICENSE", monkeypatch, model_id="buffalo_m", grant="non-commercial")
    file.write_text(file.read_text().replace('"non-commercial"', '"commercial"'))
    added(home)
    [(_, what, _)] = problems(home, detector="buffalo_m")
    assert "signature" in what


def test_a_licence_that_the_production_holds(home: Path) -> None:
    """Names the pack's network; another pack's is none."""
    added(home)
    (home / "signed.pdf").write_bytes(b"contract")
    sha256 = hashlib.sha256(b"contract").hexdigest()
    for name, refused in (("buffalo_m.detection", False), ("buffalo_m.recognition", True)):
        more = f"licences: {{{name}: {{file: signed.pdf, sha256: {sha256}}}}}\n"
        assert [field for field, _, _ in problems(home, detector="buffalo_m", more=more)] == [DETECTOR] * refused


@pytest.mark.parametrize(
    ("licence", "why"),
    [
        ({}, "non-commercial research only': its card can't say that commercial use is allowed"),
        ({"licence": "CC BY-NC 4.0"}, "CC BY-NC 4.0': its card can't say"),
        ({"licence": "our own"}, None),
    ],
)
def test_nobody_can_say_that_it_is_for_commercial_use_against_its_licence(
    licence: dict[str, str], why: str | None, home: Path
) -> None:
    if why is None:
        added(home, commercial_use=True, **licence)
        assert problems(home, detector="buffalo_m") == []
        return
    with pytest.raises(InputError, match=why) as told:
        added(home, commercial_use=True, **licence)
    assert "MODEL.LICENSE" in told.value.hint
    assert not packs.names()


def test_nor_of_files_that_are_known_to_be_published_otherwise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, found = models.card("arcface"), models.with_weights
    monkeypatch.setattr(models, "with_weights", lambda *hashes: found(*hashes) or known.name)
    with pytest.raises(InputError, match="is published as"):
        added(home, commercial_use=True, licence="our own")


def test_a_card_that_was_written_by_hand_is_bound_by_its_licences_words(home: Path) -> None:
    added(home)
    file = packs.folder_of("buffalo_m") / packs.CARD
    file.write_text(file.read_text().replace("commercial_use: false", "commercial_use: true"))
    [(field, _, _)] = problems(home, detector="buffalo_m")
    assert field == DETECTOR
