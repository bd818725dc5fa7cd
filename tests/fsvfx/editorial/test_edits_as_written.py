"""Edits as editing systems write them: fades, midnight, bins, layers, channels, reels, encodings, other people's paths.

The plates: A001.mov, frames 0-99 from 01:00:00:00; M001.mov, frames 0-47 from 23:59:59:00; both at 24.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from edits import clip, dissolve, exr_plates, gap, save, span, template, timeline
from footage import write_video
from opentimelineio.opentime import RationalTime
from opentimelineio.schema import (
    Clip,
    ExternalReference,
    GeneratorReference,
    ImageSequenceReference,
    SerializableCollection,
    Stack,
    Track,
)

from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.edit import read_edit
from fsvfx.editorial.manifest import ImportedEdit, ImportOptions, import_edit
from fsvfx.errors import EditError, InputError

HOUR = 86400
FILM = Fraction(24)


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plates")
    write_video(folder / "A001.mov", 100, metadata={"timecode": "01:00:00:00"})
    write_video(folder / "M001.mov", 48, metadata={"timecode": "23:59:59:00"})
    shutil.copy(folder / "A001.mov", folder / "A 001 v1.mov")
    shutil.copy(folder / "A001.mov", folder / "A001.C003.mov")
    template(folder)
    return folder


def taken(folder: Path, edit: Path, *places: Path | str, rate: Fraction | None = None, **wishes: Any) -> ImportedEdit:
    """``folder``: of the template; plates are below it."""
    return import_edit(
        edit, folder / "show.yaml", ImportOptions(tuple(map(str, places)), handles=0, rate=rate, **wishes)
    )


def shown(made: ImportedEdit) -> dict[str, tuple[int, int]]:
    """First index into the plate, and how many frames, by the shots' names."""
    return {shot.cut.shot: (shot.needed.first - shot.first_frame, len(shot.needed)) for shot in made.shots}


def at(index: int) -> str:
    """Timecode of a frame of A001.mov."""
    return f"01:00:{index // 24:02}:{index % 24:02}"


def event(number: str, reel: str, channels: str, kind: str, source: int, frames: int, record: int) -> str:
    codes = at(source), at(source + frames), at(record), at(record + frames)
    return f"{number}  {reel:8} {channels:5} {kind:8} {' '.join(codes)}"


def black(number: str, kind: str, frames: int, record: int) -> str:
    codes = "00:00:00:00", f"00:00:00:{frames:02}", at(record), at(record + frames)
    return f"{number}  BL       V     {kind:8} {' '.join(codes)}"


