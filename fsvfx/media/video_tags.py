"""What a video's colour tags (ITU-T H.273) say against the manifest's ``color_space``, which counts. Pure."""

from __future__ import annotations

from fsvfx import colour
from fsvfx.colour.spaces import encoding

_HDR = {16: "PQ (SMPTE ST 2084)", 18: "HLG"}
_PRIMARIES = {1: ("BT.709", "rec709"), 9: ("BT.2020", "rec2020"), 11: ("DCI-P3", "p3"), 12: ("Display P3", "p3d65")}
_UNSPECIFIED = 2


def notes(transfer: int, primaries: int, space: str, config: str) -> list[str]:
    """``transfer``, ``primaries``: the stream's code points. Only what can't be the same thing under another name."""
    is_hdr = encoding(config, space) == "hdr-video"
    said = []
    if transfer in _HDR and not is_hdr:
        said.append(f"the video is tagged {_HDR[transfer]}; the manifest's {space} counts")
    if is_hdr and transfer not in (*_HDR, _UNSPECIFIED):
        said.append(f"the video is tagged as no HDR; the manifest's {space} counts")
    name, part = _PRIMARIES.get(primaries, ("", ""))
    if part and part not in _primaries_of(space, config, part):
        said.append(f"the video is tagged with {name} primaries; the manifest's {space} counts")
    return said


def matrix_note(container: int, stream: int) -> str | None:
    """Where the container names another matrix than the stream; the stream's is taken."""
    if container == stream or _UNSPECIFIED in (container, stream):
        return None
    return f"the file names colour matrix {container} (H.273), its stream {stream}: the stream's is taken"


def _primaries_of(space: str, config: str, unknown: str) -> str:
    """The part of the space's interop id that names its primaries; ``unknown`` for camera spaces without any."""
    parts = colour.interop_id(config, space).rpartition(":")[2].split("_")
    return parts[1] if len(parts) == 3 and encoding(config, space) in ("sdr-video", "hdr-video") else unknown
