"""Swap: settings per frame, only where the performer is, in the arrays of ARCHITECTURE.md."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from in_memory import Arrays
from numpy.typing import NDArray

from fsvfx.arrays import Result
from fsvfx.engines import registry
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.preparations import Preparations
from fsvfx.errors import InputError
from fsvfx.stages import swap
from fsvfx.stages.contract import Need, Work
from fsvfx.stages.swap import SwapStage
from schemas.frames import Chunk, FrameRange
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Replace, SettingsOverride, Shot
from schemas.receipts import Unit

SIZE = 16
CHUNK = Unit.of_chunk(Chunk(first=1001, last=1004))
FRAMES = (1001, 1002, 1003, 1004)


class GreySettings(EngineSettings):
    level: float = 0.5


class Grey(Engine[Identity]):
    """Paints every face grey, and remembers which frames it was given."""

    name: ClassVar[str] = "grey"
    version: ClassVar[int] = 3
    family: ClassVar[Literal["image", "model3d", "one_to_one", "any_to_any"]] = "image"
    summary: ClassVar[str] = "grey"
    source: ClassVar[str] = "a test"
    prepares_by: ClassVar[tuple[str, ...] | None] = ()
    Settings: ClassVar[type[EngineSettings]] = GreySettings
    given: ClassVar[list[FaceBatch]] = []
    prepared: ClassVar[list[tuple[str, int]]] = []

    def prepare(self, identity: Identity, size: int) -> Identity:
        Grey.prepared.append((identity.name, size))
        return identity

    def swap(self, faces: FaceBatch, prepared: Identity) -> SwapBatch:
        assert isinstance(self.settings, GreySettings)
        Grey.given.append(faces)
        assert faces.crops.dtype == prepared.crops.dtype == np.float32
        crops = faces.crops[faces.wanted]
        faults = {"grain": np.array([number - 1000 for number in faces.frames[faces.wanted]], np.float32)}
        return SwapBatch(np.full_like(crops, self.settings.level), np.ones_like(crops[..., 0]), faults)

    @property
    def at_once(self) -> int:
        return 3


@pytest.fixture(autouse=True)
def _grey(monkeypatch: pytest.MonkeyPatch) -> None:
    Grey.given.clear()
    Grey.prepared.clear()
    real = registry.engine

    def engine(name: str) -> type[Engine]:
        return Grey if name == "grey" else real(name)

    monkeypatch.setattr(registry, "engine", engine)
    monkeypatch.setattr(swap, "engine", engine)
    held = Preparations()
    monkeypatch.setattr(swap, "preparations", lambda: held)


def given() -> list[tuple[int, ...]]:
    return [faces.frames for faces in Grey.given]


def job(*entries: Replace) -> ShotJob:
    plate = Plate(path="p.mp4", frames=FrameRange.span(1001, 1100), color_space="sRGB")
    people = {"lead": Person(consent="l.yaml"), "double": Person(consent="d.yaml")}
    shot = Shot(name="sh", plate=plate, replace=entries)
    return ShotJob(
        production="p", shot=shot, people=people, deliver=(), store="memory://t", colour_config="c", manifest="m.yaml"
    )


def entry(**more: Any) -> Replace:
    return Replace(**{"performer": "double", "identity": "lead", "engine": "grey", **more})


def references(count: int) -> Arrays:
    arrays = {
        "crops": np.zeros((count, 8, 8, 3), np.float16),
        "landmarks": np.zeros((count, 468, 3), np.float32),
        "sharpness": np.zeros(count, np.float32),
        "embedding": np.full((count, 128), np.nan, np.float32),
    }
    return _Empty(arrays) if not count else Arrays(range(count), arrays)


class _Empty(Arrays):
    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        super().__init__(())
        self._arrays = arrays

    def frames(self, name: str) -> NDArray[Any]:
        return self._arrays[name]


def run(shot: ShotJob, present: list[bool], people: int = 2, **more: Any) -> Result:
    """more: other arrays of the first entry's alignment."""
    aligned: dict[str, NDArray[Any]] = {}
    for index in range(len(shot.shot.replace)):
        aligned[f"r{index}/present"] = np.array(present)
        aligned[f"r{index}/crops"] = np.zeros((4, SIZE, SIZE, 3), np.float16)
        aligned[f"r{index}/landmarks"] = np.zeros((4, 468, 3), np.float32)
        aligned[f"r{index}/start"] = np.zeros(4, np.bool_)
    aligned |= {f"r0/{name}": array for name, array in more.items()}
    stage = SwapStage()
    inputs = {"align": Arrays(FRAMES, aligned), "references/lead": references(people), "fit": Arrays(FRAMES)}
    return stage.run(Work(CHUNK, FRAMES, stage.settings(shot, CHUNK), inputs))


def test_only_frames_with_the_performer_are_swapped() -> None:
    result = run(job(entry()), [True, False, True, True])
    crops, matte = (np.asarray(result.frames[f"r0/{name}"], np.float32) for name in ("crops", "matte"))
    assert given() == [(1001, 1003, 1004)]
    assert crops.shape == (4, SIZE, SIZE, 3)
    assert matte.shape == (4, SIZE, SIZE)
    assert np.asarray(result.frames["r0/crops"]).dtype == np.asarray(result.frames["r0/matte"]).dtype == np.float16
    assert crops.max((1, 2, 3)).tolist() == [0.5, 0, 0.5, 0.5]
    assert matte.max((1, 2)).tolist() == [1, 0, 1, 1]


