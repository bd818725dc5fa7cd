"""Whether what an EXR's header says of its colours agrees with the manifest's ``color_space``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import OpenEXR

from fsvfx import colour
from fsvfx.errors import InputError
from fsvfx.media.plate import Place
from schemas.job import ShotJob

_NEAR = 2e-3
"""Headers write primaries with three decimals."""


def check(interop_id: str, job: ShotJob, place: Place, numbers: Sequence[int]) -> None:
    """PlateError if ``interop_id`` names another space than the manifest, unless ``header_color: ignore``."""
    plate = job.shot.plate
    if plate.header_color == "check" and not agrees(interop_id, plate.color_space, job.colour_config):
        raise place.error(
            f"the EXR's colorInteropID is {interop_id}, the manifest says {plate.color_space}",
            f"Write plate.color_space: {interop_id}, or, if the header is wrong, plate.header_color: ignore",
            numbers,
        )


def agrees(interop_id: str, space: str, config: str) -> bool:
    """Whether the Color Interop Forum's id can mean ``space``; ids that the config does not know may mean any."""
    if not interop_id:
        return True
    own, named = colour.check_space(config, space), _space(interop_id, config)
    return named in (None, own) or interop_id == colour.interop_id(config, space)


def notes(header: Mapping[str, Any], job: ShotJob) -> list[str]:
    """What the header says that the manifest overrules."""
    space, config = job.shot.plate.color_space, job.colour_config
    interop_id = str(header.get("colorInteropID", ""))
    if interop_id:
        known = _space(interop_id, config) is not None
        said = [] if known else [f"its colorInteropID '{interop_id}' is not known; the manifest's color_space counts"]
        if not agrees(interop_id, space, config):
            said.append(f"its colorInteropID {interop_id} is ignored, as the manifest says")
        return said
    primaries = header.get("chromaticities")
    own = primaries and OpenEXR.colorInteropIDToChromaticities(colour.interop_id(config, space) or "unknown")
    if own and any(abs(a - b) > _NEAR for a, b in zip(_numbers(primaries), _numbers(own))):
        return [f"its chromaticities are not those of {space}; the manifest's color_space counts"]
    return []


def _space(interop_id: str, config: str) -> str | None:
    """The config's space; None for ids of other makers (``studio:name``) and those that it lacks."""
    if interop_id == "unknown" or ":" in interop_id:
        return None
    try:
        return colour.check_space(config, interop_id)
    except InputError:
        return None


def _numbers(primaries: Any) -> list[float]:
    return [float(value) for value in primaries]
