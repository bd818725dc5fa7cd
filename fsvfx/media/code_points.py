"""How a movie says what its colours are: ITU-T H.273 code points, by ffmpeg's names. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_PRIMARIES = {"rec709": "bt709", "rec2020": "bt2020", "p3d65": "smpte432"}
_TRANSFERS = {
    "srgb": "iec61966-2-1",
    "g24": "bt709",  # shown by BT.1886, as all bt709 video is
    "itu709": "bt709",
    "g22": "bt470m",
    "pq": "smpte2084",
    "hlg": "arib-std-b67",
}
_UNSAID = "unknown"


@dataclass(frozen=True)
class CodePoints:
    """primaries, transfer: ``unknown`` where H.273 has no code (camera logs). matrix: always one, as it is used."""

    primaries: str = "bt709"
    transfer: str = "bt709"
    matrix: str = "bt709"

    @property
    def zimg_matrix(self) -> str:
        """The matrix by zimg's name."""
        return {"bt709": "709", "bt2020nc": "2020_ncl"}[self.matrix]


def code_points(interop_id: str) -> CodePoints:
    """Of the Color Interop Forum's id of a space, such as ``g24_rec709_display``."""
    parts = interop_id.rpartition(":")[2].split("_")
    curve, gamut = (*parts, "", "")[:2]
    primaries = _PRIMARIES.get(gamut, _UNSAID)
    return CodePoints(primaries, _TRANSFERS.get(curve, _UNSAID), "bt2020nc" if primaries == "bt2020" else "bt709")
