"""EXR frames out: half RGB, the matte as a layer, and headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from fsvfx.media.plate import Window

MATTE_CHANNEL = "matte.A"
"""A layer of its own. As plain ``A`` it would tell compositing programs that RGB is multiplied by it, which it is not:
the plate is all there. ``A`` in a layer is what they load as a mask without being asked."""

_COMPRESSION = {
    "none": OpenEXR.NO_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
    "dwaa": OpenEXR.DWAA_COMPRESSION,
}


@dataclass(frozen=True)
class ExrWindows:
    """Where the pixels lie: the plate's windows, kept, so that overscan stays overscan."""

    data: Window
    display: Window

    @classmethod
    def of(cls, width: int, height: int, data: Window | None, display: Window | None) -> ExrWindows:
        """The plate's own, or the whole picture for plates that have none."""
        whole = (0, 0, width - 1, height - 1)
        return cls(data or whole, display or data or whole)


def write_exr(
    path: Path,
    rgb: NDArray[np.float16],
    matte: NDArray[np.float16],
    attributes: Mapping[str, Any],
    windows: ExrWindows,
    compression: str = "zip",
) -> None:
    """Write rgb (H, W, 3) and matte (H, W), both half, as one scanline EXR. Same input, same bytes.

    ``attributes`` are written as they are; ``windows.data`` must be the picture's size. Raises OSError.
    """
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": _COMPRESSION[compression],
        "dataWindow": _box(windows.data),
        "displayWindow": _box(windows.display),
        **attributes,
    }
    channels = {"RGB": np.ascontiguousarray(rgb), MATTE_CHANNEL: np.ascontiguousarray(matte)}
    try:
        OpenEXR.File(header, channels).write(str(path))
    except RuntimeError as error:
        raise OSError(f"{path.name} can't be written: {error}") from error


def time_code(text: str, counts: int) -> OpenEXR.TimeCode | None:
    """EXR's timeCode of ``01:00:00:00`` (``;``: drop-frame) that counts ``counts`` frames a second.

    Above 30 the frames are counted in pairs and the field phase tells the second one, as SMPTE ST 12 does for 50 and
    60. None above 60, which it can't say.
    """
    if counts > 60:
        return None
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    pairs = counts > 30
    flags = [";" in text, False, pairs and frames % 2 == 1, False, False, False]
    return OpenEXR.TimeCode(hours, minutes, seconds, frames // 2 if pairs else frames, *flags, *[0] * 8)


def colour_attributes(interop_id: str) -> dict[str, Any]:
    """``colorInteropID``, and ``chromaticities`` for programs that know only these, where OpenEXR defines them."""
    if not interop_id:
        return {}
    primaries = OpenEXR.colorInteropIDToChromaticities(interop_id)
    return {"colorInteropID": interop_id} | ({"chromaticities": primaries} if primaries else {})


def _box(window: Window) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return np.array(window[:2], np.int32), np.array(window[2:], np.int32)