NAME = "* FROM CLIP NAME:  {}".format
TO = "* TO CLIP NAME:  {}".format
EDLS: dict[str, tuple[list[str], dict[str, tuple[int, int]]]] = {
    "fade from black": (
        [black("001", "C", 0, 0), event("001", "A001", "V", "D    012", 10, 30, 0), TO("s1")],
        {"s1": (10, 30)},
    ),
    "fade from black named FROM": (
        [black("001", "C", 0, 0), event("001", "A001", "V", "D    012", 10, 30, 0), NAME("s1")],
        {"s1": (10, 30)},
    ),
    "fade to black": (
        [
            event("001", "A001", "V", "C", 10, 30, 0),
            NAME("s1"),
            event("002", "A001", "V", "C", 40, 0, 30),
            black("002", "D    012", 12, 30),
        ],
        {"s1": (10, 42)},
    ),
    "black between": (
        [
            event("001", "A001", "V", "C", 10, 9, 0),
            NAME("s1"),
            black("002", "C", 5, 9),
            event("003", "A001", "V", "C", 50, 9, 14),
            NAME("s2"),
        ],
        {"s1": (10, 9), "s2": (50, 9)},
    ),
    "dissolve": (
        [
            event("001", "A001", "V", "C", 10, 20, 0),
            NAME("s1"),
            event("002", "A001", "V", "C", 30, 0, 20),
            event("002", "A001", "V", "D    006", 60, 20, 20),
            NAME("s1"),
            TO("s2"),
        ],
        {"s1": (10, 26), "s2": (60, 20)},
    ),
    "dissolve whose halves are numbered apart": (
        [
            event("000001", "A001", "V", "C", 10, 20, 0),
            NAME("s1"),
            event("000002", "A001", "V", "C", 30, 0, 20),
            event("000003", "A001", "V", "D    006", 60, 20, 20),
            TO("s2"),
        ],
        {"s1": (10, 26), "s2": (60, 20)},
    ),
    "outgoing line with frames of its own": (
        [
            event("001", "A001", "V", "C", 10, 20, 0),
            event("001", "A001", "V", "D    006", 60, 20, 20),
            NAME("s1"),
            TO("s2"),
        ],
        {"A001": (10, 26), "s2": (60, 20)},
    ),
    "wipe": (
        [
            event("001", "A001", "V", "C", 10, 20, 0),
            NAME("s1"),
            event("002", "A001", "V", "C", 30, 0, 20),
            event("002", "A001", "V", "W001 006", 60, 20, 20),
            TO("s2"),
        ],
        {"s1": (10, 26), "s2": (60, 20)},
    ),
    "sound only": (
        [
            event("001", "A001", "AA", "C", 0, 50, 0),
            event("002", "A001", "V", "C", 10, 20, 0),
            NAME("s1"),
            event("003", "A001", "A2", "C", 0, 9, 3),
        ],
        {"s1": (10, 20)},
    ),
    "sound and picture": ([event("001", "A001", "AA/V", "C", 10, 20, 0), NAME("s1")], {"s1": (10, 20)}),
    "B": ([event("001", "A001", "B", "C", 10, 20, 0), NAME("s1")], {"s1": (10, 20)}),
    "A2/V": ([event("001", "A001", "A2/V", "C", 10, 20, 0), NAME("s1")], {"s1": (10, 20)}),
    "A1A2V": ([event("001", "A001", "A1A2V", "C", 10, 20, 0), NAME("s1")], {"s1": (10, 20)}),
    "no channel": (
        [event("001", "A001", "NONE", "C", 10, 20, 0), event("002", "A001", "V", "C", 10, 20, 0), NAME("s1")],
        {"s1": (10, 20)},
    ),
    "two layers": (
        [event("001", "A001", "V", "C", 10, 20, 0), NAME("s1"), event("002", "A001", "V2", "C", 60, 5, 8), NAME("s2")],
        {"s1": (10, 20), "s2": (60, 5)},
    ),
    "reel with spaces": ([event("001", "A 001 v1", "V", "C", 10, 20, 0), NAME("s1")], {"s1": (10, 20)}),
    "reel with dots": ([event("001", "A001.C003", "V", "C", 10, 20, 0), NAME("s1")], {"s1": (10, 20)}),
    "reel in a remark": ([event("001", "AX", "V", "C", 10, 20, 0), "* REEL: A001", NAME("s1")], {"s1": (10, 20)}),
    "source file": ([event("001", "AX", "V", "C", 10, 20, 0), "* SOURCE FILE: A001.mov", NAME("s1")], {"s1": (10, 20)}),
    "reel that Final Cut Pro put a number in place of": (
        [event("001", "001", "V", "C", 10, 20, 0), "FINAL CUT PRO REEL: A001 REPLACED BY: 001", NAME("s1")],
        {"s1": (10, 20)},
    ),
    "Avid's file number": (
        [event("000001", "FILE_129", "V", "C", 10, 20, 0), NAME("s1"), "* SOURCE FILE: A001", "* ASC_SAT: 1.0"],
        {"s1": (10, 20)},
    ),
    "Avid's sound": (
        [event("001", "A001", "V", "C", 10, 20, 0), "AUD   3    4", NAME("s1"), "SPLIT:    AUDIO DELAY=  00:00:00:05"],
        {"s1": (10, 20)},
    ),
    "name without a colon": ([event("001", "A001", "V", "C", 10, 20, 0), "* FROM CLIP NAME  s1"], {"s1": (10, 20)}),
    "name behind IS": ([event("001", "A001", "V", "C", 10, 20, 0), "FROM CLIP NAME IS: s1"], {"s1": (10, 20)}),
    "name in lower case": ([event("001", "AX", "V", "C", 10, 20, 0), "* from clip name: A001.mov"], {"A001": (10, 20)}),
    "name with a colon": ([event("001", "A001", "V", "C", 10, 20, 0), "*FROM CLIP NAME : s1: b"], {"s1_b": (10, 20)}),
    "one frame": ([event("001", "A001", "V", "C", 10, 1, 0), NAME("s1")], {"s1": (10, 1)}),
    "no frame": (
        [event("001", "A001", "V", "C", 10, 0, 0), NAME("s0"), event("002", "A001", "V", "C", 10, 20, 0), NAME("s1")],
        {"s1": (10, 20)},
    ),
    "wipe without a length": (
        [
            event("001", "A001", "V", "C", 10, 20, 0),
            NAME("s1"),
            event("002", "A001", "V", "W001", 60, 20, 20),
            TO("s2"),
        ],
        {"s1": (10, 20), "s2": (60, 20)},
    ),
    "header that tells the rate": (["* FRAME RATE: 24", event("001", "A001", "V", "C", 10, 9, 0)], {"A001": (10, 9)}),
    "no reel": ([event("001", "", "V", "C", 10, 20, 0), NAME("A001.mov")], {"A001": (10, 20)}),
    "remarks anywhere": (
        [
            "* made by hand",
            event("001", "A001", "V", "C", 10, 20, 0),
            "",
            "* COMMENT: 3 in 1",
            NAME("s1"),
            ">>> SOURCE",
            "* END",
        ],
        {"s1": (10, 20)},
    ),
    "numbers past 999 and repeated": (
        [
            event("1001", "A001", "V", "C", 10, 5, 0),
            NAME("s1"),
            event("1001", "A001", "V", "C", 20, 5, 5),
            NAME("s2"),
            event("7", "A001", "V", "C", 30, 5, 10),
            NAME("s3"),
        ],
        {"s1": (10, 5), "s2": (20, 5), "s3": (30, 5)},
    ),
    "in the order of the sources": (
        [event("001", "A001", "V", "C", 10, 5, 20), NAME("s2"), event("002", "A001", "V", "C", 30, 5, 0), NAME("s1")],
        {"s1": (30, 5), "s2": (10, 5)},
    ),
    "past midnight": (
        [
            "001  M001     V     C        23:59:59:12 00:00:00:12 23:59:59:12 00:00:00:12",
            NAME("s1"),
            "002  M001     V     C        00:00:00:02 00:00:00:12 00:00:00:12 00:00:00:22",
            NAME("s2"),
        ],
        {"s1": (12, 24), "s2": (26, 10)},
    ),
    "tabs": (["001\tA001\tV\tC\t\t01:00:00:10\t01:00:01:06\t10:00:00:00\t10:00:00:20", NAME("s1")], {"s1": (10, 20)}),
}


