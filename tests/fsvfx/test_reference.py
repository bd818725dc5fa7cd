"""The exported JSON Schemas: current, and true to what fsvfx itself accepts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from fsvfx.documents.yaml_text import read_yaml
from fsvfx.manifests.kinds import is_training
from fsvfx.reference import OWN_NETWORKS, PAGES, SCHEMAS, json_schema, refreshed
from schemas.composite import CompositeSettings
from schemas.manifest import Manifest

REPO = Path(__file__).resolve().parents[2]
MANIFESTS = sorted((REPO / "examples").glob("*.yaml"))
EXAMPLES = {
    "manifest.schema.json": [path for path in MANIFESTS if not is_training(read_yaml(path).data)],
    "train.schema.json": [path for path in MANIFESTS if is_training(read_yaml(path).data)],
    "consent.schema.json": [
        p for p in sorted((REPO / "examples/consents").glob("*.yaml")) if p.stem not in ("revocations", "made_up")
    ],
    "collection.schema.json": [REPO / "examples/consents/made_up.yaml"],
    "revocations.schema.json": [REPO / "examples/consents/revocations.yaml"],
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_current(name: str) -> None:
    committed = (REPO / "docs" / name).read_text(encoding="utf-8")
    assert committed == json_schema(SCHEMAS[name]), "renew it: python -m fsvfx.reference docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_current(name: str) -> None:
    committed = (REPO / "docs" / name).read_text(encoding="utf-8")
    assert "<!-- table " in committed
    assert committed == refreshed(committed), "renew it: python -m fsvfx.reference docs"


def test_every_composite_option_is_illustrated() -> None:
    for option in CompositeSettings.model_fields.keys() - set(OWN_NETWORKS):
        picture = REPO / f"docs/composite/{option}.jpg"
        assert 0 < picture.stat().st_size < 16_000, "make it anew: python -m fsvfx.demo.options docs/composite"


def test_the_page_of_trainings_tells_what_every_field_is_for() -> None:
    rows = [line.split(" | ") for line in (REPO / "docs/train.md").read_text().splitlines() if line.startswith("| `")]
    assert len(rows) > 80
    assert [row[0] for row in rows if len(row) != 4 or not row[3].strip(" |")] == []


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in EXAMPLES.items() for path in paths])
def test_examples_pass_the_schema_that_they_point_at(name: str, path: Path) -> None:
    jsonschema.validate(read_yaml(path).data, json.loads(json_schema(SCHEMAS[name])))
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == REPO / "docs" / name


def test_the_schema_refuses_unknown_keys() -> None:
    data = read_yaml(REPO / "examples/harbour.yaml").data
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "stores": "work/"}, json.loads(json_schema(Manifest)))
