"""Whether what is timed (reviews, movies, timecodes) has a frame rate: most image sequences carry none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fsvfx.errors import FsvfxError
from fsvfx.manifests.draft import Draft, listed, mapping
from fsvfx.manifests.yaml_text import Finding
from fsvfx.reach import Reach, ReachError
from schemas.deliver import DeliverMovie, DeliverReview
from schemas.manifest import Plate
from schemas.templates import VIDEOS, suffix

_HEADERS = {".exr", ".dpx"}
"""Sequences whose headers may tell a rate."""


def check_rates(draft: Draft, data: dict[str, Any], manifest: Path) -> Iterator[Finding]:
    """Told at the plate, unless it has a rate in the file's ``data`` that is wrong: that is told already.

    Of EXR and DPX the header of the shot's first frame is asked, if it is on this machine.
    """
    timed = next((one.kind for one in draft.deliver.values() if isinstance(one, DeliverMovie | DeliverReview)), None)
    reach = Reach(manifest, draft.production)
    said = {index for index, raw in listed(data.get("shots")) if mapping(mapping(raw).get("plate")).get("frame_rate")}
    for shot in draft.shots:
        if shot.plate is None or shot.loc[1] in said or suffix(shot.plate.path) in VIDEOS:
            continue
        wants = f"a {timed}" if timed else "plate.timecode" if shot.plate.timecode else None
        if wants and _tells_none(shot.plate, reach):
            what = f"{wants} needs a frame rate, and the image sequence carries none"
            yield Finding((*shot.loc, "plate"), what, "Write frame_rate, such as 24000/1001")


def _tells_none(plate: Plate, reach: Reach) -> bool:
    if suffix(plate.path) not in _HEADERS:
        return True
    try:
        return _first_rate(plate, reach) is None
    except (FsvfxError, ReachError, KeyError, ValueError):
        return False  # told by other checks, or by preflight


def _first_rate(plate: Plate, reach: Reach) -> object:
    from fsvfx.media.files import Place  # here: media ask this package what may be reached
    from fsvfx.media.remote import is_remote
    from fsvfx.media.sequence.plate import SequenceReader

    path = reach.place(plate.path)
    if is_remote(path):
        raise ReachError("it is not on this machine", "")
    return SequenceReader(path, Place(path, reach=reach), plate.layer).head(plate.frames.first).frame_rate
