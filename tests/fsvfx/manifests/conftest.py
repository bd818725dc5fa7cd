"""A sound manifest for the tests to spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SOUND = """\
schema_version: 1
production: harbour
people:
  lead: {references: [refs/lead.mp4, "refs/lead/*.png"], consent: consents/lead.yaml}
  double: {references: [], consent: consents/double.yaml}
shots:
  - name: sh0040
    plate: {path: plates/sh0040.mp4, first_frame: 1001, frames: 1001-1240, color_space: sRGB}
    replace:
      - {performer: double, identity: lead, engine: landmark_warp, settings: {},
         overrides: [{frames: 1100-1120, settings: {}}]}
    composite: {mode: seamless, overrides: [{frames: 1100-1120, erode: 4}]}
    chunk_size: 24
  - name: sh0050
    plate: {path: "plates/sh0050.####.exr", frames: 1001-1048, color_space: ACEScg}
deliver:
  - {kind: exr, path: "out/{shot}/{shot}.{frame}.exr"}
  - {kind: review, path: "out/{shot}/{shot}.mp4"}
store: work/
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a manifest: the sound one with ``old`` replaced by ``new``, or ``new`` alone."""

    def write(new: str = "", old: str | None = "") -> Path:
        folder = tmp_path / "job"
        folder.mkdir(exist_ok=True)
        if old:
            assert SOUND.count(old) == 1, f"{old!r} is not once in the sound manifest"
        text = new if old is None else SOUND.replace(old, new) if old else SOUND
        (folder / "shots.yaml").write_text(text, encoding="utf-8")
        return folder / "shots.yaml"

    return write
