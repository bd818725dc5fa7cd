"""A little training for tests: the demo's sitter and its face that is nobody's, a few frames of each."""

from __future__ import annotations

from pathlib import Path

from fsvfx.demo import make

MANIFEST = """\
schema_version: 1
production: demo
model: nobody_on_sitter
engine: df
architecture: {resolution: 64, ae_dims: 16, e_dims: 8, d_dims: 8, d_mask_dims: 4}
identity: nobody
performer: sitter
people:
  nobody: {consent: nobody.consent.yaml}
  sitter: {consent: sitter.consent.yaml}
footage:
  - {name: reel, person: nobody, plate: {path: refs/nobody.##.png, frames: 0-11, color_space: sRGB}}
  - {name: plate, person: sitter, plate: {path: plate.mp4, first_frame: 1001, frames: 1001-1012, color_space: sRGB}}
faceset: {size: 64, blurred: 0, duplicates: 0, held_out: 0.3, stretch: 2, gap: 1}
trainer: {batch: 2, iterations: 8, lr: 1.0e-3, log_every: 1, checkpoint_iterations: 1, preview_iterations: 4, preview_rows: 2}
chunk_size: 6
"""


def make_training(folder: Path, *, allowed: bool = True) -> Path:
    """Write footage, consent records and the training's manifest; returns its path."""
    make(folder)
    for name in ("nobody", "sitter"):
        record = folder / f"{name}.consent.yaml"
        said = record.read_text()
        assert "  valid_from:" in said
        record.write_text(said.replace("  valid_from:", f"  training_allowed: {str(allowed).lower()}\n  valid_from:"))
    path = folder / "train.yaml"
    path.write_text(MANIFEST)
    return path
