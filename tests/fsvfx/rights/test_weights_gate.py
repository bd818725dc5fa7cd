"""Weights that may not be used commercially are refused wherever they come in, unless the production is research."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import toy_packs
from footage import shot_job
from toy_packages import toy_package

from fsvfx import manifests, models, rights
from fsvfx.errors import LicenceError, ManifestError
from fsvfx.models import ModelCard
from fsvfx.occlusion import contract as segmenters
from fsvfx.rights import weights
from fsvfx.runner import run_unit
from fsvfx.settings import machine
from schemas.job import ShotJob, TrainedModel
from schemas.manifest import Faces, HeldLicence
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
    faces: {{detector: {detector}}}
    replace: [{{performer: bea, identity: ada, engine: {engine}, settings: {settings}}}]
    composite: {{occlusion: {occlusion}}}
"""
RESEARCH = "purpose: research\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    machine.cache_clear()
    yield tmp_path
    machine.cache_clear()


def written(folder: Path, **values: str) -> Path:
    said = {"more": "", "detector": "blazeface", "engine": "landmark_warp", "settings": "{}", "occlusion": "none"}
    path = folder / "shot.yaml"
    path.write_text(MANIFEST.format(**(said | values)))
    return path


def problems(path: Path) -> list[tuple[str, str, str]]:
    try:
        manifests.load(path)
    except ManifestError as error:
        return [(one.field, one.what, one.hint) for one in error.problems]
    return []


def add_card(monkeypatch: pytest.MonkeyPatch, name: str, **said: Any) -> None:
    facts = {"name": name, "version": "1", "task": "t", "file": f"{name}/{name}.onnx", "sha256": "0" * 64,
             "source": "somewhere", "licence": "unknown", "trained_on": "t", "consent": "c"}  # fmt: skip
    known = {**models.cards(), name: ModelCard(**(facts | said))}
    monkeypatch.setattr(models, "card", lambda wanted: known[wanted])


def test_a_detector_for_research_only_is_refused_with_licence_owner_and_way_out(folder: Path) -> None:
    [(field, what, hint)] = problems(written(folder, detector="insightface"))
    assert field == "shots[0].faces.detector"
    assert "insightface model licence, non-commercial research only" in what
    assert "deepinsight/insightface" in what
    assert all(way in hint for way in ("purpose: research", "licences:", "MODEL.LICENSE"))


@pytest.mark.parametrize("detector", ["blazeface", "yunet"])
def test_others_are_not(folder: Path, detector: str) -> None:
    assert problems(written(folder, detector=detector)) == []


def test_research_may(folder: Path) -> None:
    assert problems(written(folder, detector="insightface", more=RESEARCH)) == []


def test_a_purpose_is_one_of_two(folder: Path) -> None:
    [(field, _, _)] = problems(written(folder, more="purpose: private\n"))
    assert field == "purpose"


@pytest.mark.parametrize(
    ("commercial_use", "refused"), [(True, None), (False, "excludes commercial use"), (None, "it is unknown whether")]
)
def test_segmenters_weights(
    folder: Path, commercial_use: bool | None, refused: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_card(monkeypatch, "maskery", commercial_use=commercial_use)
    kind = segmenters.segmenter("embedded")
    monkeypatch.setattr(kind, "weights", ("maskery",))
    found = problems(written(folder, occlusion="embedded"))
    assert [field for field, _, _ in found] == ([] if refused is None else ["shots[0].composite.occlusion"])
    assert all(str(refused) in what for _, what, _ in found)
    assert problems(written(folder, occlusion="embedded", more=RESEARCH)) == []


@pytest.mark.parametrize("where", ["engine", "super_resolver"])
def test_engines_and_super_resolvers_weights(folder: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    super_resolvers = import_module("fsvfx.comp.finish")
    from fsvfx.engines.registry import engine

    add_card(monkeypatch, "theirs", commercial_use=False)
    if where == "engine":
        monkeypatch.setattr(engine("landmark_warp"), "weights", staticmethod(lambda settings: ("theirs",)))
    else:
        monkeypatch.setattr(super_resolvers, "weights_of_resolver", lambda name: ("theirs",))
    extra = "none, super_resolution: 50" if where == "super_resolver" else "none"
    [(field, what, _)] = problems(written(folder, occlusion=extra))
    assert (
        field == {"engine": "shots[0].replace[0].engine", "super_resolver": "shots[0].composite.super_resolver"}[where]
    )
    assert "'theirs'" in what


PACKAGES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"commercial_use": True}, False),
    ({"commercial_use": False}, True),
    ({"licence": "CC-BY-NC-4.0"}, True),
    ({"licence": "for non-commercial use"}, True),
    ({"licence": "research only"}, True),
    ({"licence": "CC BY-NC-SA", "commercial_use": True}, True),
    ({"licence": "owned by Francine's studio"}, False),
]


