"""Color tags of EXRs and videos, compared with the manifest's ``color_space``; and the tags of delivered movies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import OpenEXR

from fsvfx import colour
from fsvfx.colour import ColourConfig, encoding
from fsvfx.errors import InputError
from fsvfx.media.files import Place
from schemas.job import ShotJob

_NEAR = 2e-3
"""Headers write primaries with three decimals."""
_LINEAR = ("lin_ap1_scene", "lin_ap0_scene", "lin_rec709_scene", "lin_rec2020_scene", "lin_p3d65_scene")
"""Possible spaces of EXR files with chromaticities and no other tags."""


def check_interop_id(interop_id: str, job: ShotJob, place: Place) -> None:
    """PlateError if ``interop_id`` names another space than the manifest, unless ``header_color: ignore``."""
    plate = job.shot.plate
    if plate.header_color == "check" and not agrees(interop_id, plate.color_space, ColourConfig.of(job)):
        raise place.error(
            f"the EXR's colorInteropID is {interop_id}, the manifest says {plate.color_space}",
            f"Write plate.color_space: {interop_id}, or, if the header is wrong, plate.header_color: ignore",
        )


def agrees(interop_id: str, space: str, config: ColourConfig) -> bool:
    """Whether the Color Interop Forum's id can mean ``space``; ids unknown to the config may mean any."""
    if not interop_id:
        return True
    own, named = colour.check_space(config, space), _space(interop_id, config)
    return named in (None, own) or interop_id == colour.interop_id(config, space)


def exr_colour_notes(header: Mapping[str, Any], job: ShotJob) -> list[str]:
    """Header entries that the manifest overrides."""
    space, config = job.shot.plate.color_space, ColourConfig.of(job)
    interop_id = str(header.get("colorInteropID", ""))
    if interop_id:
        known = _space(interop_id, config) is not None
        said = [] if known else [f"its colorInteropID '{interop_id}' is not known; the manifest's color_space is used"]
        if not agrees(interop_id, space, config):
            said.append(f"its colorInteropID {interop_id} is ignored, as the manifest says")
        return said
    primaries = header.get("chromaticities")
    own = primaries and OpenEXR.colorInteropIDToChromaticities(colour.interop_id(config, space) or "unknown")
    if own and any(abs(a - b) > _NEAR for a, b in zip(_numbers(primaries), _numbers(own))):
        return [f"its chromaticities are not those of {space}; the manifest's color_space is used"]
    return []


def exr_space(header: Mapping[str, Any], config: ColourConfig) -> tuple[str | None, str]:
    """The space named by an EXR's header, by the config's own name, and where it is named; None if it names none."""
    interop_id = str(header.get("colorInteropID", ""))
    if interop_id and (space := _space(interop_id, config)):
        return space, f"the header's colorInteropID, {interop_id}"
    if primaries := header.get("chromaticities"):
        for known in _LINEAR:
            own = OpenEXR.colorInteropIDToChromaticities(known)
            if all(abs(a - b) <= _NEAR for a, b in zip(_numbers(primaries), _numbers(own))):
                return _space(known, config), "the header's chromaticities"
    return None, ""


def _space(interop_id: str, config: ColourConfig) -> str | None:
    """The config's space; None for ids of other makers (``studio:name``) and those that it lacks."""
    if interop_id == "unknown" or ":" in interop_id:
        return None
    try:
        return colour.check_space(config, interop_id)
    except InputError:
        return None


def _numbers(primaries: Any) -> list[float]:
    return [float(value) for value in primaries]


_HDR = {16: "PQ (SMPTE ST 2084)", 18: "HLG"}
_TAGGED_PRIMARIES = {
    1: ("BT.709", "rec709"),
    9: ("BT.2020", "rec2020"),
    11: ("DCI-P3", "p3"),
    12: ("Display P3", "p3d65"),
}
_UNTAGGED = 2
_TAGGED_SPACES = {
    (16, 9): "pq_rec2020_display",
    (18, 9): "hlg_rec2020_display",
    (1, 1): "Rec709",
    (6, 1): "Rec709",
    (13, 1): "sRGB",
    (13, 12): "DisplayP3",
}
"""By transfer and primaries."""


def video_colour_notes(transfer: int, primaries: int, space: str, config: ColourConfig) -> list[str]:
    """``transfer``, ``primaries``: the stream's code points. Notes only definite contradictions, not other names for
    the same thing."""
    is_hdr = encoding(config, space) == "hdr-video"
    said = []
    if transfer in _HDR and not is_hdr:
        said.append(f"the video is tagged {_HDR[transfer]}; the manifest's {space} is used")
    if is_hdr and transfer not in (*_HDR, _UNTAGGED):
        said.append(f"the video is not tagged as HDR; the manifest's {space} is used")
    name, part = _TAGGED_PRIMARIES.get(primaries, ("", ""))
    if part and part not in _primaries_of(space, config, part):
        said.append(f"the video is tagged with {name} primaries; the manifest's {space} is used")
    return said


def video_space(transfer: int, primaries: int) -> tuple[str | None, str]:
    """The space that the tags name, in a form that a manifest accepts, and where it is named; None if it is not
    certain."""
    space = _TAGGED_SPACES.get((transfer, primaries))
    if space is None:
        return None, ""
    curve = _HDR.get(transfer) or ("sRGB" if transfer == 13 else "BT.709")
    return space, f"the video's tags: {curve}, {_TAGGED_PRIMARIES[primaries][0]} primaries"


def matrix_note(container: int, stream: int) -> str | None:
    """A note if the container names a different matrix than the stream; the stream's is used."""
    if container == stream or _UNTAGGED in (container, stream):
        return None
    return f"the file is tagged with color matrix {container} (H.273), its stream with {stream}: the stream's is used"


def _primaries_of(space: str, config: ColourConfig, unknown: str) -> str:
    """The part of the space's interop id that names its primaries; ``unknown`` for camera spaces without any."""
    parts = colour.interop_id(config, space).rpartition(":")[2].split("_")
    return parts[1] if len(parts) == 3 and encoding(config, space) in ("sdr-video", "hdr-video") else unknown


_PRIMARIES = {"rec709": "bt709", "rec2020": "bt2020", "p3d65": "smpte432"}
_TRANSFERS = {
    "srgb": "iec61966-2-1",
    "g24": "bt709",  # shown with BT.1886, like all bt709 video
    "itu709": "bt709",
    "g22": "bt470m",
    "pq": "smpte2084",
    "hlg": "arib-std-b67",
}
_UNSAID = "unknown"


@dataclass(frozen=True)
class CodePoints:
    """primaries, transfer: ``unknown`` if H.273 has no code (camera logs). matrix: always one, as it is needed."""

    primaries: str = "bt709"
    transfer: str = "bt709"
    matrix: str = "bt709"

    @property
    def zimg_matrix(self) -> str:
        """The matrix by zimg's name."""
        return {"bt709": "709", "bt2020nc": "2020_ncl"}[self.matrix]


def code_points(interop_id: str) -> CodePoints:
    """For the Color Interop Forum's id of a space, such as ``g24_rec709_display``."""
    parts = interop_id.rpartition(":")[2].split("_")
    curve, gamut = (*parts, "", "")[:2]
    primaries = _PRIMARIES.get(gamut, _UNSAID)
    return CodePoints(primaries, _TRANSFERS.get(curve, _UNSAID), "bt2020nc" if primaries == "bt2020" else "bt709")
