"""Sound manifests: what comes out, and what they may reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fsvfx.errors import InputError, ManifestError, Problem
from fsvfx.manifests import jobs, load
from fsvfx.reach import Reach
from fsvfx.settings import machine
from schemas.frames import FrameRange
from schemas.templates import frame_path

Write = Callable[..., Path]


def test_a_job_per_shot_with_absolute_paths(write: Write) -> None:
    path = write()
    first, second = jobs(path)
    folder = path.parent
    assert first.shot.plate.path == str(folder / "plates/sh0040.mp4")
    assert first.shot.plate.color_space == "sRGB Encoded Rec.709 (sRGB)"
    assert first.store == str(folder / "work")
    assert first.people["lead"].references == (str(folder / "refs/lead.mp4"), str(folder / "refs/lead/*.png"))
    assert frame_path(first.deliver[0].path, 1001) == str(folder / "out/sh0040/sh0040.1001.exr")
    assert second.deliver[1].path == str(folder / "out/sh0050/sh0050.mp4")
    assert second.people == {}
    assert first.manifest == str(path)


def test_overrides_hold_on_their_frames_only(write: Write) -> None:
    composite = load(write()).shots[0].composite
    assert [composite.at(frame).erode for frame in (1099, 1100, 1120, 1121)] == [0, 4, 4, 0]


def test_shots_can_be_chosen(write: Write) -> None:
    path = write()
    assert [job.shot.name for job in jobs(path, shots=["sh0050"])] == ["sh0050"]
    with pytest.raises(InputError, match="Did you mean 'sh0050'"):
        jobs(path, shots=["sh005"])


@pytest.mark.parametrize(("given", "folder", "keep"), [
    ("store: {path: results/, keep: results}", "results", "results"),
    ("store: {keep: results}", "work", "results"),
    ("store: {path: results/}", "results", "all"),
])  # fmt: skip
def test_how_much_the_store_keeps_can_be_said(write: Write, given: str, folder: str, keep: str) -> None:
    path = write(given, "store: work/")
    assert {(job.store, job.keep) for job in jobs(path)} == {(str(path.parent / folder), keep)}
    assert {(job.store, job.keep) for job in jobs(path, store="memory://test")} == {("memory://test", keep)}


@pytest.mark.parametrize("store", ["s3://bucket/work", "memory://test"])
def test_the_store_can_be_chosen(write: Write, store: str) -> None:
    assert {job.store for job in jobs(write(), store=store)} == {store}


def test_a_chosen_store_is_relative_to_the_working_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert jobs(write(), store="elsewhere/")[0].store == str(tmp_path / "elsewhere")


FULL_OF_ERRORS = """\
schema_version: 1
production: harbour
people:
  lead: {references: [refs/lead.mp4], consent: consents/lead.yaml}
  double: {references: refs/x.mp4, consent: ../double.yaml, age: 4}
shots:
  - name: 0040
    plate: {path: ../a.mp4, frames: 1001-1240, colorspace: sRGB, fps: 25}
    replace:
      - {performer: dubble, identity: lead, engine: landmark_wrap, track: none, overrides: [{frames: a}, {frames: 1}]}
    composite: {mode: seamles, overrides: [{frames: 1300-1320, errode: 4}]}
    chunk_size: 2400
  - plate: plates/a.mp4
deliver:
  - {kind: exr, path: "out/{shot}.exr", compression: zipp}
  - {kind: exrs, path: "out/{shot}.exr"}
