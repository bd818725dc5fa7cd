"""Deliverables back into edits: the edit's own ranges and timecodes, other media."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from edits import NTSC, NTSC_FILM, clip, dissolve, exr_plates, gap, save, span, template, timeline
from footage import write_video
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentimelineio.opentime import RationalTime
from test_edit_in import DISSOLVE_EDL, DROP_EDL, EDL_23976, HOUR

from fsvfx import manifests
from fsvfx.editorial.cuts import Cut, Stated
from fsvfx.editorial.edl.writer import edl_of
from fsvfx.editorial.manifest import ImportOptions, import_edit
from fsvfx.editorial.numbering import anchor_of, numbered
from fsvfx.editorial.plates import Media
from fsvfx.editorial.relink import ExportedEdit, export_edit
from fsvfx.errors import EditError, InputError, RightsError
from fsvfx.media import timecodes


def round_trip(folder: Path, edit: Path, out: str, **wishes) -> ExportedEdit:
    """The edit into a manifest, and that back into the edit, to ``out``."""
    made = import_edit(edit, template(folder), ImportOptions((str(folder),), **wishes))
    (folder / "made.yaml").write_text(made.text)
    return export_edit(manifests.jobs(folder / "made.yaml"), folder / out, edit, rate=wishes.get("rate"))


def clips_of(path: Path) -> list[otio.schema.Clip]:
    return read(path).find_clips()


def read(path: Path) -> otio.schema.Timeline:
    return otio.adapters.read_from_file(str(path))


def records_of(path: Path) -> list[otio.opentime.TimeRange]:
    made = read(path)
    return [one.range_in_parent() for one in made.find_clips()]


def test_the_edit_keeps_its_ranges_and_plays_the_delivered_frames(tmp_path: Path) -> None:
    write_video(tmp_path / "A001.mov", 100, metadata={"timecode": "01:00:00:00"})
    cut = timeline(
        clip("sh010", HOUR + 3, 20, media="A001.mov"),
        dissolve(4, 6),
        clip("sh020", HOUR + 50, 20, media="A001.mov"),
        gap(5),
        clip("sh010", HOUR + 3, 20, media="A001.mov"),
        start=RationalTime(HOUR, 24),
    )
    sent = round_trip(tmp_path, save(cut, tmp_path / "cut.otio"), "out.otio")
    assert len(sent.shots) == 3
    before, after = clips_of(tmp_path / "cut.otio"), clips_of(tmp_path / "out.otio")
    assert [one.source_range for one in after] == [one.source_range for one in before]
    assert records_of(tmp_path / "out.otio") == records_of(tmp_path / "cut.otio")
    first = after[0].media_reference
    assert first.target_url_for_image_number(0) == "out/sh010/sh010.1006.exr"
    assert (first.start_frame, first.frame_zero_padding, first.rate) == (1006, 4, 24)
    assert first.missing_frame_policy == first.MissingFramePolicy.error
    assert first.frame_for_time(RationalTime(HOUR + 3, 24)) == 1009, "the cut begins after full handles"
    assert first.available_range.start_time == RationalTime(HOUR, 24)
    assert first.available_range.duration.value == 3 + 20 + 6 + 8
    review, plate = after[0].media_references()["review"], after[0].media_references()["plate"]
    assert (review.target_url, review.available_range) == ("out/sh010.mov", first.available_range)
    assert plate.target_url == "A001.mov"
    facts = after[0].metadata["fsvfx"]
    assert facts["shot"] == "sh010"
    assert list(facts["performers"]) == ["double"]
    assert list(facts["identities"]) == ["lead"]
    assert set(facts["consent_records"]) == {"test-lead", "test-double"}
    assert facts["statement"].startswith("AI-ALTERED")
    assert not facts["delivered"]
    assert sent.notes[-1] == "sh010_2: not delivered yet"


NON_DROP_EDL = DROP_EDL.replace("FCM: DROP", "FCM: NON-DROP").replace("00:01:00{0}07", "00:01:00{0}05").format(":")
EVENTS = {
    "23.976": (EDL_23976, NTSC_FILM, "01:00:00:00", []),
    "drop-frame": (DROP_EDL.format(";"), NTSC, "00:00:59;00", ["FCM: DROP FRAME"]),
    "not drop-frame": (NON_DROP_EDL, NTSC, "00:00:59:00", ["FCM: NON-DROP FRAME"]),
    "dissolve": (DISSOLVE_EDL, Fraction(24), "01:00:00:00", []),
}


@pytest.mark.parametrize("case", EVENTS)
def test_an_edl_comes_back_with_its_timecodes(tmp_path: Path, case: str) -> None:
    text, rate, start, told = EVENTS[case]
    for reel in ("A001", "B001"):
        write_video(tmp_path / f"{reel}.mov", 100, rate=rate, metadata={"timecode": start})
    (tmp_path / "cut.edl").write_text(text)
    round_trip(tmp_path, tmp_path / "cut.edl", "out.edl", rate=rate, handles=2)
    back = (tmp_path / "out.edl").read_text()
    assert [line for line in back.splitlines() if line in told] == told
    assert "FSVFX" not in back
    assert events_of(back) == events_of(text)
    assert ".exr" in back


def events_of(edl: str) -> list[list[str]]:
    """Reel and timecodes of each event."""
    return [[line.split()[1], *line.split()[-4:]] for line in edl.splitlines() if line[:3].isdigit()]


def test_a_sequence_comes_back_by_its_numbers(tmp_path: Path) -> None:
    exr_plates(tmp_path, "A002", range(1093, 1141))
    cut = clip("A002", 500, 24, rate=NTSC_FILM)
    cut.media_reference = otio.schema.ImageSequenceReference(
        "", "A002.", ".exr", 1093, 1, float(NTSC_FILM), 4,
        available_range=span(490, 48, NTSC_FILM),
    )  # fmt: skip
    round_trip(tmp_path, save(timeline(cut), tmp_path / "cut.otio"), "out.otio")
    [back] = clips_of(tmp_path / "out.otio")
    assert back.source_range == cut.source_range
    assert back.media_reference.start_frame == 1095
    assert back.media_reference.frame_for_time(RationalTime(500, float(NTSC_FILM))) == 1103
    assert back.media_references()["plate"].start_frame == 1093


def test_all_shots_in_a_row_without_an_edit(tmp_path: Path) -> None:
    write_video(tmp_path / "any.mp4", 10, metadata={"timecode": "02:00:00:00"})
    jobs = manifests.jobs(template(tmp_path))
    export_edit(jobs, tmp_path / "out.otio")
    [made] = clips_of(tmp_path / "out.otio")
    assert (made.name, made.source_range.start_time, made.source_range.duration.value) == (
        "pattern",
        RationalTime(2 * HOUR, 24),
        10,
    )
    export_edit(jobs, tmp_path / "out.edl")
    assert events_of((tmp_path / "out.edl").read_text())[0][1:] == [
        "02:00:00:00",
        "02:00:00:10",
        "01:00:00:00",
        "01:00:00:10",
    ]


def test_an_edit_that_shows_more_than_is_delivered_is_refused(tmp_path: Path) -> None:
    write_video(tmp_path / "any.mp4", 60)
    cut = save(timeline(clip("pattern", 5, 20, media="any.mp4"), clip("other", 0, 5)), tmp_path / "cut.otio")
    with pytest.raises(EditError) as caught:
        export_edit(manifests.jobs(template(tmp_path)), tmp_path / "out.otio", cut)
    assert [problem.field for problem in caught.value.problems] == ["pattern"]
    assert "1006-1025" in caught.value.problems[0].what
    assert not (tmp_path / "out.otio").exists()


def test_nothing_goes_out_without_consent(tmp_path: Path) -> None:
    write_video(tmp_path / "any.mp4", 10)
    jobs = manifests.jobs(template(tmp_path))
    (tmp_path / "lead.yaml").unlink()
    with pytest.raises(RightsError):
        export_edit(jobs, tmp_path / "out.otio")
    with pytest.raises(InputError, match="xml"):
        export_edit(jobs, tmp_path / "out.xml")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_numbers_and_source_time_are_each_others_inverse(data) -> None:
    length, start = data.draw(st.integers(1, 500)), data.draw(st.integers(0, 2_000_000))
    first = data.draw(st.integers(0, length - 1))
    frames = data.draw(st.integers(1, length - first))
    handles, number = data.draw(st.integers(0, 40)), data.draw(st.integers(0, 5000))
    is_sequence, has_clock = data.draw(st.booleans()), data.draw(st.booleans())
    rate = data.draw(st.sampled_from([Fraction(24), NTSC_FILM, NTSC, Fraction(25)]))
    drop = rate == NTSC and data.draw(st.booleans())
    base = data.draw(st.integers(0, 90_000)) if is_sequence else 0
    clock = timecodes.label(start, rate, drop=drop) if has_clock else None
    media = Media("plate", is_sequence, base, base + length - 1, rate, clock)
    stated = None if has_clock else Stated(start, length, None)
    cut = Cut("sh", "sh", "", "", "", rate, start + first, frames, 0, 0, None, stated)
    made = numbered(cut, media, first_frame=number, handles=handles)

    assert len(made.needed) == frames
    assert not made.needed - made.frames
    head, tail = made.handles
    assert (head, tail) == (min(handles, first), min(handles, length - first - frames))
    if not is_sequence:
        assert made.needed.first == number + handles
        assert made.needed.first - made.first_frame == first, "the video's own index"
    anchor = anchor_of(cut, media)
    shift = made.needed.first - anchor.number_of(cut.start)
    assert [anchor.time_of(one - shift) for one in made.needed] == list(range(cut.start, cut.end))


FADES_EDL = """\
TITLE: fades
FCM: NON-DROP FRAME
001  BL       V     C        00:00:00:00 00:00:00:00 10:00:00:00 10:00:00:00
001  A001     V     D    012 01:00:00:10 01:00:01:10 10:00:00:00 10:00:01:00
* TO CLIP NAME:  sh010
002  A001     V     C        01:00:01:10 01:00:01:10 10:00:01:00 10:00:01:00
002  BL       V     D    012 00:00:00:00 00:00:00:12 10:00:01:00 10:00:01:12
* FROM CLIP NAME:  sh010
003  BL       V     C        00:00:00:00 00:00:00:00 10:00:03:00 10:00:03:00
003  A001     V     D    006 01:00:02:00 01:00:03:00 10:00:03:00 10:00:04:00
* TO CLIP NAME:  sh020
"""
MIDNIGHT_EDL = """\
TITLE: midnight
FCM: NON-DROP FRAME
001  M001     V     C        23:59:59:12 00:00:00:12 23:59:59:12 00:00:00:12
* FROM CLIP NAME:  sh010
002  M001     V     C        00:00:00:12 00:00:00:22 00:00:00:12 00:00:00:22
M2   M001       024.0                00:00:00:12
* FROM CLIP NAME:  sh020
"""
REELS_EDL = """\
TITLE: reels
FCM: NON-DROP FRAME
001  A001     AA/V  C        01:00:00:10 01:00:01:10 10:00:00:00 10:00:01:00
* FROM CLIP NAME:  sh010
* COMMENT: 3 in 1
002  A001     A2    C        01:00:00:10 01:00:01:10 10:00:01:00 10:00:02:00
"""
WRITTEN = {"fades": FADES_EDL, "midnight": MIDNIGHT_EDL, "channels": REELS_EDL}


@pytest.mark.parametrize("case", WRITTEN)
def test_an_edl_as_it_was_written_comes_back(tmp_path: Path, case: str) -> None:
    write_video(tmp_path / "A001.mov", 100, metadata={"timecode": "01:00:00:00"})
    write_video(tmp_path / "M001.mov", 48, metadata={"timecode": "23:59:59:00"})
    text = WRITTEN[case]
    (tmp_path / "cut.edl").write_text(text)
    round_trip(tmp_path, tmp_path / "cut.edl", "out.edl", rate=Fraction(24), handles=0)
    back = (tmp_path / "out.edl").read_text()
    pictures = [codes for codes, line in zip(events_of(text), event_lines(text)) if "V" in line.split()[2]]
    assert events_of(back) == pictures
    kept = [line for line in text.splitlines() if line.startswith(("M2", "* COMMENT"))]
    assert [line for line in back.splitlines() if line in kept] == kept


def event_lines(edl: str) -> list[str]:
    return [line for line in edl.splitlines() if line[:3].isdigit()]


def test_retimed_events_that_are_not_ours_come_back_as_they_were(tmp_path: Path) -> None:
    write_video(tmp_path / "any.mp4", 60, metadata={"timecode": "01:00:00:00"})
    text = """\
