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
from fsvfx.errors import InputError
from fsvfx.stages import swap
from fsvfx.stages.contract import Work
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


class Grey(Engine):
    """Paints every face grey, and remembers which frames it was given."""

    name: ClassVar[str] = "grey"
    version: ClassVar[int] = 3
    family: ClassVar[Literal["image", "model3d", "one_to_one", "any_to_any"]] = "image"
    summary: ClassVar[str] = "grey"
    source: ClassVar[str] = "a test"
    Settings: ClassVar[type[EngineSettings]] = GreySettings
    given: ClassVar[list[tuple[int, ...]]] = []

    def swap(self, faces: FaceBatch, identity: Identity) -> SwapBatch:
        assert isinstance(self.settings, GreySettings)
        Grey.given.append(faces.frames)
        assert faces.crops.dtype == identity.crops.dtype == np.float32
        return SwapBatch(np.full_like(faces.crops, self.settings.level), np.ones_like(faces.crops[..., 0]))


@pytest.fixture(autouse=True)
def _grey(monkeypatch: pytest.MonkeyPatch) -> None:
    Grey.given.clear()
    real = registry.engine

    def engine(name: str) -> type[Engine]:
        return Grey if name == "grey" else real(name)

    monkeypatch.setattr(registry, "engine", engine)
    monkeypatch.setattr(swap, "engine", engine)


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
    }
    return _Empty(arrays) if not count else Arrays(range(count), arrays)


class _Empty(Arrays):
    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        super().__init__(())
        self._arrays = arrays

    def frames(self, name: str) -> NDArray[Any]:
        return self._arrays[name]


def run(shot: ShotJob, present: list[bool], people: int = 2) -> Result:
    aligned: dict[str, NDArray[Any]] = {}
    for index in range(len(shot.shot.replace)):
        aligned[f"r{index}/present"] = np.array(present)
        aligned[f"r{index}/crops"] = np.zeros((4, SIZE, SIZE, 3), np.float16)
        aligned[f"r{index}/landmarks"] = np.zeros((4, 468, 3), np.float32)
    stage = SwapStage()
    inputs = {"align": Arrays(FRAMES, aligned), "references/lead": references(people)}
    return stage.run(Work(CHUNK, FRAMES, stage.settings(shot, CHUNK), inputs))


def test_only_frames_with_the_performer_are_swapped() -> None:
    result = run(job(entry()), [True, False, True, True])
    crops, matte = (np.asarray(result.frames[f"r0/{name}"], np.float32) for name in ("crops", "matte"))
    assert Grey.given == [(1001, 1003, 1004)]
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
    assert sorted(Grey.given) == [(1001, 1004), (1002,), (1003,)]


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
