"""The face in a ``.dfm`` is a person's: from manifest and records on disk, each run asks for that person's consent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import toy_dfm
import toy_networks
from gate_cases import NOW, PAPER, raw_record, spoilt, trainable

from fsvfx import manifests
from fsvfx.engines.registry import REGISTERED
from fsvfx.errors import ManifestError, RightsError
from fsvfx.rights import clear
from fsvfx.settings import machine
from schemas.job import ShotJob

MANIFEST = """\
schema_version: 1
production: harbour
people: {{{people}}}
shots:
  - name: sh0040
    plate: {{path: plate.mp4, frames: 1001-1012, color_space: sRGB}}
    replace: [{{performer: double, identity: {identity}, engine: dfm, settings: {settings}{overrides}}}]
    composite: {{occlusion: none}}
packages: packages/
store: work/
"""
Raw = dict[str, Any]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A production's folder: the performer's record is sound, and whoever is in weights may be learned from."""
    point = EntryPoint("dfm", "fsvfx.engines.dfm:Dfm", REGISTERED.group)
    monkeypatch.setitem(REGISTERED.__dict__, "_own", REGISTERED._own | {"dfm": point})
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    machine.cache_clear()
    (tmp_path / "consents").mkdir()
    for person in ("lead", "double", "friend"):
        record(tmp_path, person, raw_record(person) if person == "double" else trainable(person))
        (tmp_path / f"consents/{person}.pdf").write_bytes(PAPER)
    yield tmp_path
    machine.cache_clear()


def record(folder: Path, person: str, raw: Raw) -> None:
    (folder / f"consents/{person}.yaml").write_text(json.dumps(raw))


def network(folder: Path, name: str = "lead", people: tuple[str, ...] = ("lead",)) -> str:
    """Settings that name a .dfm whose card names these people."""
    file = toy_dfm.made(folder / f"{name}.dfm", 64)
    card = toy_dfm.card(file, 64, people=people)
    toy_networks.placed(folder / "packages", card, file)
    return f"{{model: {card.model}, sha256: {card.digest}}}"


def job(
    folder: Path,
    settings: str,
    *,
    identity: str = "lead",
    people: tuple[str, ...] = ("lead", "double"),
    overrides: str = "",
) -> ShotJob:
    named = ", ".join(f"{one}: {{references: [], consent: consents/{one}.yaml}}" for one in people)
    path = folder / "shot.yaml"
    path.write_text(MANIFEST.format(people=named, identity=identity, settings=settings, overrides=overrides))
    [made] = manifests.jobs(path)
    return made


def refused(made: ShotJob) -> list[str]:
    with pytest.raises(RightsError) as error:
        clear(made, NOW)
    assert error.value.exit_code == 3
    return list(error.value.reasons)


def test_a_person_who_allowed_it_is_swapped_in(folder: Path) -> None:
    assert clear(job(folder, network(folder)), NOW).records == ("test-double", "test-lead")


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("scope.training_allowed", None, "does not allow training (scope.training_allowed)"),
        ("scope.training_allowed", False, "does not allow training (scope.training_allowed)"),
        ("scope.production", "desert", "production 'desert', not 'harbour'"),
        ("scope.shots", ["sq9*"], "sh0040 is not among the consented shots"),
        ("scope.valid_to", "2026-11-21", "ended on 2026-11-21"),
        ("roles", ["target_performer"], "role source_identity"),
        ("revocation.status", "revoked", "is revoked; stop work"),
        ("person", "friend", "is about 'friend'"),
    ],
    ids=lambda value: str(value),
)
def test_one_who_did_not_is_not(path: str, value: object, why: str, folder: Path) -> None:
    record(folder, "lead", spoilt(trainable("lead"), path, value))
    [told] = refused(job(folder, network(folder)))
    assert told.startswith("lead (identity and model 'lead' was trained on their face): ")
    assert why in told


def test_each_run_asks_again(folder: Path) -> None:
    """What was allowed an hour ago, or has been asked for a day ago, is not anymore."""
    made = job(folder, network(folder))
    assert clear(made, NOW).allow
    with pytest.raises(RightsError, match="over 24 hours ago"):
        clear(made, NOW + timedelta(days=1))
    record(folder, "lead", spoilt(trainable("lead"), "revocation.status", "revoked"))
    assert "is revoked" in refused(made)[0]
    (folder / "consents/lead.yaml").unlink()
    assert "does not exist" in refused(made)[0]


def test_nobody_else_is_the_face_in_it(folder: Path) -> None:
    """Whoever else it has learned: it makes the face of the card's first."""
    settings = network(folder, people=("lead", "friend"))
    with pytest.raises(ManifestError) as error:
        job(folder, settings, identity="friend", people=("lead", "double", "friend"))
    [problem] = error.value.problems
    assert problem.field == "shots[0].replace[0].settings.model"
    assert "has learned lead, not 'friend'" in problem.what


def test_others_whom_it_has_learned_are_asked_for_their_faces_in_it(folder: Path) -> None:
    """They are not shown: their record need not name the shot. But it has to be there."""
    settings = network(folder, people=("lead", "friend"))
    everybody = ("lead", "double", "friend")
    record(folder, "friend", spoilt(trainable("friend"), "scope.shots", ["sq9*"]))
    assert clear(job(folder, settings, people=everybody), NOW).records == ("test-double", "test-friend", "test-lead")
    record(folder, "friend", raw_record("friend"))
    [told] = refused(job(folder, settings, people=everybody))
    assert told.startswith(
        "friend (model 'lead' was trained on their face): record test-friend does not allow training"
    )
    [told] = refused(job(folder, settings))
    assert "they are not among the manifest's people; add them" in told


def test_a_network_that_only_an_override_names_is_asked_for_too(folder: Path) -> None:
    other = network(folder, "older", ("lead", "friend"))
    overrides = f", overrides: [{{frames: 1003-1004, settings: {other}}}]"
    record(folder, "friend", raw_record("friend"))
    [told] = refused(job(folder, network(folder), people=("lead", "double", "friend"), overrides=overrides))
    assert told.startswith("friend (model 'older' was trained on their face): ")
    foreign = network(folder, "foreign", ("friend",))
    with pytest.raises(ManifestError) as error:
        job(folder, network(folder), overrides=f", overrides: [{{frames: 1003-1004, settings: {foreign}}}]")
    [problem] = error.value.problems
    assert problem.field == "shots[0].replace[0].overrides[0].settings.model"
    assert "has learned friend, not 'lead'" in problem.what
