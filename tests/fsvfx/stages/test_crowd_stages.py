"""Track and cast, of crowds: each face that nobody named gets an entry of its own, and somebody of the bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_banks
from in_memory import Arrays

from fsvfx.arrays import Result
from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.context import Context
from fsvfx.errors import InputError
from fsvfx.faces.topology import CANONICAL
from fsvfx.packages import Packages
from fsvfx.stages.cast import CastEntry, CastSettings, CastStage
from fsvfx.stages.contract import Work
from fsvfx.stages.swap import swap_entry
from fsvfx.stages.track import TrackedCrowd, TrackedPerformer, TrackSettings, TrackStage
from schemas.bank import FromBank
from schemas.manifest import Replace
from schemas.receipts import Unit

FRAMES = tuple(range(1001, 1013))
SIDE = 320
WHO = np.eye(128, dtype=np.float32)


def faces(places: Sequence[int]) -> dict[str, np.ndarray]:
    """A table of faces that stand at these x, each somebody else, as detect has it."""
    shape = (CANONICAL * [1, -1, -1]).astype(np.float32) * 5
    meshes = [shape + np.array([x, 160 + number % 3, 0], np.float32) for number in FRAMES for x in places]
    points = np.array(meshes, np.float32).reshape(-1, 468, 3)
    flat = points[..., :2]
    count = len(FRAMES) * len(places)
    return {
        "frame": np.repeat(FRAMES, len(places)).astype(np.int64),
        "box": np.concatenate([flat.min(1), flat.max(1)], axis=1).astype(np.float32),
        "score": np.full(count, 0.95, np.float32),
        "landmarks": points,
        "embedding": np.tile(WHO[: len(places)], (len(FRAMES), 1)),
    }


def tracked(
    places: Sequence[int],
    of: int,
    all_but: tuple[str | int, ...] = (),
    named: Sequence[TrackedPerformer] = (),
    references: Mapping[str, np.ndarray] | None = None,
) -> Result:
    crowd = [
        TrackedCrowd(performer=f"crowd_{number}", track=None, position=None, number=number, of=of, all_but=all_but)
        for number in range(1, of + 1)
    ]
    settings = TrackSettings(
        shot="sh",
        entries=(*named, *crowd),
        chunks=((1001, 1006), (1007, 1012)),
        max_gap=4,
        min_score=0.5,
        cast=tuple(range(len(named), len(named) + of)),
        color_space="sRGB",
        colour_config=DEFAULT_CONFIG.name,
        exposure=0,
    )
    signature = np.full((len(FRAMES), 36, 64), 90, np.uint8)
    inputs: dict[str, Any] = {"detect": Arrays(FRAMES, {"signature": signature}, {"faces": faces(places)})}
    for person, vector in (references or {}).items():
        inputs[f"references/{person}"] = Arrays((0,), {"embedding": vector[None]})
    result = TrackStage().run(Work(Unit.of_shot(), FRAMES, settings, inputs))
    assert TrackStage.outputs is not None
    TrackStage.outputs.check("track", result)
    return result


def tracks(result: Result) -> list[list[int]]:
    return [result.tables[f"r{index}"]["track"].tolist() for index in range(9) if f"r{index}" in result.tables]


@pytest.mark.parametrize(
    ("all_but", "named", "references", "expected"),
    [
        ((), [], {}, [[1], [2], [3], []]),
        ((2,), [], {}, [[1], [3], [], []]),
        (("lead",), [], {"lead": WHO[2]}, [[1], [2], [], []]),
        (("lead",), [("lead", 1)], {}, [[2], [3], [], []]),
    ],
    ids=["all", "but a track", "but whom references show", "but whom another entry replaces"],
)
def test_each_face_that_is_left_has_an_entry_for_the_whole_shot(
    all_but: tuple[str | int, ...], named: list[tuple[str, int]], references: dict[str, Any], expected: list[list[int]]
) -> None:
    others = [TrackedPerformer(performer=who, track=track, position=None) for who, track in named]
    result = tracked((70, 160, 250), 4, all_but, others, references)
    assert tracks(result) == expected
    for chunk in ("1001-1006", "1007-1012"):
        found = [len(result.parts[chunk].tables[f"r{i + len(named)}"]["frame"]) for i in range(4)]
        assert [bool(count) for count in found] == [bool(each) for each in expected]


@pytest.mark.parametrize(
    ("of", "all_but", "what", "hint"),
    [
        (2, (), "3 faces are to be replaced, but there is room for 2: track 1", "at_most: 3"),
        (4, (1, 2, 3), "no face is left to replace", "Remove the entry"),
        (4, (7,), "no track 7", "all_but"),
        (4, ("lead",), "no face resembles lead's references", "all_but"),
    ],
)
def test_what_is_not_clear_stops_the_run(of: int, all_but: tuple[str | int, ...], what: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        tracked((70, 160, 250), of, all_but, references={"lead": WHO[9]})
    assert what.lower() in refused.value.what.lower()
    assert hint in refused.value.hint


def test_a_plate_without_faces_says_so() -> None:
    with pytest.raises(InputError, match="no face was found in the plate") as refused:
        tracked((), 4)
    assert "min_size" in refused.value.hint


def cast(root: Path, places: Sequence[int], members: int, engine: str = "landmark_warp", **identity: Any) -> Result:
    of = len(places) + 1
    track = tracked(places, of)
    card = toy_banks.placed(root, members)
    said = FromBank(bank="toys", sha256=card.sha256, **identity)
    whole = Replace(performers="all", identity=said, engine=engine)
    entries = tuple(
        CastEntry(entry=i, performer=f"crowd_{i + 1}", identity=said, swap=swap_entry(whole, list(FRAMES)))
        for i in range(of)
    )
    settings = CastSettings(
        shot="sh", entries=entries, networks=("dlib",), texture=True, color_space="sRGB", colour_config="", exposure=0
    )
    plate = np.random.default_rng(0).integers(60, 180, (len(FRAMES), SIDE, SIDE, 3)).astype(np.uint8)
    inputs: dict[str, Any] = {
        "ingest": Arrays(FRAMES, {"frames": plate}),
        "detect": Arrays(FRAMES, {}, {"faces": faces(places)}),
        "track": Arrays(FRAMES, {}, track.tables),
    }
    result = CastStage().run(Work(Unit.of_shot(), FRAMES, settings, inputs, context=Context(Packages(root))))
    assert CastStage.outputs is not None
    CastStage.outputs.check("cast", result)
    return result


def test_each_face_gets_another_member_and_nobody_goes_where_no_face_is(tmp_path: Path) -> None:
    result = cast(tmp_path, (70, 160, 250), 6)
    assert list(result.tables) == ["r0", "r1", "r2"]
    who = [str(dict(said)["member"]) for said in result.qc.values() if isinstance(said, dict)]
    assert len(set(who)) == 3
    assert result.tables["r0"]["crops"].shape == (1, 32, 32, 3)
    again = cast(tmp_path, (70, 160, 250), 6)
    assert again.qc == result.qc


def test_who_is_picked_goes_in(tmp_path: Path) -> None:
    said = cast(tmp_path, (160,), 6, pick=("toy_5",)).qc["r0"]
    assert isinstance(said, dict)
    assert said["member"] == "toy_5"


def test_more_faces_than_members_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few members for 3 faces"):
        cast(tmp_path, (70, 160, 250), 2)


@pytest.mark.parametrize(("engine", "is_tried"), [("landmark_warp", True), ("blanz", False)])
def test_members_are_tried_by_engines_that_need_no_later_stage(tmp_path: Path, engine: str, is_tried: bool) -> None:
    said = cast(tmp_path, (70, 160), 4, engine).qc["r0"]
    assert isinstance(said, dict)
    assert bool(said["tried"]) is is_tried
    assert isinstance(said["delivered"], dict)
    assert list(said["delivered"]) == (["dlib"] if is_tried else [])
