"""Edits that are broken, or made to break the reader: each is refused by an error of ours; nothing crashes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from edits import clip, dissolve, gap, timeline

from fsvfx import settings
from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.edit import read_edit
from fsvfx.editorial.otio.schema import nesting
from fsvfx.errors import FsvfxError, InputError


def sound() -> dict[str, Any]:
    made = timeline(clip("sh010", 86400, 20, media="A001.mov", there=(86400, 100)), gap(5))
    return dict(json.loads(made.to_json_string()))


def shot_in(data: dict[str, Any]) -> dict[str, Any]:
    return data["tracks"]["children"][0]["children"][0]  # type: ignore[no-any-return]


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    data = sound()
    change(data)
    return json.dumps(data)


def nested(deep: int) -> str:
    open_ = '{"OTIO_SCHEMA": "Stack.1", "children": ['
    return '{"OTIO_SCHEMA": "Timeline.1", "tracks": ' + open_ * deep + "]}" * deep + "}"


def set_range(**what: Any) -> Callable[[dict[str, Any]], object]:
    def change(data: dict[str, Any]) -> None:
        for name, value in what.items():
            shot_in(data)["source_range"]["duration"][name] = value

    return change


def refers(data: dict[str, Any]) -> None:
    shot_in(data)["metadata"]["a"] = {"OTIO_SCHEMA": "SerializableObjectRef.1", "id": "Track-1"}


def backwards_transition() -> str:
    made = timeline(clip("a", 0, 9, media="a.mov"), dissolve(-2, 3), clip("b", 0, 9, media="a.mov"))
    return str(made.to_json_string())


def media(**what: Any) -> Callable[[dict[str, Any]], object]:
    return lambda data: shot_in(data)["media_references"]["DEFAULT_MEDIA"].update(what)


OTIOS: dict[str, tuple[Callable[[], str], str]] = {
    "nested deep": (lambda: nested(2000), "nested 4001 levels deep"),
    "nested very deep": (lambda: nested(100_000), "deep"),
    "lists without an end": (lambda: "[" * 200_000, "deep"),
    "metadata nested deep": (lambda: changed(lambda d: shot_in(d)["metadata"].update(a=deep_list(400))), "deep"),
    "not an object": (lambda: "[1, 2]", "not an OpenTimelineIO object"),
    "no schema": (lambda: '{"a": 1}', "not an OpenTimelineIO object"),
    "cut off": (lambda: json.dumps(sound())[:900], "not a valid .otio"),
    "rate 0": (lambda: changed(set_range(rate=0)), "0 is not a frame rate"),
    "rate below 0": (lambda: changed(set_range(rate=-24)), "-24 is not a frame rate"),
    "rate NaN": (lambda: changed(set_range(rate=float("nan"))), "nan is not a frame rate"),
    "rate infinite": (lambda: changed(set_range(rate=float("inf"))), "inf is not a frame rate"),
    "rate is text": (lambda: changed(set_range(rate="24")), "24 is not a frame rate"),
    "no rate": (
        lambda: changed(lambda d: shot_in(d)["source_range"]["duration"].pop("rate")),
        "None is not a frame rate",
    ),
    "length NaN": (lambda: changed(set_range(value=float("nan"))), "nan is not a time"),
    "length huge": (lambda: changed(set_range(value=1e300)), "is not a time"),
    "length below 0": (lambda: changed(set_range(value=-5)), "negative"),
    "length of 30 digits": (lambda: changed(set_range(value=10**30)), "is not a time"),
    "length of 9000 digits": (lambda: json.dumps(sound()).replace("20.0", "9" * 9000, 1), "not a valid .otio"),
    "transition below 0": (backwards_transition, "negative offset"),
    "references between objects": (lambda: changed(refers), "refers to another object"),
    "unknown effect": (
        lambda: changed(lambda d: shot_in(d)["effects"].append({"OTIO_SCHEMA": "SpeedRamp.1", "name": "x"})),
        "SpeedRamp.1",
    ),
    "a newer clip": (
        lambda: changed(lambda d: shot_in(d).update(OTIO_SCHEMA="Clip.99")),
        "Clip.99; the newest supported version is Clip.2",
    ),
    "a clip's child": (
        lambda: changed(lambda d: d["tracks"]["children"].append({"OTIO_SCHEMA": "Clip.2"})),
        "not a valid",
    ),
    "null among children": (lambda: changed(lambda d: d["tracks"]["children"].append(None)), "field children"),
    "a timeline in a track": (
        lambda: changed(lambda d: d["tracks"]["children"].append({"OTIO_SCHEMA": "Timeline.1"})),
        "field children",
    ),
    "children that are none": (lambda: changed(lambda d: d["tracks"].update(children=7)), "field children"),
    "a start that is a track": (
        lambda: changed(lambda d: d.update(global_start_time=d["tracks"])),
        "global_start_time",
    ),
    "a key twice": (lambda: json.dumps(sound()).replace('"effects"', '"children"', 1), "the key 'children' twice"),
    "no tracks": (lambda: changed(lambda d: d.pop("tracks")), "field tracks"),
    "no such active media": (
        lambda: changed(lambda d: shot_in(d).update(active_media_reference_key="gone")),
        "media 'gone', but has none of that name",
    ),
    "digits of a sequence": (
        lambda: changed(
            media(
                OTIO_SCHEMA="ImageSequenceReference.1",
                target_url_base="",
                name_prefix="a.",
                name_suffix=".exr",
                frame_zero_padding=2**30,
                rate=24.0,
                start_frame=1,
                frame_step=1,
                missing_frame_policy="error",
            )
        ),
        "digits",
    ),
}


def deep_list(deep: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(deep):
        made = [made]
    return made


@pytest.mark.parametrize("kind", OTIOS)
def test_a_broken_otio_is_refused(tmp_path: Path, kind: str) -> None:
    make, word = OTIOS[kind]
    (tmp_path / "cut.otio").write_text(make())
    with pytest.raises(InputError) as caught:
        cuts_of(read_edit(tmp_path / "cut.otio"))
    said = [caught.value.what, *(problem.what for problem in getattr(caught.value, "problems", ()))]
    assert word in "\n".join(said)
    assert "cut.otio" in str(caught.value)


def test_a_sound_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "cut.otio").write_bytes(json.dumps(sound()).encode("utf-16"))
    [one] = cuts_of(read_edit(tmp_path / "cut.otio")).cuts
    assert (one.start, one.frames) == (86400, 20)


@pytest.mark.parametrize(("text", "deep"), [('{"a": "[[[["}', 1), (r'["\"[[", [[]]]', 3), ('"[[', 0), ("]]]][", 0)])
def test_brackets_in_text_are_no_nesting(text: str, deep: int) -> None:
    assert nesting(text) == deep


def test_limits_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cut.otio").write_text(json.dumps(sound()))
    for name, value in {"FSVFX_MAX_EDIT_BYTES": "1000", "FSVFX_MAX_EDIT_DEPTH": "8"}.items():
        monkeypatch.setenv(name, value)
        settings.machine.cache_clear()
        with pytest.raises(InputError) as caught:
            read_edit(tmp_path / "cut.otio")
        assert name in caught.value.hint
        monkeypatch.delenv(name)
    settings.machine.cache_clear()


def zipped(path: Path, **files: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return path


def test_bundles_that_are_bombs_or_lack_the_edit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.machine(), "max_edit_bytes", 1 << 20)
    bomb = zipped(tmp_path / "bomb.otioz", content_dot_otio=b" " * (20 << 20))
    with pytest.raises(InputError, match="over 1048576 bytes"):
        read_edit(bomb)
    with pytest.raises(InputError, match=r"no content\.otio"):
        read_edit(zipped(tmp_path / "empty.otioz", other="x"))
    (tmp_path / "no.otioz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InputError, match=r"not a valid \.otioz"):
        read_edit(tmp_path / "no.otioz")


def test_nothing_of_a_bundle_is_written(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    made = zipped(inside / "cut.otioz", content_dot_otio=json.dumps(sound()), **{"__": "x"})
    with zipfile.ZipFile(made, "a") as bundle:
        bundle.writestr("../out.txt", "x")
    assert len(cuts_of(read_edit(made)).cuts) == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["cut.otioz"]


@pytest.mark.parametrize("name", ["cut.xml", "cut.fcpxml", "cut.aaf", "cut.prproj", "cut"])
def test_other_kinds_are_refused_by_name(tmp_path: Path, name: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xmeml>&b;</xmeml>'
    (tmp_path / name).write_text(bomb)
    with pytest.raises(InputError, match="are not read"):
        read_edit(tmp_path / name)


@pytest.mark.parametrize("name", ["cut.otio", "cut.otioz", "cut.otiod", "cut.edl"])
def test_what_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_edit(tmp_path / name, Fraction(24))
    (tmp_path / name).mkdir()
    with pytest.raises(InputError):
        read_edit(tmp_path / name, Fraction(24))


EDLS = {
    "binary": b"\x00\xff\x13PK" * 999,
    "one long line": b"001 A V C " + b" " * 300_000 + b"x",
    "digits without an end": b"9" * 100_000 + b" A V C",
    "many remarks": b"001  A  V  C  00:00:00:00 00:00:01:00 00:00:00:00 00:00:02:00\n" + b"* x\n" * 20_000,
    "other digits": "001  A  V  C  ٠١:00:00:00 00:00:01:00 00:00:00:00 00:00:02:00".encode(),
    "hours past the day": b"001  A  V  C  99:00:00:00 99:00:01:00 00:00:00:00 00:00:01:00",
}


@pytest.mark.parametrize("kind", EDLS)
def test_a_broken_edl_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "cut.edl").write_bytes(EDLS[kind])
    with pytest.raises(FsvfxError) as caught:
        cuts_of(read_edit(tmp_path / "cut.edl", Fraction(24)))
    assert caught.value.exit_code == 2