@pytest.mark.parametrize("kind", EDLS)
def test_an_edl_as_it_is_written(plates: Path, tmp_path: Path, kind: str) -> None:
    lines, right = EDLS[kind]
    (tmp_path / "cut.edl").write_text("\n".join(["TITLE: x", "FCM: NON-DROP FRAME", *lines]))
    assert shown(taken(plates, tmp_path / "cut.edl", plates, rate=FILM)) == right


PLAIN = ["TITLE: x", event("001", "A001", "V", "C", 10, 20, 0), NAME("scène_é")]


@pytest.mark.parametrize(
    ("encoding", "ends", "name"),
    [
        ("utf-8", "\n", "sc_ne"),
        ("utf-8-sig", "\r\n", "sc_ne"),
        ("utf-16", "\r\n", "sc_ne"),
        ("utf-16-le", "\r\n", "sc_ne"),
        ("utf-16-be", "\n", "sc_ne"),
        ("latin-1", "\r\n", "sc_ne"),
        ("mac_roman", "\r", "sc_ne"),
        ("utf-8", "  \t \n", "sc_ne"),
    ],
)
def test_an_edl_in_any_encoding(plates: Path, tmp_path: Path, encoding: str, ends: str, name: str) -> None:
    (tmp_path / "cut.edl").write_bytes(ends.join(PLAIN).encode(encoding))
    made = taken(plates, tmp_path / "cut.edl", plates, rate=FILM)
    assert shown(made) == {name: (10, 20)}
    assert made.shots[0].cut.clip == "scène_é"
    guessed = encoding in ("latin-1", "mac_roman")
    assert ("not UTF-8" in "\n".join(made.notes)) == guessed


