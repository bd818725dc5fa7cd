"""Two hundred edits with changed bytes, of every kind of object: read, or refused by an error of ours.

``tests/fsvfx/test_mutated_files.py`` does more of simpler ones, in a process of its own.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from edits import clip, dissolve, gap, save, span, timeline
from mutations import mutated
from opentimelineio.opentime import RationalTime
from opentimelineio.schema import Clip, Effect, GeneratorReference, ImageSequenceReference, LinearTimeWarp, Stack, Track

from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.edit import read_edit
from fsvfx.editorial.edl.writer import edl_of
from fsvfx.errors import FsvfxError, InputError

EDL = """\
TITLE: CUT 1
FCM: DROP FRAME

001  BL       V     C        00:00:00:00 00:00:00:00 10:00:00:00 10:00:00:00
001  A001     V     D    012 01:00:01:02 01:00:03:02 10:00:00:00 10:00:02:00
* TO CLIP NAME:  sh010
* LOC: 10:00:01:00 RED     FIX
002  B 001    AA/V  C        23:59:59:10 00:00:00:10 10:00:03:00 10:00:04:00
* FROM CLIP NAME:  sh020
* SOURCE FILE: B_001.mov
M2   B 001    029.9                23:59:59:10
003  B 001    V     C        00:00:00:10 00:00:00:10 10:00:04:00 10:00:04:00
003  BL       V     D    012 00:00:00:00 00:00:00:12 10:00:04:00 10:00:04:12
004  A001     A2    C        01:00:01:02 01:00:03:02 10:00:08:00 10:00:10:00
"""


def otio_bytes(folder: Path) -> bytes:
    numbered = Clip("sh030", None, span(500, 24))
    numbered.media_reference = ImageSequenceReference(
        "plates/", "a.", ".exr", 1001, 1, 24, 4, available_range=span(490, 48)
    )
    numbered.effects.extend(
        [Effect(effect_name="Blur", metadata={"a": [1, {"b": 2.5}]}), LinearTimeWarp(time_scalar=1)]
    )
    inner = Track("in", kind="Video")
    inner.extend([clip("sh040", 10, 20, media="file:///D:/a%20b.mov", there=(0, 500)), dissolve(2, 2), numbered])
    bars = Clip("bars", GeneratorReference(generator_kind="SMPTEBars"), span(0, 24))
    made = timeline(
        gap(5),
        dissolve(0, 4),
        clip("sh010", 86400, 48, media="a001.mov"),
        Stack("nest", children=[inner], source_range=span(5, 30)),
        bars,
        start=RationalTime(86400, 24),
    )
    return save(made, folder / "good.otio").read_bytes()


@pytest.mark.parametrize("kind", ["otio", "edl"])
def test_a_changed_edit_is_read_or_refused(tmp_path: Path, kind: str) -> None:
    content = EDL.encode() if kind == "edl" else otio_bytes(tmp_path)
    path = tmp_path / f"cut.{kind}"
    outcomes = set()
    for seed in range(100):
        path.write_bytes(mutated(content, seed, text=True))
        outcomes.add(_outcome(path))
    assert outcomes == {"read", "refused"}


def _outcome(path: Path) -> str:
    """What comes of it; only errors of ours may."""
    try:
        edit = read_edit(path, Fraction(30000, 1001))
        cuts_of(edit)
    except FsvfxError as error:
        _check(error)
        return "refused"
    try:
        edl_of(edit.timeline, edit.rate, None)
    except FsvfxError as error:  # nested
        _check(error)
    return "read"


def _check(error: FsvfxError) -> None:
    assert isinstance(error, InputError)
    assert error.what
    assert error.hint
