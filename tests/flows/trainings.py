"""A little training for tests: the demo's sitter and its face that is nobody's, a few frames of each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from fsvfx.demo import shot
from fsvfx.demo.puppet import Pose

FRAMES, SIZE = 12, 360
ITERATIONS = 24
MANIFEST = f"""\
schema_version: 1
production: demo
model: nobody_on_sitter
engine: df
architecture: {{resolution: 64, ae_dims: 16, e_dims: 8, d_dims: 8, d_mask_dims: 4}}
identity: nobody
performer: sitter
people:
  nobody: {{consent: nobody.consent.yaml}}
  sitter: {{consent: sitter.consent.yaml}}
footage:
  - {{name: reel, person: nobody, plate: {{path: nobody.####.png, frames: 1001-1012, color_space: sRGB}}}}
  - {{name: plate, person: sitter, plate: {{path: sitter.####.png, frames: 1001-1012, color_space: sRGB}}}}
faceset: {{size: 64, blurred: 0, duplicates: 0, held_out: 0.3, stretch: 2, gap: 1}}
trainer:
  {{batch: 1, iterations: {ITERATIONS}, log_every: 1, checkpoint_iterations: 1, preview_iterations: 8, preview_rows: 2}}
"""
ALLOWED = "  training_allowed: true\n"


def make_training(folder: Path) -> Path:
    """Write footage, consent records that allow training, and the training's manifest; returns its path."""
    sitter = shot.portrait()
    mesh = shot.mesh_of(sitter)
    poses = (Pose(yaw=yaw, pitch=yaw / 3) for yaw in np.linspace(-6, 6, FRAMES))
    _write(folder, "sitter", (shot.act(sitter, mesh, pose) for pose in poses))
    _write(folder, "nobody", (picture for picture, _ in shot.nobody(sitter, mesh)))
    for name in ("nobody", "sitter"):
        said = shot._template(f"{name}.consent.yaml")
        before, scope, rest = said.partition("scope:\n")
        assert scope
        (folder / f"{name}.consent.yaml").write_text(before + scope + ALLOWED + rest)
    path = folder / "train.yaml"
    path.write_text(MANIFEST)
    return path


def _write(folder: Path, name: str, pictures: Iterable[np.ndarray]) -> None:
    for number, picture in enumerate(pictures, 1001):
        small = cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{name}.{number}.png"), small[..., ::-1])
