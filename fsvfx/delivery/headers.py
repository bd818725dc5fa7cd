"""What an EXR frame's header says."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fsvfx.colour import interop_id
from fsvfx.delivery.comps import Comp
from fsvfx.delivery.order import Order
from fsvfx.delivery.timecodes import TimecodeTrack
from fsvfx.media import PlateInfo
from fsvfx.media.exr_out import colour_attributes, time_code
from schemas.report import AI_STATEMENT

_KEPT = ("aperture", "cameraLabel", "cameraMake", "cameraModel", "cameraSerialNumber", "capDate", "expTime", "focus",
         "isoSpeed", "lensMake", "lensModel", "lensSerialNumber", "nominalFocalLength", "effectiveFocalLength",
         "reelName", "shutterAngle", "utcOffset")  # fmt: skip
"""The plate's facts of photography go along. Its colour facts never do: they may not hold for what is delivered."""


def shot_attributes(order: Order, info: PlateInfo, space: str) -> dict[str, Any]:
    """What is the same on every frame of ``order``. ``space``: the delivered colour space."""
    job, shot = order.job, order.job.shot
    said = {
        "statement": AI_STATEMENT,
        "production": job.production,
        "shot": shot.name,
        "performers": ", ".join(entry.performer for entry in shot.replace),
        "identities": ", ".join(entry.identity for entry in shot.replace),
        "engines": ", ".join(entry.engine for entry in shot.replace),
        "rights": order.rights.digest,
        "key": order.content_key,
        "colour_config": job.colour_config,
        "color_space": space,
        "frames": str(shot.plate.frames),
    }
    return {
        **colour_attributes(interop_id(job.colour_config, space)),
        "framesPerSecond": info.frame_rate,
        "pixelAspectRatio": float(info.pixel_aspect),
        "owner": job.production,
        "software": f"fsvfx {version('fsvfx')}",
        "fsvfx/first_frame": shot.plate.frames.first,
        **{f"fsvfx/{name}": text for name, text in said.items() if text},
    }


def frame_attributes(comp: Comp, track: TimecodeTrack, plate: Mapping[str, Any]) -> dict[str, Any]:
    """What is one frame's own; ``plate`` is the header of the plate's frame."""
    text = track.at(comp.frame)
    code = time_code(text, track.counts)
    return {
        **{name: plate[name] for name in _KEPT if name in plate},
        **({"timeCode": code} if code else {}),
        "imageCounter": comp.frame,
        "fsvfx/frame": comp.frame,
        "fsvfx/timecode": text,
        "fsvfx/timecode_source": track.source,
        "fsvfx/altered": _altered(comp),
    }


def _altered(comp: Comp) -> str:
    if comp.waived:
        return "no: waived, the plate as it is"
    return "yes, where matte.A is above zero" if comp.matte.any() else "no: no swap in this frame"
