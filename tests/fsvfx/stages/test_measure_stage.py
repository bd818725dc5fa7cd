"""The measure stage on made comps; the embedding is a stand-in, since these faces are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import toy_banks
from face_shapes import face
from in_memory import Arrays
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.arrays import Result
from fsvfx.identity.contract import Square
from fsvfx.qc.view import unpacked
from fsvfx.stages import measure
from fsvfx.stages.contract import Work
from fsvfx.stages.measure import MeasureStage
from schemas.bank import FromBank
from schemas.bank_card import UsedBank
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Replace, Shot
from schemas.receipts import Unit

FRAMES = (1001, 1002, 1003, 1004)
SIZE = 64


def measured(
    monkeypatch: pytest.MonkeyPatch,
    *,
    brighter: tuple[float, ...] = (0.1, 0.1, 0.1),
    job: ShotJob | None = None,
    turned: float = 0.0,
) -> Result:
    """A grey plate; comps are ``brighter`` by that much light in a square; the last frame has no face.

    turned: degrees of yaw of the only reference picture; the performer looks into the camera.
    """
    monkeypatch.setattr(measure, "embeddings", _stand_in)
    plate = np.full((len(FRAMES), 90, 120, 3), 128, np.uint8)
    base = colour.plate_to_comp(plate[0, :40, :40], "sRGB", colour.DEFAULT_CONFIG)
    matte = np.zeros((40, 40), np.float16)
    matte[4:-4, 4:-4] = 0.5
    matte[8:-8, 8:-8] = 1
    comp = {
        "r0/present": np.array([True, True, True, False]),
        "r0/origin": np.tile(np.array([[20, 30]], np.int32), (4, 1)),
        "r0/patch": np.stack([base + np.float16(more) * matte[..., None] for more in (*brighter, 0)]),
        "r0/matte": np.stack([matte] * 3 + [0 * matte]),
    }
    aligned = {
        "r0/matrix": np.tile(np.array([[1.0, 0, -18], [0, 1, -8]]), (4, 1, 1)),
        "r0/landmarks": np.tile(face(32, 32, height=40), (4, 1, 1)),
        "r0/crops": np.zeros((4, SIZE, SIZE, 3), np.float16),
    }
    stage, job = MeasureStage(), job or _job()
    picture = {"embedding": np.full((1, 128), 0.6, np.float32), "landmarks": face(yaw=turned)[None]}
    member = picture | {"sharpness": np.ones(1, np.float32)}
    inputs: dict[str, Any] = {
        "ingest": Arrays(FRAMES, {"frames": plate}),
        "align": Arrays(FRAMES, aligned),
        "composite": Arrays(FRAMES, comp),
        "references/i": Arrays((0,), picture),
        "cast": Arrays((), {}, {"r0": member}),
    }
    unit = Unit.of_chunk(job.shot.chunks[0])
    return stage.run(Work(unit, FRAMES, stage.settings(job, unit), inputs))


def _stand_in(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    x, y = landmarks[0, :, :2].mean(axis=0).round().astype(int)
    return np.full((1, 128), rgb[y, x].mean() / 255, np.float32)


def _job(engine: str = "landmark_warp", **more: Any) -> ShotJob:
    plate = Plate(path="/p.mp4", first_frame=1001, frames=FrameRange(FRAMES), color_space="sRGB")
    replace = (Replace(performer="p", identity="i", engine=engine, **more),)
    shot = Shot(name="s", plate=plate, replace=replace, measure={"every": 2})  # type: ignore[arg-type]
    return ShotJob(
        production="t",
        shot=shot,
        people={},
        deliver=(),
        store="memory://t",
        colour_config=colour.DEFAULT_CONFIG.name,
        manifest="/m.yaml",
    )


def test_figures_of_a_steady_comp(monkeypatch: pytest.MonkeyPatch) -> None:
    result = measured(monkeypatch, brighter=(0.1, 0.1, 0.1))
    table = {name: np.asarray(column) for name, column in result.tables["figures"].items()}
    assert table["frame"].tolist() == [1001, 1002, 1003]
    assert table["entry"].tolist() == [0, 0, 0]
    assert np.isnan(table["to_identity"]).tolist() == [False, True, False]
    assert (table["to_identity"][[0, 2]] < table["to_performer"][[0, 2]]).all()
    assert np.isnan(table["flicker"][0])
    assert table["flicker"][1:].max() < 1e-4
    assert table["seam"].min() > 1.5
    assert result.qc["nearer_to_identity"] == "2 of 2"
    assert result.qc["faces"] == 3


class _Brightness:
    """Stands in for an identity network: the mean of a face's square."""

    chip, weights = Square(16, 1.0), ()

    def vectors(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(chips.mean(axis=(1, 2)) / 255, np.float32)


def _with_bank() -> ShotJob:
    job = _job()
    (entry,) = job.shot.replace
    said = FromBank(bank="toys", sha256="0" * 64)
    shot = job.shot.model_copy(update={"replace": (entry.model_copy(update={"identity": said}),)})
    banks = (UsedBank(**toy_banks.card().model_dump(include=set(UsedBank.model_fields))),)
    return job.model_copy(update={"shot": shot, "banks": banks})


@pytest.mark.parametrize(("brighter", "further"), [((0.0, 0.0, 0.0), False), ((0.2, 0.2, 0.2), True)])
def test_a_face_from_a_bank_is_held_against_the_performer_by_each_network(
    monkeypatch: pytest.MonkeyPatch, brighter: tuple[float, ...], further: bool
) -> None:
    monkeypatch.setattr(measure, "network", lambda name: _Brightness())
    result = measured(monkeypatch, brighter=brighter, job=_with_bank())
    assert MeasureStage.outputs is not None
    MeasureStage.outputs.check("measure", result)
    table = result.tables["r0"]
    assert np.asarray(table["frame"]).tolist() == [1001, 1003], "where identities are measured"
    assert (np.asarray(table["apart"]) > 0.02).tolist() == [further, further]
    assert np.isfinite(result.tables["figures"]["to_identity"]).any()


@pytest.mark.parametrize(
    ("engine", "turned", "least", "most"),
    [("landmark_warp", 0, 0, 0.01), ("landmark_warp", 50, 0.25, 0.6), ("unifacegan", 50, 0.25, 0.6)],
)
def test_what_no_reference_shows_is_measured(
    monkeypatch: pytest.MonkeyPatch, engine: str, turned: float, least: float, most: float
) -> None:
    table = measured(monkeypatch, job=_job(engine), turned=turned).tables["figures"]
    assert least <= np.asarray(table["unseen"]).min() <= np.asarray(table["unseen"]).max() <= most


DRIVER = {"plate": {"path": "/d.mp4", "color_space": "sRGB", "first_frame": 1, "frames": "1-4"}, "person": "d"}


@pytest.mark.parametrize(
    ("engine", "more", "taken"),
    [
        ("original", {}, False),
        ("blanz", {"driver": DRIVER}, True),
        ("blanz", {"driver": DRIVER | {"pose": True}}, False),
    ],
)
def test_it_is_measured_only_where_it_is_known_what_the_swap_shows(
    engine: str, more: dict[str, Any], taken: bool
) -> None:
    job = _job(engine, **more)
    assert MeasureStage().settings(job, Unit.of_chunk(job.shot.chunks[0])).pictured == ((0,) if taken else ())


def test_flicker_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    table = measured(monkeypatch, brighter=(0.1, 0.2, 0.1)).tables["figures"]
    assert np.asarray(table["flicker"])[1:].min() > 0.05


def test_an_unchanged_comp_has_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    result = measured(monkeypatch, brighter=(0.0, 0.0, 0.0))
    assert np.allclose(result.tables["figures"]["seam"], 1.0)
    plate, comp = unpacked(np.asarray(result.frames["thumbs"])[0])
    assert np.abs(plate.astype(int) - comp).max() < 8


def test_thumbnails(monkeypatch: pytest.MonkeyPatch) -> None:
    result = measured(monkeypatch, brighter=(0.3, 0.3, 0.3))
    thumbs = np.asarray(result.frames["thumbs"])
    (plate, comp), (without, same) = (unpacked(thumbs[row]) for row in (0, 3))
    assert plate.shape == comp.shape == without.shape == (128, 128, 3)
    assert (comp[64, 64] > plate[64, 64] + 20).all()
    assert np.array_equal(without, same)
    assert without[0].max() < 16
    assert np.abs(without[64].astype(int) - 128).max() < 8


def test_weights_are_named() -> None:
    stage, job = MeasureStage(), _job()
    settings = stage.settings(job, Unit.of_chunk(job.shot.chunks[0]))
    assert stage.weights(settings) == ("dlib_embedding",)
    more = settings.model_copy(update={"networks": ("dlib", "faceres")})
    assert stage.weights(more) == ("dlib_embedding", "faceres", "faceres_graph")
