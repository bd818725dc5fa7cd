"""Manifests of crowds: people with footage, and picture collections."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest

from fsvfx.engines import registry
from fsvfx.engines.df import Df
from fsvfx.errors import InputError, ManifestError
from fsvfx.manifests import load_training, training_job

CROWD = """\
schema_version: 1
production: harbour
model: anybody
engine: open
architecture: {resolution: 64}
learn:
  people: [lead]
  collections: [made_up]
  held_out: {people: ["t2i_000*"], share: 0.1}
people:
  lead: {consent: consents/lead.yaml}
collections:
  made_up:
    path: faces
    record: consents/made_up.yaml
    only: ["t2i_*", "fak_*"]
    leave_out: [t2i_0002]
footage:
  - {name: reel, person: lead, plate: {path: refs/reel.mov, frames: 1001-1480, color_space: sRGB}}
trainer: {iterations: 10}
"""


class Open(Df):
    """Stands in for an engine that swaps anybody."""

    name: ClassVar[str] = "open"
    family: ClassVar = "any_to_any"


@pytest.fixture(autouse=True)
def _open_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "learned", lambda name: Open if name == "open" else Df)


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = CROWD
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    for name in ("t2i_0001", "t2i_0002", "t2i_0003", "fak_1", "sfh_1"):
        (folder / "faces" / name).mkdir(parents=True)
    (folder / "crowd.yaml").write_text(text)
    return folder / "crowd.yaml"


def test_a_crowd_s_job_has_its_collections(tmp_path: Path) -> None:
    job = training_job(written(tmp_path))
    assert job.is_crowd
    assert job.learned == ("lead",)
    [made_up] = job.collections
    assert (made_up.folder, made_up.record) == (str(tmp_path / "faces"), str(tmp_path / "consents/made_up.yaml"))
    assert job.held_out
    assert job.held_out.share == 0.1


def test_folders_need_not_be_there_to_validate(tmp_path: Path) -> None:
    (tmp_path / "crowd.yaml").write_text(CROWD)
    assert load_training(tmp_path / "crowd.yaml").whom.collections == ("made_up",)


REEL = "plate: {path: refs/reel.mov, frames: 1001-1480, color_space: sRGB}"


def film(path: Path, frames: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 24, (64, 64))
    for _ in range(frames):
        writer.write(np.zeros((64, 64, 3), np.uint8))
    writer.release()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("clips", [("reel_a", "0-2"), ("reel_b_two", "0-4")]),
        ("'clips/b*.mp4'", [("reel_b_two", "0-4")]),
        ("'*/day?/*.mov'", [("reel_c", "0-1")]),
        ("clips/a.mp4", [("reel_a", "0-2")]),
    ],
)
def test_every_video_of_a_folder_or_glob_is_footage_with_all_of_its_frames(
    tmp_path: Path, given: str, found: list[tuple[str, str]]
) -> None:
    for name, frames in (("b two.mp4", 5), ("a.mp4", 3), ("day1/c.mov", 2)):
        film(tmp_path / "clips" / name, frames)
    (tmp_path / "clips/notes.txt").write_text("none")
    path = written(tmp_path, (REEL, f"clips: {{path: {given}, color_space: sRGB}}"))
    path.write_text(path.read_text() + "faceset: {exclude: {reel_a: 0-1}}\n")
    job = training_job(path)
    assert [(each.name, str(each.shot.shot.plate.frames)) for each in job.footage] == found


def test_videos_of_one_name_are_told(tmp_path: Path) -> None:
    for name in ("one/a.mp4", "two/A.mp4"):
        film(tmp_path / "clips" / name, 2)
    with pytest.raises(InputError, match="Several videos would give footage of the same name: reel_a"):
        training_job(written(tmp_path, (REEL, "clips: {path: 'clips/*/*', color_space: sRGB}")))
    with pytest.raises(InputError, match="No videos at none"):
        training_job(written(tmp_path / "other", (REEL, "clips: {path: 'none', color_space: sRGB}")))


WRONG = [
    ("unknown person", "people: [lead]", "people: [leed]", 7, "learn.people[0]", "'leed' is not among the people"),
    ("unknown collection", "collections: [made_up]", "collections: [madeup]", 8, "learn.collections[0]",
     "'madeup' is not among the collections"),
    ("not learned", "collections: [made_up]", "collections: []", 13, "collections.made_up", "not learned"),
    ("matches nobody", '"fak_*"', '"fac_*"', 16, "collections.made_up.only[1]", "'fac_*' matches nobody in faces"),
    ("leaves out nobody", "[t2i_0002]", "[t2i_0009]", 17, "collections.made_up.leave_out[0]", "matches nobody"),
    ("holds out nobody", '"t2i_000*"', '"t2i_9*"', 9, "learn.held_out.people[0]", "matches nobody in the crowd"),
    ("too few held out", '"t2i_000*"', '"t2i_0001"', 9, "learn.held_out", "1 of the crowd's 4 people is held out"),
    ("record outside", "consents/made_up.yaml", "../made_up.yaml", 15, "collections.made_up.record", "outside"),
    ("folder outside", "path: faces", "path: ../faces", 14, "collections.made_up.path", "outside"),
    ("no record", "    record: consents/made_up.yaml\n", "", 13, "collections.made_up.record", "missing"),
    ("half held out twice", "share: 0.1", "share: 0.7", 9, "learn.held_out.share", "out of range"),
    ("training among the faces", "trainer:", "training: faces\ntrainer:", 20, "training", "would overwrite collection"),
    ("an engine for pairs", "engine: open", "engine: df", 4, "engine", "certain people, not a crowd"),
    ("no footage", "person: lead", "person: lea", 19, "footage[0].person", "not learned"),
    ("someone twice", "people: [lead]\n", "people: [lead, lead]\n", 7, "learn.people[1]", "already among the people"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "what"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_crowds_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, line: int, field: str, what: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        load_training(written(tmp_path, (old, new)))
    told = {problem.field: (problem.line, problem.what) for problem in refused.value.problems}
    assert field in told, told
    assert told[field][0] == line
    assert what in told[field][1]


TWO = (
    ("people: [lead]\n  collections: [made_up]\n", "people: [lead, double]\n"),
    ('held_out: {people: ["t2i_000*"], share: 0.1}', "held_out: {share: 0}"),
    ("  lead: {consent: consents/lead.yaml}\n", "  lead: {consent: consents/lead.yaml}\n  double: {consent: d.yaml}\n"),
    (CROWD[CROWD.index("collections:\n  made_up:") : CROWD.index("footage:")], ""),
    ("trainer:", f"  - {{name: take, person: double, {REEL}}}\ntrainer:"),
)


def test_two_people_with_footage_need_nobody_held_out(tmp_path: Path) -> None:
    job = training_job(written(tmp_path, *TWO))
    assert job.learned == ("lead", "double")
    assert job.held_out
    assert job.held_out.is_nobody


@pytest.mark.parametrize(
    ("changes", "field", "what", "hint"),
    [
        (
            [("share: 0}", "share: 0.01}")],
            "learn.held_out",
            "none of the crowd's 2 people",
            "share: 0, to hold out frames",
        ),
        ([("trainer:", "faceset: {held_out: 0}\ntrainer:")], "faceset.held_out", "neither people nor frames", "0.1"),
        (
            [("people: [lead, double]", "collections: [made_up]\n  people: [lead]")],
            "learn.held_out",
            "previews need frames of two people",
            "Add people with footage",
        ),
    ],
)
def test_where_nobody_is_held_out_frames_are(
    tmp_path: Path, changes: list[tuple[str, str]], field: str, what: str, hint: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        load_training(written(tmp_path, *TWO, *changes))
    [told] = [each for each in refused.value.problems if each.field == field]
    assert what in told.what
    assert hint in told.hint


def test_an_engine_for_anybody_learns_no_pair(tmp_path: Path) -> None:
    learn = CROWD[CROWD.index("learn:") : CROWD.index("people:\n  lead")]
    with pytest.raises(ManifestError) as refused:
        load_training(written(tmp_path, (learn, "learn: {identity: lead, performer: lead}\n")))
    assert any(one.field == "engine" and "learns it from a crowd" in one.what for one in refused.value.problems)


def test_somebody_in_two_places_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, ("leave_out: [t2i_0002]", "leave_out: [t2i_0002]\n  again: {path: faces, record: r.yaml}"),
                   ("collections: [made_up]", "collections: [made_up, again]"))  # fmt: skip
    with pytest.raises(ManifestError) as refused:
        load_training(path)
    [problem] = refused.value.problems
    assert problem.what == "somebody is in the crowd twice: fak_1, t2i_0001, t2i_0003"
