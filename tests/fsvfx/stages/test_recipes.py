"""Recipes of a fixed job: what stands in the keys and receipts of stores that are out there must stay as it is.

``recipes.json`` was written before settings had types. A stage whose recipe must change raises its version instead.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.runner import dag
from fsvfx.runner.keying import recipe_of
from schemas.composite import Composite
from schemas.deliver import DeliverExr, DeliverReview
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Replace, Shot
from schemas.receipts import Receipt, Unit

PINNED: dict[str, Any] = json.loads(Path(__file__).with_name("recipes.json").read_text())
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def job() -> ShotJob:
    """Three chunks of four frames; two entries, with overrides, a roto, occlusion and an ST-map."""
    lead = Replace(
        performer="lead",
        identity="double",
        engine="landmark_warp",
        overrides=[{"frames": "1002-1003", "settings": {"shape": 0.5}}],
        roto="/roto/lead.%04d.exr",
        roto_layer="matte",
    )
    other = Replace(performer="other", identity="nobody", engine="landmark_warp", position=(100, 200), track=2)
    composite = Composite(
        occlusion="embedded",
        matte="learned*identity",
        feather=6,
        color_transfer="rct",
        overrides=[{"frames": "1005-1006", "mode": "raw"}, {"frames": "1009", "motion_blur": 50, "matte": "external"}],
    )
    shot = Shot(
        name="sh010",
        plate=Plate(
            path="/plate.mp4", frames=FrameRange.span(1001, 1012), first_frame=1001, color_space="sRGB", exposure=0.5
        ),
        replace=(lead, other),
        composite=composite,
        chunk_size=4,
        faces={"min_score": 0.6, "smooth": 2.0},
        measure={"every": 6},
        seed=7,
    )
    people = {name: Person(consent="c.yaml", references=("/refs/*.png",)) for name in ("lead", "double", "other")}
    return ShotJob(
        production="pinned",
        shot=shot,
        people={**people, "nobody": Person(consent="c.yaml")},
        deliver=(
            DeliverExr(kind="exr", path="/out/sh010.{frame}.exr", layers=["matte", "stmap"]),
            DeliverReview(kind="review", path="/out/sh010.mp4"),
        ),
        store="memory://pinned",
        colour_config=DEFAULT_CONFIG.name,
        manifest="/pinned.yaml",
        purpose="research",
    )


def receipt(stage: str, unit: Unit) -> Receipt:
    """Made up, but always the same."""
    parts = {"1001-1004": "p1", "1005-1008": "p2"} if stage == "track" else {}
    return Receipt(
        shot="sh010", stage=stage, stage_version=1, unit=unit, key=f"key of {stage} {unit.name}", attempt="a", path="p",
        digest=f"digest of {stage} {unit.name}", parts=parts, colour_config="", seed=0, rights="", started=THEN,
        ended=THEN, peak_rss_mib=0, bytes=0, worker="w", device="cpu",
    )  # fmt: skip


def recipes(waived: FrameRange) -> dict[str, dict[str, Any]]:
    shot = job()
    found = {}
    for name in dag.stages():
        for unit in dag.units_of(name, shot):
            sources = dag.sources_of(name, unit, shot, waived)
            inputs = [receipt(one.stage, one.unit) for one in sources]
            recipe = recipe_of(shot, name, unit, inputs, waived=waived)
            found[f"{name} {unit.name}"] = {
                "key": recipe.key,
                "version": recipe.version,
                "parameters": recipe.parameters,
                "weights": recipe.weights,
                "inputs": recipe.inputs,
                "required": [f"{s.stage} {s.unit.name}" for s in sources if s.required],
            }
    return json.loads(json.dumps(found))


@pytest.mark.parametrize("waived", [FrameRange(()), FrameRange.span(1003, 1008)], ids=["whole", "waived"])
def test_recipes_are_those_of_existing_stores(waived: FrameRange) -> None:
    found, pinned = recipes(waived), PINNED[str(waived)]
    assert list(found) == list(pinned)
    for name in pinned:
        assert found[name] == pinned[name], name
