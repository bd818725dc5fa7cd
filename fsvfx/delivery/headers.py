"""What an EXR frame's header says."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import OpenEXR

from fsvfx.colour import interop_id
from fsvfx.delivery.comps import Comp
from fsvfx.delivery.header_policy import kept
from fsvfx.delivery.order import Order
from fsvfx.delivery.timecodes import TimecodeTrack
from fsvfx.media import PlateInfo
from fsvfx.media.addresses import Address
from fsvfx.media.exr.writer import colour_attributes, time_code


def shot_attributes(order: Order, info: PlateInfo, space: str | None) -> dict[str, Any]:
    """What is the same on every frame of ``order``. ``space``: the delivered colour space; None for mattes."""
    job, shot = order.job, order.job.shot
    said = {
        "statement": order.statement,
        "production": job.production,
        "shot": shot.name,
        "performers": ", ".join(entry.performer for entry in shot.replace),
        "identities": ", ".join(entry.identity for entry in shot.replace),
        "engines": ", ".join(entry.engine for entry in shot.replace),
        "rights": order.rights.digest,
        "purpose": "research, not for commercial use" if order.rights.purpose == "research" else "",
        "key": order.content_key,
        "colour_config": job.colour_config,
        "color_space": space or "",
        "frames": str(shot.plate.frames),
    }
    return {
        **(colour_attributes(interop_id(job.colour_config, space)) if space else {}),
        **({"framesPerSecond": info.frame_rate} if info.frame_rate else {}),
        "pixelAspectRatio": float(info.pixel_aspect),
        "software": f"fsvfx {version('fsvfx')}",
        "fsvfx/first_frame": shot.plate.frames.first,
        **{f"fsvfx/{name}": text for name, text in said.items() if text},
    }


def frame_attributes(order: Order, comp: Comp, track: TimecodeTrack | None, plate: Mapping[str, Any]) -> dict[str, Any]:
    """What is one frame's own; ``plate`` is the header of the plate's frame, whose ``timeCode`` stays without a
    ``track``."""
    return {
        "owner": order.job.production,
        "imageCounter": comp.frame,
        **kept(plate),
        **(_timecodes(comp.frame, track, plate) if track else {}),
        "fsvfx/frame": comp.frame,
        "fsvfx/altered": altered_text(comp),
    }


def _timecodes(frame: int, track: TimecodeTrack, plate: Mapping[str, Any]) -> dict[str, Any]:
    text = track.at(frame)
    return {
        **_time_code(track.address(frame), plate),
        "fsvfx/timecode": text,
        "fsvfx/timecode_source": track.source,
    }


def _time_code(address: Address | None, plate: Mapping[str, Any]) -> dict[str, Any]:
    """With the plate's user bits. Where an address can't say the frame, the plate's own stays."""
    own = plate.get("timeCode")
    return {"timeCode": time_code(address, own if isinstance(own, OpenEXR.TimeCode) else None)} if address else {}


def altered_text(comp: Comp) -> str:
    """Whether this frame shows a swap, and where."""
    if comp.waived:
        return "no: waived, the plate as it is"
    return "yes, where matte.A is above zero" if comp.matte.any() else "no: no swap in this frame"
