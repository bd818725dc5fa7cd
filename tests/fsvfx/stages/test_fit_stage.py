"""Fit: one person over the whole shot, frames by chunk, calm over time, zeros where nobody is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pytest
from in_memory import Arrays

from fsvfx.actors import actor, perform, render
from fsvfx.actors.clips import shown
from fsvfx.engines import registry
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.entries import EntryView
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.morphable import FittedEntry, ict, spread
from fsvfx.morphable.facekit import FACE
from fsvfx.stages.contract import Work
from fsvfx.stages.fit import FitSettings, FitStage
from schemas.deliver import DeliverMesh
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Replace, Shot
from schemas.receipts import Unit

SIZE, FRAMES, AWAY = 160, tuple(range(1001, 1013)), 1006
SETTINGS = FitSettings(entries=(0,), model="ict_facekit", smooth=1.0, chunks=((1001, 1004), (1005, 1008), (1009, 1012)))


class Fitted(LandmarkWarp):
    name: ClassVar[str] = "fitted"
    reads: ClassVar[tuple[str, ...]] = ("fit",)


@lru_cache(maxsize=1)
def performed() -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (12, 468, 3) that tremble by half a pixel, and crops (12, S, S, 3)."""
    tremble, landmarks, crops = np.random.default_rng(0), [], []
    for moment in perform(12, seed=5):
        made = render(actor("ada"), moment, 256, supersampling=1)
        points = ict().points.of(made.vertices[:FACE])
        matrix = crop_matrix(points, SIZE)
        landmarks.append(move_points(matrix, points) + tremble.normal(0, 0.5, (468, 3)))
        crops.append(crop(shown(made.rgb), matrix, SIZE))
    return np.asarray(landmarks, np.float32), np.asarray(crops, np.float32)


def aligned(frames: tuple[int, ...] = FRAMES) -> Arrays:
    landmarks, crops = performed()
    rows = [number - FRAMES[0] for number in frames]
    here = np.array([number != AWAY for number in frames])
    arrays = {
        "present": here,
        "start": np.array([number in (FRAMES[0], AWAY + 1) for number in frames]),
        "landmarks": landmarks[rows] * here[:, None, None],
        "crops": (crops[rows] * here[:, None, None, None]).astype(np.float16),
    }
    return Arrays(frames, {f"r0/{name}": array for name, array in arrays.items()})


def run(align: Arrays) -> Any:
    return FitStage().run(Work(Unit.of_shot(), FRAMES, SETTINGS, {"align": align}))


@pytest.mark.usefixtures("head")
class TestFit:
    def test_one_person_and_every_frame(self) -> None:
        result = run(aligned())
        FitStage.outputs.check("fit", result)
        assert list(result.parts) == ["1001-1004", "1005-1008", "1009-1012"]
        part = result.parts["1005-1008"].frames
        assert part["r0/present"].tolist() == [True, False, True, True]
        assert not part["r0/rotation"][1].any()
        held = FittedEntry(EntryView(Arrays(range(1005, 1009), part), 0))
        person, fits = held.person(ict(), 1005), held.fits([1005, 1007, 1008])
        np.testing.assert_array_equal(person.identity, result.tables["r0"]["identity"][0])
        points = ict().points.of(fits.placing.seen(person.shape + ict().moved(fits.expression)))
        truth = performed()[0][[4, 6, 7]]
        assert np.linalg.norm((points - truth)[..., :2], axis=-1).mean() < 1.5

    def test_figures(self) -> None:
        figures = run(aligned()).qc["r0"]
        assert figures["frames"] == 11
        assert figures["head"] == "ict_facekit"
        assert 0 < figures["off"] < 2
        assert 0 < figures["unlike"] < 0.05
        assert figures["trembles"] < figures["trembled"]

    def test_a_chunk_that_failed_has_no_part(self) -> None:
        there = tuple(number for number in FRAMES if number > 1004)
        assert list(run(aligned(there)).parts) == ["1005-1008", "1009-1012"]

    def test_nobody_there(self) -> None:
        landmarks, crops = (np.zeros_like(each) for each in performed())
        gone = {"present": np.zeros(12, bool), "start": np.zeros(12, bool), "landmarks": landmarks, "crops": crops}
        result = run(Arrays(FRAMES, {f"r0/{name}": array for name, array in gone.items()}))
        assert result.qc == {"r0": {"frames": 0}}
        assert not result.tables


def job(*engines: str, deliver: tuple[Any, ...] = ()) -> ShotJob:
    plate = Plate(path="p.mp4", frames=FrameRange.span(1001, 1012), color_space="sRGB")
    people = {"lead": Person(consent="l.yaml"), "double": Person(consent="d.yaml")}
    entries = tuple(Replace(performer="double", identity="lead", engine=name) for name in engines)
    shot = Shot(name="sh", plate=plate, replace=entries, chunk_size=4)
    return ShotJob(
        production="p",
        shot=shot,
        people=people,
        deliver=deliver,
        store="memory://t",
        colour_config="c",
        manifest="m.yaml",
    )


@pytest.mark.parametrize(
    ("engines", "entries"), [(("landmark_warp",), ()), (("landmark_warp", "fitted"), (1,)), (("fitted",), (0,))]
)
def test_wanted_where_an_engine_reads_it(
    engines: tuple[str, ...], entries: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = registry.engine
    monkeypatch.setattr(registry, "engine", lambda name: Fitted if name == "fitted" else real(name))
    made, stage = job(*engines), FitStage()
    assert stage.is_wanted(made) == bool(entries)
    settings = stage.settings(made, Unit.of_shot())
    assert settings.entries == entries
    assert settings.chunks == ((1001, 1004), (1005, 1008), (1009, 1012))
    assert stage.weights(settings) == ("ict_facekit",)


def test_a_mesh_wants_every_entry() -> None:
    made, stage = job("landmark_warp", deliver=(DeliverMesh(kind="mesh", path="/o/{frame}.obj"),)), FitStage()
    assert stage.is_wanted(made)
    assert stage.settings(made, Unit.of_shot()).entries == (0,)
    assert not stage.is_wanted(job(deliver=made.deliver))


def test_pictures_are_spread_over_poses() -> None:
    from fsvfx.faces.topology import CANONICAL

    def turned(degrees: float) -> np.ndarray:
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        return CANONICAL @ turn.T * [10, -10, -10]

    yaws = [0.0] * 20 + [-30.0, -20.0, 20.0, 30.0]
    chosen = spread(np.asarray([turned(each) for each in yaws], np.float32), 5)
    assert {20, 23} <= set(chosen)
    assert spread(np.asarray([turned(0)], np.float32), 5) == [0]
