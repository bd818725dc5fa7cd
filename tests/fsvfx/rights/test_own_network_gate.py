"""Users' own networks: their terms, those of what they need besides, and the people in them are asked for as any
package's are; what the card says is in the swap's key."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import toy_networks

from fsvfx import manifests
from fsvfx.engines.registry import REGISTERED
from fsvfx.errors import ManifestError, ModelError
from fsvfx.rights.gates import asked_for_swap
from fsvfx.runner import stage
from fsvfx.settings import machine
from schemas.job import ShotJob
from schemas.network import NetworkCard
from schemas.receipts import Unit

MANIFEST = """\
schema_version: 1
production: test
{more}people:
  ada: {{references: [a.png], consent: a.yaml}}
  bea: {{references: [], consent: b.yaml}}
shots:
  - name: sh01
    plate: {{path: plate.mp4, frames: 1001-1012, color_space: sRGB}}
    replace: [{{performer: bea, identity: ada, engine: {engine}, settings: {settings}}}]
    composite: {{occlusion: none{composite}}}
packages: packages/
deliver: []
store: work/
"""
FIELD = "shots[0].replace[0].settings.model"
OWN_PICTURE = {"kind": "picture", "input": "source", "size": 112, "cut": {"template": "arcface_112_v2"}}


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    point = EntryPoint("onnx_swapper", "fsvfx.engines.onnx_swapper:OnnxSwapper", REGISTERED.group)
    monkeypatch.setitem(REGISTERED.__dict__, "_own", REGISTERED._own | {"onnx_swapper": point})
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    machine.cache_clear()
    yield
    machine.cache_clear()


def network(folder: Path, kind: str = "swapper", **more: Any) -> NetworkCard:
    file = toy_networks.echo(folder / f"{kind}.onnx")
    said = {"identity": OWN_PICTURE} if kind == "swapper" else {}
    card = toy_networks.card(kind, file, 32, **{**said, **more})
    toy_networks.placed(folder / "packages", card, file, *((folder / one.path) for one in card.licensed))
    return card


def written(folder: Path, card: NetworkCard | None = None, *, more: str = "", composite: str = "") -> Path:
    settings = "{}" if card is None else f"{{model: {card.model}, sha256: {card.digest}}}"
    engine = "landmark_warp" if card is None else "onnx_swapper"
    path = folder / "shot.yaml"
    path.write_text(MANIFEST.format(more=more, engine=engine, settings=settings, composite=composite))
    return path


def problems(path: Path) -> list[tuple[str, str]]:
    try:
        manifests.jobs(path)
    except ManifestError as error:
        return [(one.field, one.what) for one in error.problems]
    return []


def job(path: Path) -> ShotJob:
    [made] = manifests.jobs(path)
    return made


@pytest.mark.parametrize(
    ("allowed", "refused"), [(True, None), (False, "excludes commercial use"), (None, "it is unknown whether")]
)
def test_terms_are_asked_for(tmp_path: Path, allowed: bool | None, refused: str | None) -> None:
    card = network(tmp_path, commercial_use=allowed, licence="as it is")
    found = problems(written(tmp_path, card))
    assert [field for field, _ in found] == ([FIELD] if refused else [])
    assert all(str(refused) in what and "as it is" in what for _, what in found)
    assert problems(written(tmp_path, card, more="purpose: research\n")) == []


def test_a_licences_words_bind_whatever_else_a_card_says(tmp_path: Path) -> None:
    card = network(tmp_path, commercial_use=True, licence="CC BY-NC 4.0")
    [(field, what)] = problems(written(tmp_path, card))
    assert field == FIELD
    assert "excludes commercial use: CC BY-NC 4.0" in what


def test_so_are_those_of_what_it_needs_besides(tmp_path: Path) -> None:
    """A converter has its own; this machine's ArcFace has its card."""
    other = toy_networks.echo(tmp_path / "crossface.onnx", 16)
    terms = {"licence": "not for sale", "commercial_use": False, "unit_after": True}
    vector = {
        "kind": "vector",
        "input": "source",
        "net": {"sha256": toy_networks.ARCFACE},
        "length": "raw",
        "converter": {**toy_networks.file_of(other), **terms},
    }
    card = network(tmp_path, identity=vector)
    found = problems(written(tmp_path, card))
    assert [field for field, _ in found] == [FIELD, FIELD]
    said = " ".join(what for _, what in found)
    assert "'arcface' excludes commercial use" in said
    assert "not for sale" in said
    [own, second] = job(written(tmp_path, card, more="purpose: research\n")).models
    assert own.weights == ("arcface",)
    assert (own.licence, second.licence, second.commercial_use) == ("MIT", "not for sale", False)


def test_so_are_those_of_a_restorer(tmp_path: Path) -> None:
    card = network(tmp_path, "restorer", commercial_use=None)
    asked = f", restoration: 50, restorer: {card.model}@{card.digest}"
    [(field, _)] = problems(written(tmp_path, composite=asked))
    assert field == "shots[0].composite.restorer"
    [model] = job(written(tmp_path, composite=asked, more="purpose: research\n")).models
    assert (model.sha256, model.engine) == (card.digest, "composite.restorer")
    [(field, what)] = problems(written(tmp_path, composite=", restoration: 50"))
    assert (field, what) == ("shots[0].composite.restoration", "restoration is above 0, but there is no restorer")
    [(field, what)] = problems(written(tmp_path, composite=asked.replace(card.digest, "0" * 64)))
    assert field == "shots[0].composite.restorer"
    assert "No network 'restorer'" in what


def test_people_in_the_weights_are_asked_for(tmp_path: Path) -> None:
    """Whoever goes in."""
    made = job(written(tmp_path, network(tmp_path, people=["cleo"])))
    [model] = made.models
    assert model.people == ("cleo",)
    assert asked_for_swap(made)["cleo"] == "model 'swapper' was trained on their face"


@pytest.mark.parametrize(
    ("cut", "wide"), [({"template": "ffhq_512"}, 1.4), ({"dfl": "head"}, 2.1), ({"dfl": "half"}, 1.0)], ids=str
)
def test_align_makes_room_for_its_cut(cut: dict[str, str], wide: float, tmp_path: Path) -> None:
    made = job(written(tmp_path, network(tmp_path, target={"input": "target", "size": 32, "cut": cut})))
    assert stage("align").settings(made, Unit.of_chunk(made.shot.chunks[0])).model_dump()["wide"] == (wide,)


def test_the_card_is_in_the_swaps_key(tmp_path: Path) -> None:
    def settings(card: NetworkCard) -> str:
        made = job(written(tmp_path, card))
        return stage("swap").settings(made, Unit.of_chunk(made.shot.chunks[0])).model_dump_json()

    one = network(tmp_path)
    other = network(tmp_path, target={"input": "target", "size": 32, "mean": 0.5, "cut": {"template": "arcface_128"}})
    assert one.file.sha256 == other.file.sha256
    assert settings(one) != settings(other)


def test_a_file_that_is_gone_is_told_before_the_run(tmp_path: Path) -> None:
    card = network(tmp_path)
    [file] = (tmp_path / "packages").rglob("*.onnx")
    file.unlink()
    with pytest.raises(ModelError, match=r"file swapper\.onnx can't be read"):
        manifests.jobs(written(tmp_path, card))
