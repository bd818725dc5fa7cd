"""A sound training manifest, and the shot manifest that it names, for the tests to spoil."""

from __future__ import annotations

from pathlib import Path

TRAINING = """\
schema_version: 1
production: harbour
model: lead_on_double
engine: df
architecture: {resolution: 128, variant: ud}
identity: lead
performer: double
people:
  lead: {references: [refs/lead.mp4], consent: consents/lead.yaml}
  double: {consent: consents/double.yaml}
footage:
  - {name: reel, person: lead, plate: {path: refs/reel.mov, frames: 1001-1480, color_space: sRGB}, track: 2}
  - {name: stills, person: lead, plate: {path: "refs/stills.####.exr", frames: 1-96, color_space: ACEScg}}
  - {name: sh0040, person: double, shot: {manifest: shots.yaml, shot: sh0040}}
faceset: {size: 192, exclude: {reel: 1200-1210, sh0040: 1001}}
trainer: {batch: 4, iterations: 1000}
store: work/
"""
SHOTS = """\
schema_version: 1
production: harbour
people:
  lead: {references: [refs/lead.mp4], consent: consents/lead.yaml}
  double: {consent: consents/double.yaml}
  friend: {consent: consents/friend.yaml}
shots:
  - name: sh0040
    plate: {path: plates/sh0040.mp4, frames: 1001-1096, color_space: sRGB}
    replace:
      - {performer: friend, identity: lead, engine: landmark_warp, track: 1}
      - {performer: double, identity: lead, engine: landmark_warp, track: 2}
deliver:
  - {kind: review, path: "out/{shot}.mp4"}
store: shots_work/
"""


def written(folder: Path, *changes: tuple[str, str], shots: str = SHOTS) -> Path:
    """The training manifest with each old text replaced by the new one, beside its shot manifest."""
    text = TRAINING
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is not once in the sound training manifest"
        text = text.replace(old, new)
    return written_whole(folder, text, shots)


def written_whole(folder: Path, text: str, shots: str = SHOTS) -> Path:
    """``text`` as a training manifest."""
    folder.mkdir(exist_ok=True)
    (folder / "shots.yaml").write_text(shots, encoding="utf-8")
    (folder / "train.yaml").write_text(text, encoding="utf-8")
    return folder / "train.yaml"
