"""Which of a plate's attributes go along."""

from __future__ import annotations

import pytest

from fsvfx.delivery.headers import kept, reason_to_drop

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
