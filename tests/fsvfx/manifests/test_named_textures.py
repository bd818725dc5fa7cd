"""Texture bases that engines' settings name: among the shot's models, or told before a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_textures

from fsvfx.engines.textured import STARTER
from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs

SWAP = """- {performer: double, identity: lead, engine: landmark_warp, settings: {},
         overrides: [{frames: 1100-1120, settings: {}}]}"""
BLANZ = "- {performer: double, identity: lead, engine: blanz, settings: {%s}}"


@pytest.mark.parametrize(("said", "model"), [("", STARTER), ("texture: none", None), ("texture: '%s'", "toys")])
def test_it_is_among_the_models(write: Callable[..., Path], said: str, model: str | None) -> None:
    path = write(BLANZ, SWAP)
    card = toy_textures.placed(path.parent / "packages")
    own = f"toys@{card.sha256[:12]}"
    path.write_text(path.read_text().replace("%s", said.replace("%s", own)))
    found = jobs(path)[0].models
    assert [one.model for one in found] == ([model.partition("@")[0]] if model else [])
    assert all(one.engine == "blanz" and not one.people and one.commercial_use for one in found)


def test_one_that_is_not_there_is_told(write: Callable[..., Path]) -> None:
    path = write(BLANZ % "texture: 'toys@000000000000'", SWAP)
    with pytest.raises(ManifestError) as refused:
        jobs(path)
    (problem,) = refused.value.problems
    assert problem.field == "shots[0].replace[0].settings.texture"
    assert "No texture basis 'toys@000000000000'" in problem.what