TOLD = {
    "no frame": "event 001 shows no frame: left out (line 3)",
    "wipe without a length": "event 002 is a transition without a length: read as a cut (line 5)",
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_an_edl_leaves_open_is_told(tmp_path: Path, kind: str) -> None:
    (tmp_path / "cut.edl").write_text("\n".join(["TITLE: x", "FCM: NON-DROP FRAME", *EDLS[kind][0]]))
    assert TOLD[kind] in read_edit(tmp_path / "cut.edl", FILM).notes


def test_a_clip_that_is_used_again_and_again_is_one_note(tmp_path: Path) -> None:
    lines = [event(f"{index:03}", "A001", "V", "C", index, 1, index) for index in range(1200)]
    (tmp_path / "cut.edl").write_text("\n".join(lines))
    found = cuts_of(read_edit(tmp_path / "cut.edl", FILM))
    assert len(found.cuts) == 1200
    assert found.notes == ("A001 is in the edit 1200 times: then as A001_2 to A001_1200",)


WRONG_EDLS = {
    "a list of markers": (
        event("001", "001", "V", "C", 10, 1, 0) + "\n |C:ResolveColorBlue |M:Marker 1 |D:1",
        "list of markers",
    ),
    "a header of another rate": (
        "TITLE: x\nFPS: 25\n" + event("001", "A001", "V", "C", 0, 9, 0),
        "its header says 25 frames a second, and it is to be read at 24",
    ),
    "frame 24 of 24": (
        "001  A001  V  C  01:00:00:24 01:00:02:00 10:00:00:00 10:00:01:00",
        "01:00:00:24 is no timecode",
    ),
    "a key": (event("001", "A001", "V", "K B", 10, 20, 0), "key"),
    "records overlap": (
        event("001", "A001", "V", "C", 0, 20, 0) + "\n" + event("002", "A001", "V", "C", 0, 20, 9),
        "begins before",
    ),
    "transition too long": (
        "\n".join([event("001", "A001", "V", "C", 0, 20, 0), event("002", "A001", "V", "D 030", 40, 20, 20)]),
        "longer than itself",
    ),
    "dissolve from what is not there": (
        "\n".join([event("001", "B002", "V", "C", 0, 0, 0), event("001", "A001", "V", "D 006", 40, 20, 0)]),
        "comes from B002",
    ),
    "three codes": ("001  A001  V  C  01:00:00:00 01:00:02:00 10:00:00:00", "no event of CMX 3600"),
    "drop-frame at 24": ("FCM: DROP FRAME\n" + event("001", "A001", "V", "C", 0, 20, 0), "drop-frame"),
    "M2 of no event": ("M2 A001 048.0 01:00:00:00\n" + event("001", "A001", "V", "C", 0, 9, 0), "before all events"),
    "source backwards": ("001  A001  V  C  01:00:02:00 01:00:00:00 10:00:00:00 10:00:02:00", "ends before it begins"),
}


@pytest.mark.parametrize("kind", WRONG_EDLS)
def test_an_edl_that_contradicts_itself_is_refused(tmp_path: Path, kind: str) -> None:
    text, word = WRONG_EDLS[kind]
    (tmp_path / "cut.edl").write_text(text)
    with pytest.raises(EditError) as caught:
        read_edit(tmp_path / "cut.edl", FILM)
    assert word in "\n".join(problem.what for problem in caught.value.problems)


DROPPED = [  # the number of frames, by the definition of drop-frame timecode: 2 (4) numbers a minute but each tenth
    ("00:00:59:25 00:01:00:07", 10, Fraction(30000, 1001)),
    ("00:09:59:20 00:10:00:10", 20, Fraction(30000, 1001)),
    ("00:00:59:55 00:01:00:14", 15, Fraction(60000, 1001)),
    ("00:09:59:50 00:10:00:10", 20, Fraction(60000, 1001)),
    ("23:59:59:50 00:00:00:10", 20, Fraction(60000, 1001)),
]


@pytest.mark.parametrize(("codes", "frames", "rate"), DROPPED)
def test_drop_frame_tells_the_rate_and_counts_no_dropped_numbers(
    tmp_path: Path, codes: str, frames: int, rate: Fraction
) -> None:
    (tmp_path / "cut.edl").write_text(f"FCM: DROP FRAME\n001  A001  V  C  {codes} {codes}\n")
    edit = read_edit(tmp_path / "cut.edl")
    assert edit.rate == rate
    [only] = edit.timeline.find_clips()
    assert only.source_range.duration.value == frames


MIXED = [  # labels mean the plate's frames, however the edit counts them; plates begin at 01:00:59:00
    (":", "DROP FRAME", "01:01:02:10 01:01:03:10", 100),
    (";", "DROP FRAME", "01:01:02:10 01:01:03:10", 98),
    (";", "DROP FRAME", "01:01:02;10 01:01:03;10", 98),
    (":", "DROP FRAME", "01:01:02;10 01:01:03;10", 100),
    (":", "NON-DROP FRAME", "01:01:02:10 01:01:03:10", 100),
    (";", "NON-DROP FRAME", "01:01:02:10 01:01:03:10", 98),
    (":", "DROP FRAME", "01:00:59:20 01:01:00:20", 20),
    (":", "DROP FRAME", "01:01:00:00 01:01:01:00", 30),
]


@pytest.mark.parametrize(("mark", "mode", "source", "index"), MIXED)
def test_drop_and_non_drop_may_be_mixed(tmp_path: Path, mark: str, mode: str, source: str, index: int) -> None:
    template(tmp_path)
    rate = Fraction(30000, 1001)
    write_video(tmp_path / "A001.mov", 150, rate=rate, metadata={"timecode": f"01:00:59{mark}00"})
    text = f"FCM: {mode}\n001  A001  V  C  {source} 10:00:00:00 10:00:01:00\n* FROM CLIP NAME: s1\n"
    (tmp_path / "cut.edl").write_text(text)
    made = taken(tmp_path, tmp_path / "cut.edl", tmp_path, rate=rate)
    assert shown(made) == {"s1": (index, 30)}


def test_a_label_that_the_plate_has_not_is_told(tmp_path: Path) -> None:
    template(tmp_path)
    rate = Fraction(30000, 1001)
    write_video(tmp_path / "A001.mov", 150, rate=rate, metadata={"timecode": "01:00:59;00"})
    text = "FCM: NON-DROP FRAME\n001  A001  V  C  01:01:00:00 01:01:01:00 10:00:00:00 10:00:01:00\n"
    (tmp_path / "cut.edl").write_text(text)
    with pytest.raises(EditError) as caught:
        taken(tmp_path, tmp_path / "cut.edl", tmp_path, rate=rate)
    assert "01:01:00;00 is a label that drop-frame leaves out" in caught.value.problems[0].what


def sh(name: str, start: int, frames: int, **more: Any) -> Clip:
    return clip(name, HOUR + start, frames, media="A001.mov", **more)


def bin_of(*items: Any) -> SerializableCollection:
    return SerializableCollection("bin", list(items))


def layers() -> Any:
    made = timeline(sh("s1", 10, 20))
    over = Track("V2", kind="Video")
    over.extend([gap(5), sh("s2", 60, 5)])
    made.tracks.append(over)
    return made


def multicam() -> Any:
    """Two angles in a nest; the one that is not used is switched off."""
    angles = [Track(name, kind="Video") for name in ("angle 1", "angle 2")]
    for index, angle in enumerate(angles):
        angle.append(sh(f"s{index + 1}", 10 + 40 * index, 30))
    angles[0].enabled = False
    return timeline(Stack("multicam", children=angles, source_range=span(5, 12)))


def twice_nested() -> Any:
    inner, middle = Track("in", kind="Video"), Track("mid", kind="Video")
    inner.extend([sh("s1", 10, 20), sh("s2", 50, 20)])
    middle.append(Stack("in", children=[inner], source_range=span(5, 30)))
    return timeline(Stack("out", children=[middle], source_range=span(10, 12)))


def off() -> Clip:
    made = sh("s9", 0, 10)
    made.enabled = False
    return made


def past_midnight() -> Any:
    day = 24 * HOUR
    made = clip("s1", day - 12, 24, media="M001.mov")  # 23:59:59:12
    return timeline(made, clip("s2", 2, 10, media="M001.mov"), start=RationalTime(day - 12, 24))


OTIOS: dict[str, tuple[Callable[[], Any], dict[str, tuple[int, int]], str]] = {
    "fade from black at the start": (lambda: timeline(dissolve(0, 12), sh("s1", 10, 30)), {"s1": (10, 30)}, ""),
    "fade from black centred on the cut": (
        lambda: timeline(gap(20), dissolve(6, 6), sh("s1", 10, 30)),
        {"s1": (4, 36)},
        "",
    ),
    "fade to black at the end": (lambda: timeline(sh("s1", 10, 30), dissolve(12, 0)), {"s1": (10, 30)}, ""),
    "fade to black beyond the end": (lambda: timeline(sh("s1", 10, 30), dissolve(0, 12)), {"s1": (10, 42)}, ""),
    "fade to black into a gap": (lambda: timeline(sh("s1", 10, 30), dissolve(6, 6), gap(20)), {"s1": (10, 36)}, ""),
    "a bin with one timeline": (lambda: bin_of(timeline(sh("s1", 10, 30))), {"s1": (10, 30)}, ""),
    "a bin in a bin": (lambda: bin_of(bin_of(timeline(sh("s1", 10, 30))), sh("loose", 0, 5)), {"s1": (10, 30)}, ""),
    "layers": (layers, {"s1": (10, 20), "s2": (60, 5)}, "s1 (V1) and s2 are there at the same time"),
    "a generator": (
        lambda: timeline(Clip("bars", GeneratorReference(generator_kind="SMPTEBars"), span(0, 24)), sh("s1", 10, 30)),
        {"s1": (10, 30)},
        "bars: made by the editing system (SMPTEBars)",
    ),
    "a clip that is switched off": (lambda: timeline(off(), sh("s1", 10, 30)), {"s1": (10, 30)}, "s9: switched off"),
    "multicam": (multicam, {"s2": (55, 12)}, "s1: switched off"),
    "nests in nests": (twice_nested, {"s1": (25, 5), "s2": (50, 7)}, ""),
    "past midnight": (past_midnight, {"s1": (12, 24), "s2": (26, 10)}, ""),
}


@pytest.mark.parametrize("kind", OTIOS)
def test_an_otio_as_it_is_written(plates: Path, tmp_path: Path, kind: str) -> None:
    make, right, word = OTIOS[kind]
    made = make()
    if kind == "layers":
        made.tracks.append(Track("V3", kind="Video"))
    result = taken(plates, save(made, tmp_path / "cut.otio"), plates)
    assert shown(result) == right
    assert word in "\n".join(result.notes)


def test_several_timelines_are_told(tmp_path: Path) -> None:
    made = bin_of(*(timeline(sh("s1", 0, 5)) for _ in range(2)))
    made[0].name, made[1].name = "reel 1", "reel 2"
    with pytest.raises(InputError, match="2 timelines: reel 1, reel 2"):
        read_edit(save(made, tmp_path / "cut.otio"))
    with pytest.raises(InputError, match="without a timeline"):
        read_edit(save(bin_of(sh("s1", 0, 5)), tmp_path / "cut.otio"))


def test_an_edit_of_gaps_has_no_picture(plates: Path, tmp_path: Path) -> None:
    with pytest.raises(EditError, match="1 problem"):
        taken(plates, save(timeline(gap(20)), tmp_path / "cut.otio"), plates)


def test_a_bundle_is_read_without_unpacking_it(plates: Path, tmp_path: Path) -> None:
    shutil.copy(plates / "A001.mov", tmp_path)
    made = timeline(clip("s1", HOUR + 10, 30, media=(tmp_path / "A001.mov").as_uri()))
    otio.adapters.write_to_file(made, str(tmp_path / "cut.otioz"))
    assert shown(taken(plates, tmp_path / "cut.otioz", plates)) == {"s1": (10, 30)}
    otio.adapters.write_to_file(made, str(tmp_path / "cut.otiod"))
    template(tmp_path)
    assert shown(taken(tmp_path, tmp_path / "cut.otiod")) == {"s1": (10, 30)}, "media lie in the bundle"


MAPS = [
    (r"D:\shots\reel 1\A001.mov", r"D:\shots", ""),
    (r"d:\Shots\reel 1\A001.mov", "D:/SHOTS/", ""),
    (r"\\server\raid\shots\reel 1\A001.mov", r"\\SERVER\raid\shots", ""),
    ("file:///D:/shots/reel%201/A001.mov", r"D:\shots", ""),
    ("file://localhost/D%3a/shots/reel%201/A001.mov", "D:/shots", ""),
    ("file://server/raid/shots/reel%201/A001.mov", "//server/raid/shots", ""),
    ("file:///Volumes/RAID/shots/reel%201/A001.mov", "/Volumes/RAID/shots", ""),
    ("/Volumes/RAID/shots/reel 1/A001.mov", "file:///Volumes/RAID/shots", ""),
    ("/mnt/x/reel 1/A001.mov", "/mnt/x/reel 1", "/reel 1"),
]


@pytest.mark.parametrize(("address", "source", "below"), MAPS)
def test_maps_tell_where_other_machines_paths_are_here(
    plates: Path, tmp_path: Path, address: str, source: str, below: str
) -> None:
    template(tmp_path)
    (tmp_path / "reel 1").mkdir()
    shutil.copy(plates / "A001.mov", tmp_path / "reel 1")
    made = timeline(sh("s1", 10, 30))
    made.find_clips()[0].media_reference = ExternalReference(address)
    edit = save(made, tmp_path / "cut.otio")
    with pytest.raises(EditError) as caught:
        taken(tmp_path, edit)
    assert "--map" in caught.value.problems[0].hint
    result = taken(tmp_path, edit, maps=(r"E:\none=/nowhere", f"{source}={tmp_path}{below}"))
    assert shown(result) == {"s1": (10, 30)}
    assert r"--map E:\none=/nowhere: no path of the edit begins with E:/none" in result.notes


def test_what_no_map_is_for_is_told(plates: Path, tmp_path: Path) -> None:
    template(tmp_path)
    shutil.copy(plates / "A001.mov", tmp_path)
    made = timeline(clip("s1", HOUR + 10, 5, media=r"D:\a\A001.mov"), sh("s2", 20, 5))
    result = taken(tmp_path, save(made, tmp_path / "cut.otio"), maps=(rf"D:\a={tmp_path}",))
    assert "no --map is for A001.mov" in result.notes
    with pytest.raises(InputError, match="FROM=TO"):
        taken(tmp_path, tmp_path / "cut.otio", maps=("D:/a",))


def test_a_map_for_a_sequence_of_an_edl(tmp_path: Path) -> None:
    template(tmp_path)
    exr_plates(tmp_path / "A", "A002", range(1093, 1141))
    lines = [event("001", "A002", "V", "C", 0, 20, 0), NAME("s1"), r"* FROM CLIP: X:\p\A\A002.[1093-1140].exr"]
    text = "\n".join(lines).replace("01:00:", "00:00:", 2)
    (tmp_path / "cut.edl").write_text(text)
    result = taken(tmp_path, tmp_path / "cut.edl", rate=FILM, maps=(rf"X:\p={tmp_path}",))
    assert [str(shot.needed) for shot in result.shots] == ["1093-1112"]


@pytest.mark.parametrize(
    ("numbers", "start", "needed", "told"),
    [
        (range(1001, 1061), 1005, "1005-1014", ""),
        (range(1001, 1061), 5, "1006-1015", ""),
        (range(1001, 1061), 0, "1001-1010", ""),
        (range(1, 61), 51, "51-60", ""),
        (range(10, 71), 20, "30-39", "20 is taken to count from its first frame"),
    ],
)
def test_a_sequence_without_timecode(tmp_path: Path, numbers: range, start: int, needed: str, told: str) -> None:
    template(tmp_path)
    exr_plates(tmp_path, "A001", numbers, framesPerSecond=Fraction(24))
    cut = timeline(clip("s1", start, 10, media=f"A001.[{numbers[0]:04}-{numbers[-1]:04}].exr"))
    made = taken(tmp_path, save(cut, tmp_path / "cut.otio"))
    assert str(made.shots[0].needed) == needed
    assert told in "\n".join(made.notes)
    assert told or not made.notes


def test_a_map_for_an_image_sequence_of_an_otio(tmp_path: Path) -> None:
    template(tmp_path)
    exr_plates(tmp_path / "A", "A002", range(1093, 1141))
    cut = clip("s1", 500, 24)
    cut.media_reference = ImageSequenceReference(
        "file:///P:/show%201/A/", "A002.", ".exr", 1093, 1, 24, 4, available_range=span(490, 48)
    )
    edit = save(timeline(cut), tmp_path / "cut.otio")
    result = taken(tmp_path, edit, maps=(rf"P:\show 1={tmp_path}",))
    assert [str(shot.needed) for shot in result.shots] == ["1103-1126"]
