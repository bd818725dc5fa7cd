"""Old manifests still load. Golden files are never edited: a new version adds its own."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from schemas.manifest import SCHEMA_VERSION, Manifest
from schemas.upgrade import _UPGRADES, VersionError, upgrade

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(GOLDEN / name)
    return data


@pytest.mark.parametrize("version", range(SCHEMA_VERSION + 1))
def test_every_version_loads(version: int) -> None:
    old = golden(f"manifest.v{version}.yaml")
    assert old["schema_version"] == version
    manifest = Manifest.model_validate_json(json.dumps(upgrade(old)), strict=True)
    assert manifest.shots[0].name == "sq010_sh0040"
    assert manifest.shots[0].replace[0].identity == "lead"


def test_version_0_becomes_what_it_must() -> None:
    old = golden("manifest.v0.yaml")
    before = copy.deepcopy(old)
    assert upgrade(old) == golden("manifest.v0.upgraded.yaml")
    assert old == before, "what was given has been changed"


def test_the_present_version_stays_as_it_is() -> None:
    present = golden("manifest.v1.yaml")
    assert upgrade(present) == present


def test_every_step_is_there() -> None:
    assert sorted(_UPGRADES) == list(range(SCHEMA_VERSION))


@pytest.mark.parametrize(
    ("version", "what"),
    [
        (None, "missing"),
        (SCHEMA_VERSION + 1, "newer"),
        *[(version, "not a version") for version in (-1, True, "1", 1.0)],
    ],
)
def test_versions_that_cant_be_read(version: object, what: str) -> None:
    with pytest.raises(VersionError, match=what):
        upgrade({"schema_version": version, "production": "harbour"})


RAW = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["people", "shots", "output", "workdir", "production"]), RAW))
def test_upgrading_never_stumbles_over_nonsense(raw: dict[str, Any]) -> None:
    assert upgrade({**raw, "schema_version": 0})["schema_version"] == SCHEMA_VERSION
