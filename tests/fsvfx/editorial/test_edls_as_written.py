"""EDLs as editing systems write them: fades, midnight, layers, channels, reels, encodings, drop-frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from edits import (
    FILM,
    NAME,
    at,
    event,
    imported,
    shown,
    template,
)
from footage import write_video

from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.edit import read_edit
from fsvfx.errors import EditError


def black(number: str, kind: str, frames: int, record: int) -> str:
    codes = "00:00:00:00", f"00:00:00:{frames:02}", at(record), at(record + frames)
    return f"{number}  BL       V     {kind:8} {' '.join(codes)}"


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
    assert shown(imported(plates, tmp_path / "cut.edl", plates, rate=FILM)) == right


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
    made = imported(plates, tmp_path / "cut.edl", plates, rate=FILM)
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
    assert found.notes == ("A001 is in the edit 1200 times: also as A001_2 to A001_1200",)


WRONG_EDLS = {
    "a list of markers": (
        event("001", "001", "V", "C", 10, 1, 0) + "\n |C:ResolveColorBlue |M:Marker 1 |D:1",
        "list of markers",
    ),
    "a header of another rate": (
        "TITLE: x\nFPS: 25\n" + event("001", "A001", "V", "C", 0, 9, 0),
        "its header says 25 frames a second, but it is to be read at 24",
    ),
    "frame 24 of 24": (
        "001  A001  V  C  01:00:00:24 01:00:02:00 10:00:00:00 10:00:01:00",
        "01:00:00:24 is not a timecode",
    ),
    "a key": (event("001", "A001", "V", "K B", 10, 20, 0), "key"),
    "records overlap": (
        event("001", "A001", "V", "C", 0, 20, 0) + "\n" + event("002", "A001", "V", "C", 0, 20, 9),
        "starts before",
    ),
    "transition too long": (
        "\n".join([event("001", "A001", "V", "C", 0, 20, 0), event("002", "A001", "V", "D 030", 40, 20, 20)]),
        "longer than the event",
    ),
    "dissolve from what is not there": (
        "\n".join([event("001", "B002", "V", "C", 0, 0, 0), event("001", "A001", "V", "D 006", 40, 20, 0)]),
        "comes from B002",
    ),
    "three codes": ("001  A001  V  C  01:00:00:00 01:00:02:00 10:00:00:00", "not a CMX 3600 event"),
    "drop-frame at 24": ("FCM: DROP FRAME\n" + event("001", "A001", "V", "C", 0, 20, 0), "drop-frame"),
    "M2 of none": (
        "M2 A001 048.0 01:00:00:00\n" + event("001", "A001", "V", "C", 0, 9, 0),
        "before the first event",
    ),
    "source backwards": ("001  A001  V  C  01:00:02:00 01:00:00:00 10:00:00:00 10:00:02:00", "ends before it starts"),
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
    made = imported(tmp_path, tmp_path / "cut.edl", tmp_path, rate=rate)
    assert shown(made) == {"s1": (index, 30)}


def test_a_label_that_the_plate_has_not_is_told(tmp_path: Path) -> None:
    template(tmp_path)
    rate = Fraction(30000, 1001)
    write_video(tmp_path / "A001.mov", 150, rate=rate, metadata={"timecode": "01:00:59;00"})
    text = "FCM: NON-DROP FRAME\n001  A001  V  C  01:01:00:00 01:01:01:00 10:00:00:00 10:00:01:00\n"
    (tmp_path / "cut.edl").write_text(text)
    with pytest.raises(EditError) as caught:
        imported(tmp_path, tmp_path / "cut.edl", tmp_path, rate=rate)
    assert "01:01:00;00 is a label that drop-frame skips" in caught.value.problems[0].what
