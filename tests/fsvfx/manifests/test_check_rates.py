"""Reviews, movies and timecodes of image sequences need a frame rate: told by ``validate``."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from footage import write_exr

from fsvfx import manifests
from fsvfx.errors import ManifestError

MANIFEST = """\
schema_version: 1
production: toy
people: {{}}
shots:
  - name: sh01
    plate: {{path: {plate}, frames: 1001-1002, color_space: {space}{more}}}
deliver:
  - {{kind: exr, path: "out/a.####.exr"}}
{deliver}
"""
REVIEW = '  - {kind: review, path: "out/a.mp4"}'
MOVIE = '  - {kind: movie, path: "out/a.mov", color_space: Rec.709}'

CASES = [
    ("p.####.png", "", "", None),
    ("p.####.png", "", REVIEW, "a review needs a frame rate"),
    ("p.####.tif", "", MOVIE, "a movie needs a frame rate"),
    ("p.####.jpg", ", timecode: '01:00:00:00'", "", "plate.timecode needs a frame rate"),
    ("p.####.png", ", frame_rate: 24", REVIEW, None),
    ("p.mp4", "", REVIEW, None),
    ("absent.####.exr", "", REVIEW, None),
    ("bare.####.exr", "", REVIEW, "a review needs a frame rate"),
    ("bare.####.exr", "", MOVIE, "a movie needs a frame rate"),
    ("bare.####.exr", "", "", None),
    ("rated.####.exr", "", REVIEW, None),
    ("s3://bucket/p.####.exr", "", REVIEW, None),
    ("s3://bucket/p.####.png", "", REVIEW, "a review needs a frame rate"),
]


@pytest.mark.parametrize(("plate", "more", "deliver", "said"), CASES)
def test_what_is_timed_needs_a_rate(plate: str, more: str, deliver: str, said: str | None, tmp_path: Path) -> None:
    header: dict[str, Any] = {"bare": {}, "rated": {"framesPerSecond": Fraction(24)}}
    for name, facts in header.items():
        write_exr(tmp_path / f"{name}.1001.exr", np.zeros((4, 6, 3), np.float16), **facts)
    path = tmp_path / "shot.yaml"
    space = "ACEScg" if ".exr" in plate else "sRGB"
    path.write_text(MANIFEST.format(plate=plate, more=more, deliver=deliver, space=space))
    if said is None:
        assert manifests.load(path)
        return
    with pytest.raises(ManifestError) as caught:
        manifests.load(path)
    [problem] = caught.value.problems
    assert (problem.field, problem.line) == ("shots[0].plate", 6)
    assert said in problem.what


@pytest.mark.parametrize("rate", ["24/0", "24p", "'23,976'", "-24", ".nan", "true", "[24]", "1000"])
def test_a_wrong_rate_is_not_told_as_a_missing_one(rate: str, tmp_path: Path) -> None:
    path = tmp_path / "shot.yaml"
    more = f", frame_rate: {rate}"
    path.write_text(MANIFEST.format(plate="p.####.png", more=more, deliver=REVIEW, space="sRGB"))
    with pytest.raises(ManifestError) as caught:
        manifests.load(path)
    assert [problem.field for problem in caught.value.problems] == ["shots[0].plate.frame_rate"]