TITLE: part
FCM: NON-DROP FRAME
001  any      V     C        01:00:00:00 01:00:00:10 10:00:00:00 10:00:00:10
* FROM CLIP NAME:  pattern
002  B001     V     C        01:00:00:00 01:00:02:00 10:00:00:10 10:00:01:10
M2   B001       048.0                01:00:00:00
* FROM CLIP NAME:  fast
"""
    (tmp_path / "cut.edl").write_text(text)
    export_edit(manifests.jobs(template(tmp_path)), tmp_path / "out.edl", tmp_path / "cut.edl", rate=Fraction(24))
    back = (tmp_path / "out.edl").read_text()
    assert events_of(back) == events_of(text)
    assert "M2   B001       048.0                01:00:00:00" in back
    export_edit(manifests.jobs(template(tmp_path)), tmp_path / "out.otio", tmp_path / "cut.edl", rate=Fraction(24))
    assert clips_of(tmp_path / "out.otio")[1].effects[0].time_scalar == 2


def test_sequences_have_a_twin_that_resolve_knows_and_what_was_there_is_kept(tmp_path: Path) -> None:
    write_video(tmp_path / "A001.mov", 100, metadata={"timecode": "01:00:00:00"})
    cut = clip("sh010", HOUR + 10, 20, media="A001.mov")
    proxy = otio.schema.ExternalReference("proxy/A001.mov")
    cut.set_media_references({**cut.media_references(), "proxy": proxy}, cut.DEFAULT_MEDIA_KEY)
    cut.metadata["show"] = {"scene": "12A"}
    cut.markers.append(otio.schema.Marker("look here", span(HOUR + 12, 1)))
    cut.effects.append(otio.schema.Effect(effect_name="Blur", metadata={"a": 1}))
    round_trip(tmp_path, save(timeline(cut), tmp_path / "cut.otio"), "out.otio")
    [back] = clips_of(tmp_path / "out.otio")
    there = back.media_references()
    assert set(there) == {"DEFAULT_MEDIA", "frames", "review", "plate", "proxy"}
    sequence, twin = there["DEFAULT_MEDIA"], there["frames"]
    assert isinstance(sequence, otio.schema.ImageSequenceReference)
    assert isinstance(twin, otio.schema.ExternalReference)
    assert twin.target_url == "out/sh010/sh010.[1001-1036].exr"
    assert twin.name == sequence.name == "sh010.[1001-1036].exr"
    assert twin.available_range == sequence.available_range
    assert there["plate"].target_url == "A001.mov"
    assert there["proxy"].target_url == "proxy/A001.mov"
    assert back.metadata["show"]["scene"] == "12A"
    assert back.markers[0].name == "look here"
    assert back.effects[0].metadata["a"] == 1
    again = export_edit(manifests.jobs(tmp_path / "made.yaml"), tmp_path / "twice.otio", tmp_path / "cut.otio")
    assert len(again.shots) == 1


def test_clips_play_the_twin_if_asked_to(tmp_path: Path) -> None:
    write_video(tmp_path / "any.mp4", 10, metadata={"timecode": "02:00:00:00"})
    export_edit(manifests.jobs(template(tmp_path)), tmp_path / "out.otio", external=True)
    [made] = clips_of(tmp_path / "out.otio")
    assert made.media_reference.target_url == "out/pattern/pattern.[1001-1010].exr"
    assert made.media_references()["frames"].start_frame == 1001


def test_nests_are_no_edl(tmp_path: Path) -> None:
    write_video(tmp_path / "any.mp4", 60)
    inner = otio.schema.Track("in", kind="Video")
    inner.append(clip("pattern", 0, 10, media="any.mp4"))
    cut = save(timeline(otio.schema.Stack("nest", children=[inner])), tmp_path / "cut.otio")
    with pytest.raises(InputError, match="'nest' is nested"):
        export_edit(manifests.jobs(template(tmp_path)), tmp_path / "out.edl", cut)


@pytest.mark.parametrize(
    ("rate", "plate", "wanted"),
    [
        (NTSC, "01:00:00:00", ["01:00:00:00", "01:00:00:10", "01:00:00;00", "01:00:00;10"]),
        (NTSC, "00:01:00;02", ["00:01:00;02", "00:01:00;12", "01:00:00;00", "01:00:00;10"]),
        (Fraction(60000, 1001), "00:01:00:00", ["00:01:00:00", "00:01:00:10", "01:00:00;00", "01:00:00;10"]),
        (Fraction(60000, 1001), "00:01:00;04", ["00:01:00;04", "00:01:00;14", "01:00:00;00", "01:00:00;10"]),
        (NTSC_FILM, "01:00:00:00", ["01:00:00:00", "01:00:00:10", "01:00:00:00", "01:00:00:10"]),
    ],
)
def test_an_edls_labels_are_those_of_the_plate(tmp_path: Path, rate: Fraction, plate: str, wanted: list[str]) -> None:
    write_video(tmp_path / "any.mp4", 10, rate=rate, metadata={"timecode": plate})
    export_edit(manifests.jobs(template(tmp_path)), tmp_path / "out.edl")
    [made] = events_of((tmp_path / "out.edl").read_text())
    assert made[1:] == wanted


@pytest.mark.parametrize(
    ("start", "record"),
    [(108000, "01:00:00:00"), (107892, "01:00:00;00"), (0, "00:00:00;00"), (1799, "00:00:59;29")],
)
def test_the_start_of_an_otio_tells_whether_its_record_drops(start: int, record: str) -> None:
    made = timeline(clip("s1", 0, 10, rate=NTSC, media="a.mov"), start=RationalTime(start, float(NTSC)))
    assert events_of(edl_of(made, NTSC, None))[0][3] == record


def test_a_sequence_in_an_edl_keeps_its_digits(tmp_path: Path) -> None:
    exr_plates(tmp_path, "A001", range(12, 30), framesPerSecond=Fraction(24))
    cut = timeline(clip("s1", 14, 10, media="A001.[0012-0029].exr"), start=RationalTime(HOUR, 24))
    cut.find_clips()[0].media_reference.available_range = span(12, 18)
    round_trip(tmp_path, save(cut, tmp_path / "cut.otio"), "out.edl", handles=0)
    text = (tmp_path / "out.edl").read_text()
    assert "s1.[0014-0023].exr" in text
    assert events_of(text)[0][0] == "s1"
