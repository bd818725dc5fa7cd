"""Which of a plate's attributes go along."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from footage import shot_job

from fsvfx.delivery.headers import facts_of, kept, reason_to_drop
from schemas.manifest import Driver, Replace

KEPT = ["owner", "comments", "cameraModel", "lensMake", "capDate", "isoSpeed", "timeCode", "keyCode", "worldToCamera",
        "worldToNDC", "imageCounter", "reelName", "view", "com.x.y", "com.vendor.lens.k1", "interim.clip",
        "nuke/input/filename", "screenWindowWidth", "screenWindowCenter", "utcOffset", "envmap"]  # fmt: skip
GONE = ["chromaticities", "colorInteropID", "acesImageContainerFlag", "whiteLuminance", "adoptedNeutral",
        "renderingTransform", "lookModTransform", "oiio:ColorSpace", "com.studio.colorSpace", "Vendor/Color_Space",
        "ICCProfile", "oiio:SHA-1", "nuke/node_hash", "cryptomatte/1ab2c3/manifest", "preview", "channels", "type",
        "compression", "dataWindow", "displayWindow", "lineOrder", "name", "tiles", "chunkCount", "Software",
        "framesPerSecond", "pixelAspectRatio"]  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    assert kept({name: "x"}) == {name: "x"}


@pytest.mark.parametrize("name", GONE)
def test_dropped_and_why(name: str) -> None:
    assert kept({name: "x"}) == {}
    assert reason_to_drop(name)


def test_an_earlier_alteration_is_not_forgotten() -> None:
    assert kept({"fsvfx/statement": "AI-ALTERED"}) == {"fsvfx/plate/statement": "AI-ALTERED"}


@pytest.mark.parametrize("driven", [True, False])
def test_whose_performance_it_is(driven: bool) -> None:
    job: Any = shot_job("p.mp4", "1001-1012", ())
    driver = Driver(person="ada", plate=job.shot.plate, pose=True) if driven else None
    entry = Replace(performer="double", identity="lead", engine="blanz", driver=driver)
    shot = job.shot.model_copy(update={"replace": (entry,)})
    rights = SimpleNamespace(digest="d", bases=(), purpose="commercial")
    order: Any = SimpleNamespace(
        job=job.model_copy(update={"shot": shot}), statement="s", rights=rights, content_key="k"
    )
    facts = facts_of(order)
    assert facts.get("drivers") == ("double: expression and pose of ada" if driven else None)
