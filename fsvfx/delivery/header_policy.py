"""Which of a plate's EXR attributes go along into what is delivered. Pure.

Facts of the photography and whatever a studio wrote are kept. What describes the file's own make, its colours or its
pixels is not: it is set anew, or would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

OWN = "fsvfx/"
EARLIER = "fsvfx/plate/"
"""Where a plate's own ``fsvfx/`` attributes go: that it was altered before is never forgotten."""

DROPPED: dict[str, tuple[str, ...]] = {
    "the file's structure, set by who writes it": (
        "channels", "chunkCount", "compression", "dataWindow", "deepImageState", "displayWindow", "dwaCompressionLevel",
        "lineOrder", "maxSamplesPerPixel", "name", "tiles", "type", "version", "zipCompressionLevel", "isTiled",
    ),
    "colour facts, set anew for the delivered space": (
        "acesImageContainerFlag", "adoptedNeutral", "chromaticities", "colorInteropID", "lookModTransform",
        "renderingTransform", "whiteLuminance", "gamma", "*colorspace*", "*color_space*", "*colourspace*",
        "*colour_space*", "*iccprofile*", "*icc_profile*", "ocio*", "*/ocio*", "*colorprimaries*", "*transferfunction*",
        "*cicp*",
    ),
    "set anew": ("framesPerSecond", "pixelAspectRatio", "software"),
    "of pixels that are no longer there": (
        "preview", "*sha-1*", "*sha1*", "*md5*", "*/hash", "*node_hash*", "cryptomatte/*", "*/full_layer_names",
        "*averagecolor*", "*constantcolor*",
    ),
    "a library's own bookkeeping": ("oiio:*", "openexr:*", "exr:*", "software", "*/nuke/version", "nuke/version"),
}  # fmt: skip
"""Why, and names or patterns, letter case apart."""


def reason_to_drop(name: str) -> str | None:
    """Why the plate's attribute does not go along; None if it does."""
    plain = name.lower()
    for why, patterns in DROPPED.items():
        if any(fnmatchcase(plain, pattern.lower()) for pattern in patterns):
            return why
    return None


def kept(plate: Mapping[str, Any]) -> dict[str, Any]:
    """What of a plate frame's header goes along; its own ``fsvfx/`` attributes below ``fsvfx/plate/``."""
    found: dict[str, Any] = {}
    for name, value in plate.items():
        if name.startswith(OWN):
            found[EARLIER + name.removeprefix(OWN)] = value
        elif reason_to_drop(name) is None:
            found[name] = value
    return found