def test_overrides_hold_for_their_frames() -> None:
    one = SettingsOverride(frames=FrameRange.parse("1002-1003"), settings={"level": 0.25})
    two = SettingsOverride(frames=FrameRange.parse("1003"), settings={"level": 0.75})
    result = run(job(entry(overrides=(one, two))), [True] * 4)
    assert np.asarray(result.frames["r0/crops"]).max((1, 2, 3)).tolist() == [0.5, 0.25, 0.75, 0.5]
    assert sorted(given()) == [(1001, 1004), (1002,), (1003,)]


def test_batches_are_no_larger_than_an_engine_wants_them() -> None:
    result = run(job(entry()), [True] * 4)
    assert given() == [(1001, 1002, 1003), (1004,)]
    assert np.asarray(result.frames["r0/crops"]).min() == 0.5


def test_an_identity_is_prepared_once_for_all_that_shares_it() -> None:
    """Of settings, only those that its preparation depends on make another one."""
    entries = entry(settings={"level": 0.25}), entry(settings={"level": 0.75})
    run(job(*entries), [True] * 4)
    run(job(*entries), [True] * 4)
    assert Grey.prepared == [("lead", SIZE)]
    run(job(*entries), [True] * 4, people=3)
    assert Grey.prepared == [("lead", SIZE)] * 2


def test_neighbours_are_seen_as_far_as_no_cut_lies_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grey, "reach", 1)
    here = SettingsOverride(frames=FrameRange.parse("1002"), settings={"level": 0.25})
    cut = np.array([True, False, False, True])
    result = run(job(entry(overrides=(here,))), [True] * 4, start=cut)
    seen = [(faces.frames, faces.frames[faces.wanted]) for faces in Grey.given]
    assert seen == [
        ((1001, 1002), (1001,)),
        ((1002, 1003), (1003,)),
        ((1004,), (1004,)),
        ((1001, 1002, 1003), (1002,)),
    ]
    assert np.asarray(result.frames["r0/crops"]).max((1, 2, 3)).tolist() == [0.5, 0.25, 0.5, 0.5]
    assert SwapStage().reads(job(entry()), CHUNK)[0] == Need("align", halo=1)


def test_wide_pictures_and_what_other_stages_say_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grey, "reads", ("fit",))
    run(job(entry()), [False, True, False, False], wide=np.full((4, SIZE + 4, SIZE + 4, 3), 0.25, np.float16))
    [faces] = Grey.given
    assert faces.wide is not None
    assert np.array_equal(faces.wide, np.full((1, SIZE + 4, SIZE + 4, 3), 0.25, np.float32))
    assert faces.read["fit"].index == 0
    assert Need("fit") in SwapStage().reads(job(entry()), CHUNK)


def test_cards_that_an_engine_uses_are_the_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    def weights(settings: GreySettings) -> tuple[str, ...]:
        return ("dlib_embedding",) if settings.level > 0.5 else ()

    monkeypatch.setattr(Grey, "weights", weights)
    here = SettingsOverride(frames=FrameRange.parse("1004"), settings={"level": 0.75})
    for overrides, cards in (((), ()), ((here,), ("dlib_embedding",))):
        stage = SwapStage()
        assert stage.weights(stage.settings(job(entry(overrides=overrides)), CHUNK)) == cards


def test_every_entry_is_done() -> None:
    result = run(job(entry(), entry(settings={"level": 1.0})), [True] * 4)
    assert [float(np.asarray(result.frames[f"r{i}/crops"]).max()) for i in (0, 1)] == [0.5, 1.0]


def test_an_absent_performer_needs_no_references() -> None:
    result = run(job(entry()), [False] * 4, people=0)
    assert np.asarray(result.frames["r0/matte"]).shape == (4, SIZE, SIZE)
    assert Grey.given == []


def test_an_identity_without_references_is_refused() -> None:
    with pytest.raises(InputError, match="lead"):
        run(job(entry()), [True] * 4, people=0)


def test_the_settings_are_those_in_force_here() -> None:
    """Defaults written out change nothing, nor do overrides in other chunks; an override here does."""

    def of(**more: Any) -> dict[str, Any]:
        return SwapStage().settings(job(entry(**more)), CHUNK).model_dump(mode="json")

    elsewhere = SettingsOverride(frames=FrameRange.parse("1050-1060"), settings={"level": 0.1})
    here = SettingsOverride(frames=FrameRange.parse("1004-1060"), settings={"level": 0.1})
    assert of() == of(settings={"level": 0.5}) == of(overrides=(elsewhere,))
    assert of() != of(overrides=(here,))
    assert of()["entries"][0]["engine_version"] == 3
    assert [group[0] for group in of(overrides=(here,))["entries"][0]["groups"]] == ["1001-1003", "1004"]


@pytest.mark.parametrize(
    ("more", "said"), [({"engine": "landmark_wrap"}, "landmark_warp"), ({"settings": {"levle": 1}}, "level")]
)
def test_unknown_engines_and_settings_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SwapStage().settings(job(entry(**more)), CHUNK)


def test_of_the_faults_of_faces_the_receipt_has_the_largest() -> None:
    """Over batches and over groups of frames with other settings; the engine remembers nothing."""
    frames = FrameRange([FRAMES[0]])
    shot = job(entry(overrides=({"frames": frames, "settings": {"level": 0.2}},)))
    told = run(shot, [True, True, True, True]).qc["r0"]
    assert len(Grey.given) == 2
    assert isinstance(told, dict)
    assert told["grain"] == FRAMES[-1] - 1000
    assert "grain" not in run(shot, [False] * 4).qc["r0"]  # type: ignore[operator]
