"""Whatever could change which frame is meant is refused by the shot's name; what surely doesn't passes, and is told."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from edits import clip, dissolve, gap, save, span, timeline
from opentimelineio.opentime import RationalTime
from opentimelineio.schema import (
    Clip,
    Effect,
    ExternalReference,
    FreezeFrame,
    ImageSequenceReference,
    LinearTimeWarp,
    Stack,
    TimeEffect,
    Timeline,
    Track,
)

from fsvfx.editorial.cuts import Cuts, cuts_of
from fsvfx.editorial.edit import read_edit
from fsvfx.errors import EditError, InputError

HOUR = 86400


def cut(edit: Timeline, folder: Path) -> Cuts:
    return cuts_of(read_edit(save(edit, folder / "cut.otio")))


def shot(*effects: Any, rate: float = 24, **metadata: Any) -> Clip:
    made = clip("sh010", HOUR, 20, media="A001.mov", rate=rate)
    made.effects.extend(effects)
    made.metadata.update(metadata)
    return made


def effect(name: str, **metadata: Any) -> Effect:
    return Effect(effect_name=name, metadata=metadata)


def nest(*effects: Any, rate: float = 24, **metadata: Any) -> Stack:
    track = Track("in", kind="Video")
    track.append(shot())
    return Stack("nest", children=[track], source_range=span(0, 20, rate), effects=list(effects), metadata=metadata)


def media(start: float, frames: float, rate: float) -> Clip:
    made = shot()
    made.media_reference = ExternalReference("A001.mov", span(start, frames, rate))
    return made


def images(step: int = 1, rate: float = 24) -> Clip:
    made = shot()
    made.media_reference = ImageSequenceReference(
        "", "A001.", ".exr", 1001, step, rate, 4, available_range=span(HOUR, 48)
    )
    return made


def of_media(metadata: dict[str, Any]) -> Clip:
    made = shot()
    made.media_reference.metadata.update(metadata)
    return made


def remarks(*said: str) -> Clip:
    return shot(cmx_3600={"comments": list(said)})


def starts_at(rate: float, item: Any) -> Timeline:
    return timeline(item, start=RationalTime(rate * 3600, rate))


def resolve(name: str, parameters: list[Any]) -> Effect:
    facts = {"Effect Name": name, "Enabled": True, "Name": name, "Parameters": parameters, "Type": 22}
    return effect("Resolve Effect", Resolve_OTIO=facts)


def premiere(name: str, match: str, value: float) -> Effect:
    speed = {"DisplayName": "Speed", "ID": 1, "StartValue": {"Position": {"value": 0, "rate": 24}, "Value": value}}
    return effect(name, PremierePro_OTIO={"IsIntrinsic": True, "MatchName": match, "Parameters": [speed]})


TIMEREMAP = {"effectid": "timeremap", "parameter": [{"parameterid": "speed", "value": "50"}]}
RETIMED: dict[str, tuple[Callable[[], Any], str]] = {
    "half speed": (lambda: shot(LinearTimeWarp(time_scalar=0.5)), "speed 0.5"),
    "reverse": (lambda: shot(LinearTimeWarp(time_scalar=-1)), "speed -1"),
    "no number": (lambda: shot(LinearTimeWarp(time_scalar=float("inf"))), "speed inf"),
    "freeze": (lambda: shot(FreezeFrame()), "freeze"),
    "Resolve's ramp": (lambda: shot(TimeEffect("", "TimeWarp")), "TimeWarp"),
    "Resolve's name": (lambda: shot(effect("Resolve Retime and Scaling")), "Retime and Scaling"),
    "Resolve's slot with a setting": (lambda: shot(resolve("Retime and Scaling", [{"Parameter ID": "x"}])), "Retime"),
    "Resolve's list": (
        lambda: shot(Resolve_OTIO={"Effects": [{"Effect Name": "Retime and Scaling", "Parameters": [1]}]}),
        "Retime and Scaling",
    ),
    "Premiere's name": (lambda: shot(effect("Time Remapping")), "Time Remapping"),
    "Premiere's match name": (
        lambda: shot(effect("Zeit", X={"MatchName": "AE.ADBE Time Remapping"})),
        "Time Remapping",
    ),
    "Premiere's speed": (lambda: shot(premiere("Motion", "AE.ADBE Motion", 50.0)), "50"),
    "letter case": (lambda: shot(effect("TIMEWARP")), "TIMEWARP"),
    "speed": (lambda: shot(effect("Clip Speed")), "Clip Speed"),
    "frame hold": (lambda: shot(effect("Frame Hold Options")), "Frame Hold"),
    "posterize time": (lambda: shot(effect("Posterize Time")), "Posterize Time"),
    "plug-in": (lambda: shot(effect("Twixtor Pro")), "Twixtor"),
    "German": (lambda: shot(effect("Zeit-Neuzuordnung")), "Zeit"),
    "German freeze": (lambda: shot(effect("Standbild einfügen")), "Standbild"),
    "Japanese": (lambda: shot(effect("クリップのスピード")), "スピード"),
    "Korean": (lambda: shot(effect("클립 속도")), "속도"),
    "French": (lambda: shot(effect("Arrêt sur image")), "Arrêt"),
    "French speed": (lambda: shot(effect("Vitesse/durée")), "Vitesse"),
    "Final Cut's filter as effect": (lambda: shot(effect("", fcp_xml=TIMEREMAP)), "timeremap"),
    "Final Cut's filter in the clip": (lambda: shot(fcp_xml={"filter": [{"effect": TIMEREMAP}]}), "timeremap"),
    "Final Cut's keyframes": (
        lambda: shot(fcp_xml={"graphdict": {"keyframe": [{"when": 0, "value": 3}]}}),
        "graphdict",
    ),
    "Final Cut's reverse": (lambda: shot(fcp_xml={"reverse": "TRUE"}), "reverse"),
    "variable speed": (lambda: shot(fcp_xml={"variablespeed": "1"}), "variablespeed"),
    "Avid's operation": (lambda: shot(AAF={"OperationGroup": {"Name": "Motion Control"}}), "Motion Control"),
    "Avid's effect": (lambda: shot(effect("Motion Control", AAF={"SpeedRatio": "1/2"})), "Motion Control"),
    "a ratio": (lambda: shot(AAF={"SpeedRatio": "1/2"}), "SpeedRatio"),
    "no ratio": (lambda: shot(AAF={"SpeedRatio": "0/0"}), "SpeedRatio"),
    "a speed of nothing": (lambda: shot(x={"speed": 0}), "speed: 0"),
    "unknown effect that tells": (lambda: shot(effect("Fancy", plugin={"playback_rate": 0.5})), "playback_rate"),
    "an EDL's M2 in the metadata": (lambda: remarks("M2   A001       048.0                01:00:00:00"), "48 frames"),
    "an EDL's M2 as one text": (lambda: shot(cmx_3600={"comments": "M2 A001 -024.0 01:00:00:00"}), "-24 frames"),
    "an EDL's freeze in the metadata": (lambda: remarks("* FREEZE FRAME"), "FREEZE FRAME"),
    "an EDL's motion effect": (lambda: shot(cmx_3600={"motion_effect": "A001 048.0"}), "motion_effect"),
    "Nuke Studio's key": (lambda: shot(**{"foundry.timeline.retime": "2"}), "foundry.timeline.retime"),
    "Nuke Studio's source": (lambda: of_media({"foundry.source.framerate": "48"}), "foundry.source.framerate is 48"),
    "AYON's nodes": (lambda: shot(ayon={"timewarps": [{"Class": "TimeWarp"}]}), "timewarps"),
    "a curve beside speed 1": (lambda: shot(LinearTimeWarp(time_scalar=1, metadata={"lookup": [0, 1.5]})), "lookup"),
    "keys beside speed 1": (
        lambda: shot(LinearTimeWarp(time_scalar=1, metadata={"Resolve_OTIO": {"Key Frames": {"0": 2}}})),
        "Key Frames",
    ),
    "nearly speed 1": (lambda: shot(LinearTimeWarp(time_scalar=1.0001)), "speed 1.0001"),
    "Final Cut Pro X's map": (lambda: shot(fcpx={"timeMap": {"timept": [{"time": "0s"}]}}), "timeMap"),
    "Kdenlive's producer": (lambda: of_media({"kdenlive": {"mlt_service": "timewarp"}}), "timewarp"),
    "Kdenlive's address": (lambda: clip("sh010", HOUR, 20, media="-0.5:A001.mov"), "speed -0.5"),
    "RV's retime": (lambda: shot(rv={"visualScale": 2.0}), "visualScale"),
    "Avid's map": (lambda: shot(AAF={"PARAM_SPEED_MAP_U": {"PointList": [1, 2]}}), "PARAM_SPEED_MAP_U"),
    "Avid's pulldown": (lambda: shot(AAF={"ClassName": "Pulldown"}), "Pulldown"),
    "nest warped": (lambda: nest(LinearTimeWarp(time_scalar=2)), "speed 2"),
    "nest frozen": (lambda: nest(FreezeFrame()), "freeze"),
    "nest by name": (lambda: nest(effect("Speed Ramp")), "Speed Ramp"),
    "nest by metadata": (lambda: nest(fcp_xml={"timeremap": {"speed": "200"}}), "timeremap"),
    "nest at another rate": (lambda: nest(rate=48), "its parent 'nest' runs at 48"),
    "clip at another rate": (lambda: starts_at(24, shot(rate=48)), "the clip runs at 48"),
    "start at another rate": (lambda: shot_with_start_at(48), "the clip runs at 48"),
    "media at another rate": (lambda: media(0, 480, 48), "its media runs at 48"),
    "media at 23.976 in 24": (lambda: media(HOUR, 480, 23.976), "24000/1001"),
    "every second file": (lambda: images(step=2), "frame_step 2"),
    "files backwards": (lambda: images(step=-1), "frame_step -1"),
    "files at another rate": (lambda: images(rate=25), "25 frames a second"),
    "files at no rate": (lambda: images(rate=1), "1 frames a second"),
    "more than the media has": (lambda: media(HOUR, 10, 24), "shows 20 frames, but its media has 10"),
    "between two frames": (lambda: clip("sh010", HOUR + 0.5, 20, media="A001.mov"), "between two frames"),
}


def shot_with_start_at(rate: float) -> Timeline:
    """Premiere gives the length at the sequence's rate and the start at the media's."""
    made = shot()
    made.source_range = span(HOUR, 20)
    there = made.source_range
    made.source_range = type(there)(RationalTime(2 * HOUR, rate), there.duration)
    return starts_at(24, made)


@pytest.mark.parametrize("kind", RETIMED)
def test_a_retime_is_refused_by_name_wherever_it_is_hidden(tmp_path: Path, kind: str) -> None:
    make, word = RETIMED[kind]
    made = make()
    with pytest.raises(EditError) as caught:
        cut(made if isinstance(made, Timeline) else timeline(made), tmp_path)
    [problem] = caught.value.problems
    assert problem.field == "sh010"
    assert word in problem.what


def on_track(*effects: Any) -> Timeline:
    made = timeline(shot())
    made.tracks[0].effects.extend(effects)
    return made


@pytest.mark.parametrize("what", ["track", "all tracks"])
def test_a_retimed_track_retimes_its_clips(tmp_path: Path, what: str) -> None:
    made = on_track(LinearTimeWarp(time_scalar=2)) if what == "track" else timeline(shot())
    if what == "all tracks":
        made.tracks.effects.append(FreezeFrame())
    with pytest.raises(EditError, match="1 problem"):
        cut(made, tmp_path)


PLAYED_AS_SHOT: dict[str, tuple[Callable[[], Any], str]] = {
    "speed 1": (lambda: shot(LinearTimeWarp(time_scalar=1)), ""),
    "Resolve's empty slots": (lambda: shot(resolve("Transform", []), resolve("Retime and Scaling", [])), ""),
    "Resolve's zoom": (lambda: shot(resolve("Transform", [{"Parameter ID": "zoom"}])), "Transform is not applied"),
    "blur": (lambda: shot(effect("Gaussian Blur")), "Gaussian Blur is not applied"),
    "known by its match name": (lambda: shot(premiere("Bewegung", "AE.ADBE Motion", 100.0)), "Motion is not applied"),
    "keyframes have times": (lambda: shot(effect("opacity", keyframes=[{"time": 3, "value": 1}])), "opacity is not"),
    "burnt-in timecode": (lambda: shot(effect("Timecode")), "Timecode is not applied"),
    "saturate": (lambda: shot(effect("Saturate")), "Saturate is unknown and not applied"),
    "plug-in": (lambda: shot(effect("Sapphire S_Rays")), "S_Rays is unknown and not applied"),
    "switched off": (lambda: shot(Effect(effect_name="Timewarp", enabled=False)), "Timewarp (disabled)"),
    "speed 100": (lambda: shot(fcp_xml={"speed": "100", "reverse": "FALSE", "variablespeed": "0"}), ""),
    "speed 1.000000": (lambda: shot(AAF={"SpeedRatio": "1.000000", "clipSpeed": 100.0, "playback_rate": "1/1"}), ""),
    "fast, but of colours": (lambda: shot(effect("Fast Color Corrector")), "Fast Color Corrector is not applied"),
    "a note that speaks of speed": (lambda: shot(note="speed ramp wanted here"), ""),
    "23.98 is 23.976": (lambda: starts_at(24000 / 1001, shot(rate=23.98)), ""),
    "nest at its own speed": (lambda: nest(), ""),
    "speed 1 in single precision": (lambda: shot(LinearTimeWarp(time_scalar=0.99999994)), ""),
    "an EDL's M2 at the edit's speed": (lambda: remarks("M2   A001       024.0                01:00:00:00"), ""),
    "an EDL's remarks": (lambda: remarks("* ASC_SAT: 1.0", "LOC: 01:00:00:00 RED speed ramp", "REPAIRED"), ""),
    "no time warps": (lambda: shot(ayon={"timewarps": [], "retimedFramerate": 24.0}), ""),
    "a source at 24": (lambda: of_media({"foundry.source.framerate": "24.0"}), ""),
    "a camera's sensor and shutter": (lambda: of_media({"sensorFps": 48, "exif": {"ShutterSpeed": "1/48"}}), ""),
    "Kdenlive at speed 1": (lambda: of_media({"kdenlive": {"warp_speed": 1.0}}), ""),
}


@pytest.mark.parametrize("kind", PLAYED_AS_SHOT)
def test_what_leaves_time_alone_passes_and_is_told(tmp_path: Path, kind: str) -> None:
    make, word = PLAYED_AS_SHOT[kind]
    made = make()
    found = cut(made if isinstance(made, Timeline) else timeline(made), tmp_path)
    [one] = found.cuts
    assert (one.start, one.frames) == (HOUR, 20)
    assert word in "\n".join(found.notes)
    assert word or not found.notes


def test_transitions_beside_a_nest_show_more_of_its_clips(tmp_path: Path) -> None:
    """The nest shows frames 5 to 34 of two clips of 20; the transitions 3 more before and 4 more after it."""
    inner = Track("in", kind="Video")
    inner.extend([clip("sh010", HOUR, 20, media="a.mov"), clip("sh020", HOUR + 100, 20, media="b.mov")])
    nested = Stack("nest", children=[inner], source_range=span(5, 30))
    made = timeline(gap(10), dissolve(3, 0), nested, dissolve(0, 4), gap(10))
    first, second = cut(made, tmp_path).cuts
    assert (first.start, first.frames, first.head, first.tail) == (HOUR + 2, 18, 3, 0)
    assert (second.start, second.frames, second.head, second.tail) == (HOUR + 100, 19, 0, 4)


EDL = """\
TITLE: x
001  A001     V     C        {source} 10:00:00:00 10:00:01:00
* FROM CLIP NAME:  sh010
{below}
"""
SECOND = "01:00:00:00 01:00:01:00"
SAID = {
    "M2 of another length": (
        "01:00:00:00 01:00:02:00",
        "M2   A001       048.0                01:00:00:00",
        "48 frames",
    ),
    "M2 of equal length": (SECOND, "M2   A001       048.0                01:00:00:00", "48 frames a second"),
    "M2 backwards": (SECOND, "M2   A001       -024.0               01:00:00:00", "-24 frames"),
    "M2 of a freeze": (SECOND, "M2   A001       000.0                01:00:00:00", "0 frames a second"),
    "M2 without a timecode": (SECOND, "M2   A001       012.0", "12 frames a second"),
    "M2 without a speed": (SECOND, "M2   A001", "M2   A001"),
    "lengths differ": ("01:00:00:00 01:00:02:00", "", "48 frames of its source fill 24"),
    "lengths differ though M2 is as shot": (
        "01:00:00:00 01:00:02:00",
        "M2   A001       024.0                01:00:00:00",
        "48 frames of its source fill 24",
    ),
    "freeze": (SECOND, "* * FREEZE FRAME", "FREEZE FRAME"),
    "a frozen frame": ("01:00:00:00 01:00:00:01", "* * FREEZE FRAME", "FREEZE FRAME"),
    "M2 as a remark": (SECOND, "* M2   A001       048.0                01:00:00:00", "48 frames a second"),
    "M2 as a remark of two stars": (SECOND, "* * m2 A001 012.0", "12 frames a second"),
    "M2 with a sign that stands apart": (SECOND, "M2   A001       - 24.0               01:00:00:00", "-24 frames"),
    "M2 with a comma": (SECOND, "M2   A001       048,0", "M2"),
    "effect by name": (SECOND, "* EFFECT NAME: TIMEWARP", "TIMEWARP"),
    "filter by name": (SECOND, "* FILTER: Time Remap", "Time Remap"),
    "DLEDL": (SECOND, "DLEDL: EDIT:0 SPEED: 50", "SPEED"),
    "a still": (SECOND, "* FROM CLIP IS A STILL", "STILL"),
    "Avid's mark of a freeze": (SECOND, "* FROM CLIP NAME:  sh010 FF (Freeze Frame)", "Freeze Frame"),
    "Avid's mark of a speed": (SECOND, "* FROM CLIP NAME:  sh010 (48.00 FPS)", "48.00 FPS"),
    "timewarp": (SECOND, "* TIMEWARP EFFECT: SPEED 50%", "TIMEWARP"),
    "speed": (SECOND, "* TO CLIP NAME SPEED: 50%", "SPEED"),
    "effect's name": (SECOND, "EFFECTS NAME IS SPEED CHANGE", "SPEED CHANGE"),
    "rate of the source": (SECOND, "* SOURCE FPS: 48", "48"),
}


def edl(folder: Path, text: str, rate: Fraction = Fraction(24)) -> Cuts:
    (folder / "cut.edl").write_text(text)
    return cuts_of(read_edit(folder / "cut.edl", rate))


@pytest.mark.parametrize("kind", SAID)
def test_a_retime_of_an_edl_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    source, below, word = SAID[kind]
    with pytest.raises(EditError) as caught:
        edl(tmp_path, EDL.format(source=source, below=below))
    [problem] = caught.value.problems
    assert problem.field.startswith("sh010")
    assert word in problem.what


@pytest.mark.parametrize(
    "below",
    [
        "M2   A001       024.0                01:00:00:00",
        "M2   A001       023.976              01:00:00:00",
        "* COMMENT: speed this up?",
        "* LOC: 10:00:00:12 RED     FREEZE HERE",
        "* SPEED: 100%",
        "* FRAME RATE: 24",
        "* FROM CLIP: speedboat_reverse.mov",
        "* CREATION TIME: 12:00",
        "* EFFECT NAME: CROSS DISSOLVE",
        "DLEDL: EDIT:0 FOCAL_LENGTH: 50",
        "* COMMENT: M2 A001 048.0",
        "REPAIR: SPEEDY",
    ],
)
def test_remarks_that_change_no_time_pass(tmp_path: Path, below: str) -> None:
    [one] = edl(tmp_path, EDL.format(source=SECOND, below=below)).cuts
    assert (one.shot, one.start, one.frames) == ("sh010", HOUR, 24)


def test_an_edit_at_no_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rate"):
        cut(starts_at(1000, shot(rate=1000)), tmp_path)