@pytest.mark.parametrize(("said", "is_refused"), PACKAGES)
def test_packages(folder: Path, said: dict[str, Any], is_refused: bool) -> None:
    _, card = toy_package(folder / "packages", "df", model="hero", **said)
    path = written(folder, engine="df", settings=f"{{model: hero, sha256: {card.sha256}}}")
    found = problems(path)
    assert [field for field, _, _ in found] == (["shots[0].replace[0].settings.model"] if is_refused else [])
    assert all(card.licence in what and "production test" in what for _, what, _ in found)
    if not is_refused:
        [job] = manifests.jobs(path)
        assert job.models[0].commercial_use


@pytest.mark.parametrize(("digest", "said"), [("right", None), ("0" * 64, "does not match the licence's sha256")])
def test_a_licence_that_the_production_holds(folder: Path, digest: str, said: str | None) -> None:
    (folder / "signed.pdf").write_bytes(b"contract")
    sha256 = hashlib.sha256(b"contract").hexdigest() if digest == "right" else digest
    more = f"licences: {{insightface: {{file: signed.pdf, sha256: {sha256}}}}}\n"
    found = problems(written(folder, detector="insightface", more=more))
    assert [said in what for _, what, _ in found] == ([] if said is None else [True])


def test_a_licence_that_is_not_there_or_out_of_reach(folder: Path) -> None:
    more = "licences: {{insightface: {{file: {}, sha256: {}}}}}\n"
    [(_, what, _)] = problems(written(folder, detector="insightface", more=more.format("no.pdf", "0" * 64)))
    assert "is missing at" in what
    found = problems(written(folder, more=more.format("../no.pdf", "0" * 64)))
    assert [field for field, _, _ in found] == ["licences.insightface.file"]


def signed(folder: Path, monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    """A MODEL.LICENSE beside the machine's insightface."""
    toy_packs.signed(folder / "models/insightface/MODEL.LICENSE", monkeypatch, **said)


SIGNED: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"valid_until": "2099-01-01T00:00:00Z"}, None),
    ({"grant": "non-commercial"}, "excludes commercial use"),
    ({"valid_until": "2021-01-01T00:00:00Z"}, "expired"),
    ({"valid_from": "2099-01-01T00:00:00Z"}, "not active"),
    ({"model_id": "antelopev2"}, "antelopev2"),
]


@pytest.mark.parametrize(("said", "refused"), SIGNED)
def test_insightfaces_signed_licence(
    folder: Path, said: dict[str, Any], refused: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(folder, monkeypatch, **said)
    found = problems(written(folder, detector="insightface"))
    assert [str(refused) in what for _, what, _ in found] == ([] if refused is None else [True])
    if refused is None:
        assert weights.card_weights("insightface").held == "MODEL.LICENSE lic-1"
    assert problems(written(folder, detector="insightface", more=RESEARCH)) == []


def test_a_signed_licence_that_was_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(folder, monkeypatch, grant="non-commercial")
    path = folder / "models/insightface/MODEL.LICENSE"
    path.write_text(path.read_text().replace('"non-commercial"', '"commercial"'))
    [(_, what, _)] = problems(written(folder, detector="insightface"))
    assert "signature" in what


def job_with(**update: Any) -> ShotJob:
    job = shot_job("plate.mp4", "1001-1012")
    faces = update.pop("faces", Faces())
    return job.model_copy(update={"shot": job.shot.model_copy(update={"faces": faces}), "people": {}, **update})


PACKAGE = TrainedModel(model="hero", sha256="0" * 64, engine="df", people=(), licence="NC", commercial_use=False)
JOBS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "detector": ({"faces": Faces(detector="insightface")}, ["insightface"]),
    "package": ({"models": (PACKAGE,)}, ["hero"]),
    "both": ({"faces": Faces(detector="insightface"), "models": (PACKAGE,)}, ["insightface", "hero"]),
    "research": ({"faces": Faces(detector="insightface"), "models": (PACKAGE,), "purpose": "research"}, []),
}


@pytest.mark.parametrize("name", JOBS)
def test_the_gate_of_a_job_tells_all_at_once(name: str) -> None:
    update, refused = JOBS[name]
    job = job_with(**update)
    if not refused:
        decision = rights.clear(job)
        assert decision.purpose == job.purpose
        assert {"facemesh", "dlib_embedding"} <= {one.name for one in decision.weights}
        return
    for ask in (rights.clear, weights.check_weights, lambda job: run_unit(job, "ingest", Unit.of_shot(), [])):
        with pytest.raises(LicenceError) as caught:
            ask(job)
        assert len(caught.value.reasons) == len(refused)
        assert all(f"'{one}'" in reason for one, reason in zip(refused, caught.value.reasons))
        assert caught.value.exit_code == 3


def test_another_purpose_is_another_decision() -> None:
    assert rights.clear(job_with()).digest != rights.clear(job_with(purpose="research")).digest


def test_a_held_licence_lets_a_job_through(folder: Path) -> None:
    (folder / "hero.pdf").write_bytes(b"signed")
    held = HeldLicence(file=str(folder / "hero.pdf"), sha256=hashlib.sha256(b"signed").hexdigest())
    assert rights.clear(job_with(models=(PACKAGE,), licences={"hero": held}))
