"""Edits into manifests: ranges, handles, timecode, rates; what can't be done is refused by name, at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from edits import NTSC, NTSC_FILM, clip, dissolve, exr_plates, gap, save, span, template, timeline
from footage import write_video
from opentimelineio.schema import Effect, FreezeFrame, ImageSequenceReference, LinearTimeWarp, Stack, Track

from fsvfx import manifests
from fsvfx.editorial.manifest import ImportedEdit, ImportOptions, import_edit
from fsvfx.errors import EditError, InputError
from schemas.manifest import Shot

EDL_23976 = """\
TITLE: REEL 1
FCM: NON-DROP FRAME

001  A001     V     C        01:00:00:10 01:00:01:10 10:00:00:00 10:00:01:00
* FROM CLIP NAME:  sh010
002  A001     V     C        01:00:02:00 01:00:02:12 10:00:01:00 10:00:01:12
* FROM CLIP NAME:  sh020
"""


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """100 frames with timecode from 01:00:00:00."""
    return write_video(tmp_path / "A001.mov", 100, metadata={"timecode": "01:00:00:00"})


def taken(folder: Path, edit: Path, **wishes) -> ImportedEdit:
    return import_edit(edit, template(folder), ImportOptions((str(folder),), **wishes))


def shots_of(folder: Path, made: ImportedEdit) -> dict[str, Shot]:
    (folder / "made.yaml").write_text(made.text)
    return {shot.name: shot for shot in manifests.load(folder / "made.yaml").shots}


HOUR = 86400


def test_shots_of_one_plate_with_handles_where_it_has_them(tmp_path: Path, plate: Path) -> None:
    cut = timeline(
        clip("sh010", HOUR + 3, 20, media="A001.mov"),
        gap(10),
        clip("sh020", HOUR + 40, 30, media="A001.mov"),
        clip("sh010", HOUR + 90, 10, media="A001.mov"),
    )
    made = taken(tmp_path, save(cut, tmp_path / "cut.otio"))
    shots = shots_of(tmp_path, made)
    assert {name: (shot.plate.first_frame, str(shot.plate.frames)) for name, shot in shots.items()} == {
        "sh010": (1006, "1006-1036"),  # 3 frames before, 8 after
        "sh020": (969, "1001-1046"),
        "sh010_2": (919, "1001-1018"),  # none after
    }
    assert {shot.plate.path for shot in shots.values()} == {"A001.mov"}
    assert all(shot.plate.timecode is None for shot in shots.values()), "the plate's own"
    said = "\n".join(made.notes)
    assert "sh010: only 3 of 8 head handles" in said
    assert "sh010_2: only 0 of 8 tail handles" in said
    assert "sh010 is in the edit 2 times: also as sh010_2" in said


def test_people_engine_and_deliverables_come_from_the_template(tmp_path: Path, plate: Path) -> None:
    made = taken(tmp_path, save(timeline(clip("sh010", HOUR, 20, media="A001.mov")), tmp_path / "cut.otio"))
    assert "# who is in it\n" in made.text
    assert '.exr"} # frames\n' in made.text
    assert "# the edit shows 1009-1028; handles 0 + 8" in made.text
    shot = shots_of(tmp_path, made)["sh010"]
    assert shot.composite.feather == 9
    assert not shot.composite.overrides, "they hold for the pattern's frames only"
    assert shot.replace[0].track is None


def test_a_shot_that_the_template_knows_keeps_its_settings(tmp_path: Path, plate: Path) -> None:
    cut = save(timeline(clip("pattern", HOUR, 20, media="A001.mov")), tmp_path / "cut.otio")
    shot = shots_of(tmp_path, import_edit(cut, template(tmp_path), ImportOptions(handles=8, first_frame=994)))[
        "pattern"
    ]
    assert shot.replace[0].track == 3
    assert str(shot.composite.overrides[0].frames) == "1002"


def test_an_edl_at_23976(tmp_path: Path) -> None:
    write_video(tmp_path / "A001.mov", 100, rate=NTSC_FILM, metadata={"timecode": "01:00:00:00"})
    (tmp_path / "cut.edl").write_text(EDL_23976)
    with pytest.raises(InputError, match="frame rate"):
        taken(tmp_path, tmp_path / "cut.edl")
    shots = shots_of(tmp_path, taken(tmp_path, tmp_path / "cut.edl", rate=NTSC_FILM, handles=4))
    assert {name: (shot.plate.first_frame, str(shot.plate.frames)) for name, shot in shots.items()} == {
        "sh010": (995, "1001-1032"),
        "sh020": (957, "1001-1020"),
    }


DROP_EDL = """\
TITLE: drop
FCM: DROP FRAME
001  A001     V     C        00:00:59{0}25 00:01:00{0}07 01:00:00{0}00 01:00:00{0}10
* FROM CLIP NAME:  sh010
"""


@pytest.mark.parametrize("mark", [":", ";"])
def test_a_drop_frame_edl_counts_no_dropped_numbers(tmp_path: Path, mark: str) -> None:
    write_video(tmp_path / "A001.mov", 60, rate=NTSC, metadata={"timecode": "00:00:59;00"})
    (tmp_path / "cut.edl").write_text(DROP_EDL.format(mark))
    shot = shots_of(tmp_path, taken(tmp_path, tmp_path / "cut.edl"))["sh010"]
    assert (shot.plate.first_frame, str(shot.plate.frames)) == (984, "1001-1026"), "10 frames, from index 25"


def test_a_sequence_keeps_its_numbers_and_gets_rate_and_timecode(tmp_path: Path) -> None:
    exr_plates(tmp_path / "plates", "A002", range(1093, 1141))
    (tmp_path / "cut.edl").write_text(EDL_23976.replace("A001", "A002").replace("sh010", "sh 010.exr"))
    cut = clip("sh010", 500, 24, rate=NTSC_FILM)
    cut.media_reference = ImageSequenceReference(
        "plates/", "A002.", ".exr", 1093, 1, float(NTSC_FILM), 4, available_range=span(490, 48, NTSC_FILM)
    )
    edit = save(timeline(cut), tmp_path / "cut.otio")
    plate = shots_of(tmp_path, import_edit(edit, template(tmp_path), ImportOptions()))["sh010"].plate
    assert (plate.path, str(plate.frames), plate.frame_rate) == ("plates/A002.####.exr", "1095-1134", "24000/1001")
    assert (plate.first_frame, plate.timecode) == (1095, "00:00:20:12"), "frame 492 at 24 counts a second"


def test_transitions_need_frames_of_their_own(tmp_path: Path, plate: Path) -> None:
    cut = timeline(
        clip("sh010", HOUR + 10, 20, media="A001.mov"), dissolve(4, 6), clip("sh020", HOUR + 60, 20, media="A001.mov")
    )
    made = taken(tmp_path, save(cut, tmp_path / "cut.otio"), handles=0)
    assert [str(shot.needed) for shot in made.shots] == ["1001-1026", "1001-1024"]
    late = timeline(
        clip("sh010", HOUR + 80, 20, media="A001.mov"), dissolve(0, 6), clip("sh020", HOUR + 2, 20, media="A001.mov")
    )
    with pytest.raises(EditError) as caught:
        taken(tmp_path, save(late, tmp_path / "cut.otio"))
    [problem] = caught.value.problems
    assert problem.field == "sh010"
    assert "lacks 6 after its end" in problem.what


DISSOLVE_EDL = """\
TITLE: mix
001  A001     V     C        01:00:00:10 01:00:01:10 10:00:00:00 10:00:01:00
* FROM CLIP NAME:  sh010
002  A001     V     C        01:00:01:10 01:00:01:10 10:00:01:00 10:00:01:00
002  B001     V     D    006 01:00:02:00 01:00:02:12 10:00:01:00 10:00:01:12
* FROM CLIP NAME:  sh010
* FROM CLIP: A001.mov
* TO CLIP NAME:  sh020
* TO CLIP: B001.mov
"""


def test_a_dissolve_of_an_edl_takes_the_incoming_clips_own_plate(tmp_path: Path, plate: Path) -> None:
    write_video(tmp_path / "B001.mov", 80, metadata={"timecode": "01:00:00:00"})
    (tmp_path / "cut.edl").write_text(DISSOLVE_EDL)
    made = import_edit(
        tmp_path / "cut.edl", template(tmp_path), ImportOptions((str(tmp_path),), handles=0, rate=Fraction(24))
    )
    assert [(shot.cut.shot, Path(shot.media.path).name, shot.cut.frames) for shot in made.shots] == [
        ("sh010", "A001.mov", 30),
        ("sh020", "B001.mov", 12),
    ]


def warped(name: str, effect) -> otio.schema.Clip:
    made = clip(name, HOUR, 20, media="A001.mov")
    made.effects.append(effect)
    return made


def test_every_retime_is_refused_by_name(tmp_path: Path, plate: Path) -> None:
    inner = Track("in", kind="Video")
    inner.append(clip("sh040", HOUR, 20, media="A001.mov"))
    nested = Stack("nest", children=[inner], effects=[LinearTimeWarp(time_scalar=-1)])
    cut = timeline(
        warped("sh010", LinearTimeWarp(time_scalar=0.5)),
        warped("sh020", FreezeFrame()),
        warped("sh030", Effect(effect_name="Time Remap")),
        nested,
        warped("sh050", LinearTimeWarp(time_scalar=1.0)),
        clip("sh060", 3600 * 25, 20, rate=25, media="A001.mov"),
        clip("sh070", HOUR + 0.5, 20, media="A001.mov"),
    )
    with pytest.raises(EditError) as caught:
        taken(tmp_path, save(cut, tmp_path / "cut.otio"))
    told = {problem.field: problem.what for problem in caught.value.problems}
    assert list(told) == ["sh010", "sh020", "sh030", "sh040", "sh060", "sh070"]
    assert "speed 0.5" in told["sh010"]
    assert "freeze" in told["sh020"]
    assert "Time Remap" in told["sh030"]
    assert "25 frames a second" in told["sh060"]
    assert "between two frames" in told["sh070"]


RETIMED_EDL = """\
TITLE: fast
001  A001     V     C        01:00:00:00 01:00:02:00 10:00:00:00 10:00:01:00
M2   A001       048.0                01:00:00:00
* FROM CLIP NAME:  sh010
002  A001     V     C        01:00:00:00 01:00:01:00 10:00:01:00 10:00:02:00
M2   A001       048.0                01:00:00:00
* FROM CLIP NAME:  sh020
003  A001     V     C        01:00:00:00 01:00:00:01 10:00:02:00 10:00:03:00
M2   A001       000.0                01:00:00:00
* FROM CLIP NAME:  sh030 FF
* * FREEZE FRAME
004  A001     V     C        01:00:00:00 01:00:01:00 10:00:03:00 10:00:04:00
M2   A001       024.0                01:00:00:00
* FROM CLIP NAME:  sh040
"""


def test_every_retime_of_an_edl_is_refused_by_name(tmp_path: Path, plate: Path) -> None:
    (tmp_path / "cut.edl").write_text(RETIMED_EDL)
    with pytest.raises(EditError) as caught:
        taken(tmp_path, tmp_path / "cut.edl", rate=Fraction(24))
    assert [problem.field for problem in caught.value.problems] == ["sh010", "sh020", "sh030"]


def test_what_else_there_is_in_an_edit_is_told(tmp_path: Path, plate: Path) -> None:
    inner = Track("in", kind="Video")
    inner.extend([clip("sh010", HOUR, 20, media="A001.mov"), clip("sh020", HOUR + 40, 20, media="A001.mov")])
    nested = Stack("nest", children=[inner], source_range=span(10, 20))
    cut = timeline(gap(5), nested)
    over = Track("V2", kind="Video")
    over.extend([gap(8), clip("sh030", HOUR + 70, 6, media="A001.mov")])
    off = clip("sh040", HOUR, 20, media="A001.mov")
    off.enabled = False
    over.append(off)
    sound = Track("A1", kind="Audio")
    sound.append(clip("wild", 0, 50))
    cut.tracks.extend([over, sound])
    made = taken(tmp_path, save(cut, tmp_path / "cut.otio"), handles=0)
    ranges = {shot.cut.shot: (shot.cut.start - HOUR, shot.cut.frames) for shot in made.shots}
    assert ranges == {"sh010": (10, 10), "sh020": (40, 10), "sh030": (70, 6)}
    said = "\n".join(made.notes)
    assert "1 sound clips" in said
    assert "sh040: disabled" in said
    assert "sh030: each becomes a shot" in said


def test_every_plate_that_is_not_there_is_told(tmp_path: Path, plate: Path) -> None:
    cut = timeline(clip("sh010", HOUR, 20, media="gone.mov"), clip("sh020", HOUR, 20), clip("sh030", HOUR + 95, 20))
    with pytest.raises(EditError) as caught:
        import_edit(
            save(cut, tmp_path / "cut.otio"),
            template(tmp_path),
            ImportOptions((str(tmp_path / "{name}.mov"), str(tmp_path))),
        )
    assert [problem.field for problem in caught.value.problems] == ["sh010", "sh020", "sh030"]


def test_a_plate_at_another_rate_is_a_retime(tmp_path: Path) -> None:
    write_video(tmp_path / "A001.mov", 50, rate=Fraction(25))
    with pytest.raises(EditError, match="1 problem") as caught:
        taken(tmp_path, save(timeline(clip("sh010", 0, 20, media="A001.mov")), tmp_path / "cut.otio"))
    assert "25 frames a second" in caught.value.problems[0].what


def test_names_by_template(tmp_path: Path, plate: Path) -> None:
    cut = timeline(*(clip(f"A001C00{n} v1.mov", HOUR + 10 * n, 10, media="A001.mov") for n in (1, 2)))
    edit = save(cut, tmp_path / "cut.otio")
    made = taken(tmp_path, edit, names="sq010_sh{number}")
    assert [shot.cut.shot for shot in made.shots] == ["sq010_sh0010", "sq010_sh0020"]
    assert [shot.cut.shot for shot in taken(tmp_path, edit).shots] == ["A001C001_v1", "A001C002_v1"]
    with pytest.raises(InputError, match="nonsense"):
        taken(tmp_path, edit, names="{nonsense}")


BROKEN = {
    "cut.otio": ["", "{}", "[1", '{"OTIO_SCHEMA": "Clip.2"}', '{"OTIO_SCHEMA": "Timeline.1"}', "\x00\xff"],
    "cut.edl": ["", "nonsense", "001 A V C 1 2", "001  A  V  C  aa:00:00:00 01:00:00:01 01:00:00:00 01:00:00:01"],
    "cut.fcpxml": ["<fcpxml/>"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts])
def test_a_broken_edit_is_wrong_input(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises(InputError) as caught:
        taken(tmp_path, tmp_path / name, rate=Fraction(24))
    assert caught.value.exit_code == 2
