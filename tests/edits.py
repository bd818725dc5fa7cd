"""Edits, plates and templates for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import opentimelineio as otio
from footage import picture, write_exr
from opentimelineio.core import Item
from opentimelineio.opentime import RationalTime, TimeRange
from opentimelineio.schema import Clip, ExternalReference, Gap, Timeline, Track, Transition

from fsvfx.editorial.manifest import ImportedEdit, ImportOptions, import_edit

Pair = tuple[float, float]
HOUR = 86400
FILM = Fraction(24)
NTSC_FILM = Fraction(24000, 1001)
NTSC = Fraction(30000, 1001)
TEMPLATE = """\
# who is in it
schema_version: 1
production: test
people:
  lead: {references: [lead.png], consent: lead.yaml}
  double: {references: [], consent: double.yaml}
shots:
  - name: pattern
    plate: {path: any.mp4, frames: 1001-1010, color_space: sRGB}
    replace: [{performer: double, identity: lead, engine: landmark_warp, track: 3}]
    composite: {feather: 9, overrides: [{frames: 1002, opacity: 0.5}]}
# what comes out
deliver:
  - {kind: exr, path: "out/{shot}/{shot}.####.exr"} # frames
  - {kind: review, path: "out/{shot}.mov"}
store: work/
"""
CONSENT = """\
schema_version: 1
record_id: test-{person}
person: {person}
subject: {{legal_name: "Nobody, made up for a test"}}
replica_kind: background
roles: [{role}]
scope:
  production: test
  shots: ["*"]
  uses: [face_replacement]
  description: "A record made up for a test of the editorial round trip; nobody stands behind it."
  valid_from: {first}
  valid_to: {last}
document: {{sha256: {digest}}}
revocation: {{status: none, checked_at: "{now}", checked_by: test}}
is_test_record: true
"""


def template(folder: Path, text: str = TEMPLATE) -> Path:
    """A template manifest with consent records that clear it."""
    now = datetime.now(UTC)
    said = {"first": now.date(), "last": (now + timedelta(days=2)).date(), "digest": "0" * 64}
    for person, role in (("lead", "source_identity"), ("double", "target_performer")):
        record = CONSENT.format(person=person, role=role, now=f"{now:%Y-%m-%dT%H:%M:%SZ}", **said)
        (folder / f"{person}.yaml").write_text(record)
    cv2.imwrite(str(folder / "lead.png"), picture(1))
    (folder / "show.yaml").write_text(text)
    return folder / "show.yaml"


def span(start: float, frames: float, rate: Fraction | float = 24) -> TimeRange:
    return TimeRange(RationalTime(start, float(rate)), RationalTime(frames, float(rate)))


def clip(
    name: str,
    start: float,
    frames: float,
    *,
    rate: Fraction | float = 24,
    media: str = "",
    there: tuple[float, float] | None = None,
) -> Clip:
    """``there``: start and length of its media."""
    reference = ExternalReference(media, span(*there, rate) if there else None) if media else None
    return Clip(name, reference, span(start, frames, rate))


def timeline(*items: Item | Transition, start: RationalTime | None = None) -> Timeline:
    made = Timeline("cut", global_start_time=start)
    track = Track("V1", kind="Video")
    track.extend(items)
    made.tracks.append(track)
    return made


def gap(frames: float) -> Gap:
    return Gap(source_range=span(0, frames))


def dissolve(before: float, after: float) -> Transition:
    return Transition("", "SMPTE_Dissolve", RationalTime(before, 24), RationalTime(after, 24))


def save(made: Timeline, path: Path) -> Path:
    otio.adapters.write_to_file(made, str(path))
    return path


def exr_plates(folder: Path, name: str, numbers: range, **header: Any) -> None:
    """A short EXR sequence of small frames."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        write_exr(folder / f"{name}.{number:04}.exr", picture(number, dtype=np.float16), **header)


def imported(folder: Path, edit: Path, *places: Path | str, **options: Any) -> ImportedEdit:
    """``folder``: of the template; plates are below it."""
    return import_edit(edit, folder / "show.yaml", ImportOptions(tuple(map(str, places)), handles=0, **options))


def shown(made: ImportedEdit) -> dict[str, tuple[int, int]]:
    """First index into the plate, and how many frames, by the shots' names."""
    return {shot.cut.shot: (shot.needed.first - shot.first_frame, len(shot.needed)) for shot in made.shots}


def at(index: int) -> str:
    """Timecode of a frame of A001.mov."""
    return f"01:00:{index // 24:02}:{index % 24:02}"


def event(number: str, reel: str, channels: str, kind: str, source: int, frames: int, record: int) -> str:
    codes = at(source), at(source + frames), at(record), at(record + frames)
    return f"{number}  {reel:8} {channels:5} {kind:8} {' '.join(codes)}"


NAME = "* FROM CLIP NAME:  {}".format
