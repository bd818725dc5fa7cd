"""The header of an EXR frame, and which attributes of the plate it keeps.

Facts about the photography and a studio's own attributes are kept. Those that describe the file's creation, colors or
pixels are not: they are set again, or would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import OpenEXR

from fsvfx.colour import interop_id
from fsvfx.delivery.comps import Comp
from fsvfx.delivery.order import Order
from fsvfx.media import PlateInfo
from fsvfx.media.addresses import Address, TimecodeTrack
from fsvfx.media.exr.writer import colour_attributes, time_code
from fsvfx.version import __version__
from schemas.manifest import drivers_of

OWN = "fsvfx/"
EARLIER = "fsvfx/plate/"
"""Prefix for a plate's own ``fsvfx/`` attributes: so an earlier alteration stays on record."""
DROPPED: dict[str, tuple[str, ...]] = {
    "the file's structure, set by its writer": (
        "channels", "chunkCount", "compression", "dataWindow", "deepImageState", "displayWindow", "dwaCompressionLevel",
        "lineOrder", "maxSamplesPerPixel", "name", "tiles", "type", "version", "zipCompressionLevel", "isTiled",
    ),
    "color facts, set for the delivered space": (
        "acesImageContainerFlag", "adoptedNeutral", "chromaticities", "colorInteropID", "lookModTransform",
        "renderingTransform", "whiteLuminance", "gamma", "*colorspace*", "*color_space*", "*colourspace*",
        "*colour_space*", "*iccprofile*", "*icc_profile*", "ocio*", "*/ocio*", "*colorprimaries*", "*transferfunction*",
        "*cicp*",
    ),
    "set by the delivery": ("framesPerSecond", "pixelAspectRatio", "software"),
    "of pixels that are no longer there": (
        "preview", "*sha-1*", "*sha1*", "*md5*", "*/hash", "*node_hash*", "cryptomatte/*", "*/full_layer_names",
        "*averagecolor*", "*constantcolor*",
    ),
    "a library's own bookkeeping": ("oiio:*", "openexr:*", "exr:*", "software", "*/nuke/version", "nuke/version"),
}  # fmt: skip
"""By reason: names or patterns, case-insensitive."""


@lru_cache(maxsize=1)
def software() -> str:
    """fsvfx and its version, as written into headers."""
    return f"fsvfx {__version__}"


def facts_of(order: Order) -> dict[str, str]:
    """What every deliverable of ``order`` must state, by name."""
    job, shot = order.job, order.job.shot
    facts = {
        "statement": order.statement,
        "production": job.production,
        "shot": shot.name,
        "performers": ", ".join(entry.whose for entry in shot.told),
        "identities": ", ".join(entry.goes_in for entry in shot.told),
        "engines": ", ".join(entry.engine for entry in shot.told),
        "drivers": "; ".join(drivers_of(shot)),
        "rights": order.rights.digest,
        "basis": "; ".join(f"{one.kind}, decided by {one.decided_by}" for one in order.rights.bases),
        "purpose": "research, not for commercial use" if order.rights.purpose == "research" else "",
        "key": order.content_key,
    }
    return {name: text for name, text in facts.items() if text}


def shot_attributes(order: Order, info: PlateInfo, space: str | None) -> dict[str, Any]:
    """Attributes common to all frames of ``order``. ``space``: the delivered color space; None for mattes."""
    job, shot = order.job, order.job.shot
    facts = facts_of(order) | {"colour_config": job.colour_config, **({"color_space": space} if space else {})}
    return {
        **(colour_attributes(interop_id(order.colour.config, space)) if space else {}),
        **({"framesPerSecond": info.frame_rate} if info.frame_rate else {}),
        "pixelAspectRatio": float(info.pixel_aspect),
        "software": software(),
        "fsvfx/first_frame": shot.plate.frames.first,
        **{f"fsvfx/{name}": text for name, text in facts.items()},
        "fsvfx/frames": str(shot.plate.frames),
    }


def frame_attributes(order: Order, comp: Comp, track: TimecodeTrack | None, plate: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a single frame; ``plate`` is the header of the plate's frame, whose ``timeCode`` is kept without a
    ``track``."""
    return {
        "owner": order.job.production,
        "imageCounter": comp.frame,
        **kept(plate),
        **(_timecodes(comp.frame, track, plate) if track else {}),
        "fsvfx/frame": comp.frame,
        "fsvfx/altered": altered_text(comp),
    }


def altered_text(comp: Comp) -> str:
    """Whether this frame shows a swap, and where."""
    if comp.waived:
        return "no: waived, the plate as it is"
    return "yes, where matte.A is above zero" if comp.is_altered else "no: no swap in this frame"


def kept(plate: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes kept from a plate frame's header; its own ``fsvfx/`` attributes are moved below
    ``fsvfx/plate/``."""
    found: dict[str, Any] = {}
    for name, value in plate.items():
        if name.startswith(OWN):
            found[EARLIER + name.removeprefix(OWN)] = value
        elif reason_to_drop(name) is None:
            found[name] = value
    return found


def reason_to_drop(name: str) -> str | None:
    """Why the plate's attribute is dropped; None if it is kept."""
    plain = name.lower()
    for why, patterns in DROPPED.items():
        if any(fnmatchcase(plain, pattern.lower()) for pattern in patterns):
            return why
    return None


def _timecodes(frame: int, track: TimecodeTrack, plate: Mapping[str, Any]) -> dict[str, Any]:
    text = track.at(frame)
    return {
        **_time_code(track.address(frame), plate),
        "fsvfx/timecode": text,
        "fsvfx/timecode_source": track.source,
    }


def _time_code(address: Address | None, plate: Mapping[str, Any]) -> dict[str, Any]:
    """With the plate's user bits. If an address can't represent the frame, the plate's own is kept."""
    own = plate.get("timeCode")
    return {"timeCode": time_code(address, own if isinstance(own, OpenEXR.TimeCode) else None)} if address else {}
