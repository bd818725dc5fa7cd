"""The draft of a manifest: one shot per plate, with the findings in a comment on each line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from fsvfx.drafts.text import BLANK, field, listed, remark, scalar
from schemas.frames import FrameRange
from schemas.manifest import Use

if TYPE_CHECKING:
    from fsvfx.drafts.faces import FoundFace
    from fsvfx.drafts.plates import FoundPlate
    from fsvfx.media.plate import PlateInfo

FIRST_FRAME = 1001


@dataclass(frozen=True)
class ShotDraft:
    """One shot. path: as written in the manifest; frames: in production numbers; sheet: the faces' picture."""

    plate: FoundPlate
    path: str
    frames: FrameRange
    faces: Sequence[FoundFace]
    sheet: str
    frame_rate: str | None = None

    @property
    def name(self) -> str:
        return self.plate.shot

    @property
    def choices(self) -> str:
        """The faces, by possible values of ``position``."""
        return "   ".join(f"{face.number}: [{face.position[0]}, {face.position[1]}]" for face in self.faces)


@dataclass(frozen=True)
class ManifestDraft:
    """The data of the draft. engines: those installed; engine_settings: the chosen one's starter, if there is one.
    found: findings on the references, in words."""

    production: str
    identity: str
    performer: str
    references: Sequence[str]
    found: str
    consents: dict[str, str]
    engine: str
    engine_settings: Mapping[str, str]
    engines: Sequence[str]
    use: Use
    shots: Sequence[ShotDraft]


def manifest_text(draft: ManifestDraft, name: str) -> str:
    """The manifest as YAML. ``name``: the name of its file."""
    others = [each for each in draft.engines if each != draft.engine]
    lines = [
        remark(0, f"Written by `fsvfx new`. Fill in each {BLANK} here and in the consent records, then run:"),
        remark(0, f"  fsvfx validate {name}      (lists what is still blank)"),
        remark(0, f"  fsvfx run {name}"),
        "schema_version: 1",
        field(0, f"production: {scalar(draft.production)}", "the consent records name it, too"),
        "people:",
        *_person(draft, draft.identity, draft.references, f"goes in; {draft.found}"),
        *_person(draft, draft.performer, (), "is replaced; references only if the faces are hard to tell apart"),
        "shots:",
    ]
    for shot in draft.shots:
        lines += [*_shot(draft, shot, others), ""]
    lines += [
        field(0, "deliver:", "docs/deliver.md has every kind: mattes, movie, frames ..."),
        '  - {kind: exr, path: "out/{shot}/{shot}.{frame}.exr"}',
        '  - {kind: review, path: "out/{shot}/{shot}.mp4"}',
        '  - {kind: contact_sheet, path: "out/{shot}/{shot}.png"}',
        '  - {kind: report, path: "out/{shot}/{shot}.json"}',
        field(0, "store: work/", "intermediate results; a folder or s3://bucket/prefix"),
        field(0, "purpose: commercial", "or research: then weights that forbid commercial use may run"),
    ]
    return "\n".join(lines) + "\n"


def _person(draft: ManifestDraft, person: str, references: Sequence[str], about: str) -> Iterator[str]:
    yield field(2, f"{scalar(person)}:", about)
    yield f"    references: {listed(references)}"
    yield f"    consent: {scalar(draft.consents[person])}"


def _shot(draft: ManifestDraft, shot: ShotDraft, others: Sequence[str]) -> Iterator[str]:
    yield f"  - name: {scalar(shot.name)}"
    yield from _plate(shot)
    yield "    replace:"
    yield f"      - performer: {scalar(draft.performer)}"
    yield f"        identity: {scalar(draft.identity)}"
    yield field(8, f"engine: {scalar(draft.engine)}", f"or {', '.join(others)}; see fsvfx engines" if others else "")
    if draft.engine_settings:
        said = ", ".join(f"{name}: {scalar(value)}" for name, value in draft.engine_settings.items())
        yield field(8, f"settings: {{{said}}}", "weights that come with fsvfx; see fsvfx models list")
    yield from _position(shot, draft.performer)
    uses = [each for each in get_args(Use) if each != draft.use]
    yield remark(4, f"the use, which both consents must name; or {', '.join(uses)}")
    yield f"    use: {draft.use}"


def _plate(shot: ShotDraft) -> Iterator[str]:
    facts, info = shot.plate.facts, shot.plate.facts.info
    yield "    plate:"
    yield field(6, f"path: {scalar(shot.path)}", _picture(info))
    if not facts.is_sequence:
        yield field(6, f"first_frame: {FIRST_FRAME}", "the number of the video's first frame")
    missing = f"; no file for {facts.missing}" if facts.missing else ""
    yield field(6, f"frames: {shot.frames}", f"{len(shot.frames)} of {len(facts.numbers)} frames{missing}")
    if shot.plate.space is None:
        yield field(6, f"color_space: {BLANK}", f"{shot.plate.reason}; likely: {', '.join(shot.plate.others)}")
    else:
        others = [each for each in shot.plate.others if each != shot.plate.space]
        yield field(6, f"color_space: {scalar(shot.plate.space)}", f"{shot.plate.reason}; or {', '.join(others)} ...")
    yield from _time(shot, info)
    for note in info.notes:
        yield remark(6, f"note: {note}")


def _time(shot: ShotDraft, info: PlateInfo) -> Iterator[str]:
    if shot.frame_rate:
        yield f"      frame_rate: {scalar(shot.frame_rate)}"
    elif info.frame_rate is None:
        yield field(6, f"frame_rate: {BLANK}", "the files state none: 24, 23.976, 25 or 24000/1001 ...")
    else:
        timecode = f", timecode {info.timecode}" if info.timecode else ""
        yield remark(6, f"{info.frame_rate} frames a second{timecode}: the plate's own")


def _picture(info: PlateInfo) -> str:
    depth = {"uint8": "8 bit", "uint16": "16 bit", "float16": "half float"}[info.dtype.name]
    return f"{info.width} x {info.height}, {depth}{', with sound' if info.has_audio else ''}"


def _position(shot: ShotDraft, performer: str) -> Iterator[str]:
    if len(shot.faces) > 1:
        yield remark(8, f"which face is {performer}? {shot.choices}; see {shot.sheet}")
        yield field(8, f"position: {BLANK}", "x, y in the first frame that shows the face")
    elif shot.faces:
        yield remark(8, f"one face, {shot.faces[0].height} px high; see {shot.sheet}")
    else:
        yield remark(8, "no face was found in the frames searched; for small or turned ones add to the shot:")
        yield remark(8, "  faces: {tiles: always, min_size: 16}")