stroe: work/
"""


def test_all_problems_come_at_once(write: Write) -> None:
    """Also those between fields, where other fields of the same part are wrong; and nothing is told twice."""
    with pytest.raises(ManifestError) as refused:
        load(write(FULL_OF_ERRORS, None))
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [
        (5, "people.double.age"),
        (5, "people.double.consent"),
        (5, "people.double.references"),
        (8, "shots[0].plate.color_space"),
        (8, "shots[0].plate.colorspace"),
        (8, "shots[0].plate.fps"),
        (8, "shots[0].plate.path"),
        (10, "shots[0].replace[0].engine"),
        (10, "shots[0].replace[0].overrides[0].frames"),
        (10, "shots[0].replace[0].overrides[0].settings"),
        (10, "shots[0].replace[0].overrides[1].frames"),
        (10, "shots[0].replace[0].overrides[1].settings"),
        (10, "shots[0].replace[0].performer"),
        (10, "shots[0].replace[0].track"),
        (11, "shots[0].composite.mode"),
        (11, "shots[0].composite.overrides[0].errode"),
        (11, "shots[0].composite.overrides[0].frames"),
        (12, "shots[0].chunk_size"),
        (13, "shots[1].name"),
        (13, "shots[1].plate"),
        (15, "deliver[0].compression"),
        (15, "deliver[0].path"),
        (16, "deliver[1]"),
        (17, "stroe"),
    ]


def test_problems_say_their_line(write: Write) -> None:
    with pytest.raises(ManifestError) as refused:
        load(write("erode: 400", "erode: 4"))
    assert [problem.line for problem in refused.value.problems] == [12]
    assert "line 12" in str(refused.value.problems[0])


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder beside the manifest's that the machine's owner allows."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    monkeypatch.setenv("FSVFX_ROOTS", f'["{folder}"]')
    machine.cache_clear()
    yield folder
    machine.cache_clear()


def test_roots_are_within_reach(write: Write, roots: Path) -> None:
    path = write(f"path: {roots}/sh0040.mp4", "path: plates/sh0040.mp4")
    assert jobs(path)[0].shot.plate.path == f"{roots}/sh0040.mp4"
    path = write("path: ../allowed/sh0040.mp4", "path: plates/sh0040.mp4")
    assert jobs(path)[0].shot.plate.path == f"{roots}/sh0040.mp4"


def test_links_lead_where_they_point(write: Write, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    path = write()
    (path.parent / "plates").symlink_to(outside)
    with pytest.raises(ManifestError) as refused:
        load(path)
    assert {problem.field for problem in refused.value.problems} == {"shots[0].plate.path", "shots[1].plate.path"}


def test_links_into_roots_are_within_reach(write: Write, roots: Path) -> None:
    path = write()
    (path.parent / "plates").symlink_to(roots)
    assert jobs(path)[0].shot.plate.path == str(path.parent / "plates/sh0040.mp4")


def test_the_name_of_the_folder_does_no_harm(tmp_path: Path, write: Write) -> None:
    odd = tmp_path / "job #3 {frame}"
    odd.mkdir()
    path = odd / "shots.yaml"
    path.write_text(write().read_text())
    assert frame_path(jobs(path)[0].deliver[0].path, 1001) == f"{odd}/out/sh0040/sh0040.1001.exr"


def test_brackets_hide_no_link(write: Write, tmp_path: Path) -> None:
    """Only references are globs: elsewhere a bracket is a bracket, and links behind it count."""
    path = write("path: a[1]/out/sh0040.mp4", "path: plates/sh0040.mp4")
    (path.parent / "a[1]").mkdir()
    (path.parent / "a[1]/out").symlink_to(tmp_path)
    with pytest.raises(ManifestError, match="1 problem"):
        load(path)


def test_references_may_be_on_s3(write: Write) -> None:
    path = write('"s3://bucket/lead/*.png"', '"refs/lead/*.png"')
    assert jobs(path)[0].people["lead"].references[1] == "s3://bucket/lead/*.png"


def test_a_link_to_the_manifest_s_folder_is_no_way_out(write: Write, tmp_path: Path) -> None:
    path = write()
    (tmp_path / "link").symlink_to(path.parent)
    assert Reach(tmp_path / "link" / path.name).file("a.mp4") == tmp_path / "link/a.mp4"


def test_validation_opens_nothing_but_the_manifest(write: Write) -> None:
    """No plate, reference or consent of it exists."""
    path = write()
    assert load(path).shots[0].plate.frames == FrameRange.span(1001, 1240)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


PLACES = [
    ("production",), ("people",), ("people", "lead"), ("shots",), ("shots", 0), ("shots", 0, "plate"), ("deliver",),
    ("shots", 0, "plate", "frames"), ("shots", 0, "replace", 0), ("shots", 0, "composite", "overrides"), ("deliver", 0),
    ("shots", 0, "replace", 0, "settings"), ("store",), ("schema_version",), ("shots", 1, "plate", "path"),
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_there_it_loads_or_is_refused(
    write: Write, place: tuple[str | int, ...], value: object
) -> None:
    path = write()
    yaml = YAML(typ="safe")
    whole: Any = yaml.load(path)
    inner = whole
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    yaml.dump(whole, path)
    problems: tuple[Problem, ...] = ()
    try:
        load(path)
    except ManifestError as error:
        problems = error.problems
        refused = True
    else:
        refused = False
    assert refused == bool(problems)
    assert all(problem.what and problem.hint and problem.line for problem in problems)


def test_color_may_be_written_the_other_way(write: Callable[..., Path]) -> None:
    spaces = ("color_space: sRGB", "color_space: ACEScg")
    new = load(write("color: {config: null}\nstore: work/", "store: work/"))
    old = write("colour: {config: null}\nstore: work/", "store: work/")
    text = old.read_text().replace("{mode: seamless,", "{mode: seamless, colour_transfer: none,")
    for space in spaces:
        text = text.replace(space, space.replace("color", "colour"))
    old.write_text(text.replace("{kind: exr,", "{kind: exr, colour_space: ACEScg,"))
    found = load(old)
    assert found.deliver[0].model_dump()["color_space"] == "ACEScg"
    assert found.model_copy(update={"deliver": new.deliver}) == new


def test_the_other_way_of_writing_keeps_its_line(write: Callable[..., Path]) -> None:
    path = write("store: work/\ncolour:\n  config: none.ocio\n", "store: work/")
    with pytest.raises(ManifestError) as refused:
        load(path)
    assert [(one.field, one.line) for one in refused.value.problems] == [("color.config", 21)]


def test_names_stay_as_they_are_written(write: Callable[..., Path]) -> None:
    path = write()
    path.write_text(path.read_text().replace("double", "colour"))
    assert "colour" in load(path).people
