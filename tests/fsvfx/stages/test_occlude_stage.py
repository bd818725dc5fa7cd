"""Occlude: which frames are segmented by whom, how far around it reads, and what it puts out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from in_memory import Arrays

from fsvfx.arrays import Result
from fsvfx.colour import DEFAULT_CONFIG, PlateColour
from fsvfx.errors import InputError
from fsvfx.occlusion.contract import WIDE, WIDE_SIZE, Faces, Segmentation, Segmenter
from fsvfx.stages import occlude
from fsvfx.stages.contract import Need, Work
from fsvfx.stages.occlude import OccludeStage, wide_picture
from schemas.composite import Composite
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Replace, Shot
from schemas.receipts import Unit

SIZE = 16
NUMBERS = range(1001, 1021)
CHUNK = Chunk(first=1005, last=1012)
CORNERS = np.resize(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32), (468, 3))


class Half(Segmenter):
    """Says that the left half is covered, and how many frames it saw."""

    name: ClassVar[str] = "half"
    version: ClassVar[int] = 7
    summary: ClassVar[str] = "half"
    source: ClassVar[str] = "a test"
    weights: ClassVar[tuple[str, ...]] = ("a_card",)
    reach: ClassVar[int] = 6
    every: ClassVar[int] = 2
    margin: ClassVar[int] = 1
    seen: ClassVar[list[tuple[tuple[int, ...], tuple[int, ...]]]] = []

    def segment(self, faces: Faces, others: Faces, *, face: bool) -> Segmentation:
        Half.seen.append((faces.frames, others.frames))
        front = np.zeros((len(faces.crops), SIZE, SIZE), np.float32)
        front[:, :, : SIZE // 2] = 1
        return Segmentation(front, 1 - front if face else None)


@pytest.fixture(autouse=True)
def _half(monkeypatch: pytest.MonkeyPatch) -> None:
    Half.seen.clear()
    real = occlude.segmenter
    monkeypatch.setattr(
        occlude, "segmenter", lambda name: Half if name in ("half", "embedded", Half.name) else real(name)
    )
    monkeypatch.setattr(occlude, "EMBEDDED", "half")


def job(composite: dict[str, Any], replace: bool = True) -> ShotJob:
    entry = Replace(performer="lead", identity="lead", engine="landmark_warp")
    return ShotJob(
        production="test",
        shot=Shot(
            name="sh010",
            plate=Plate(path="plate.mov", frames="1001-1020", color_space="sRGB"),
            replace=(entry,) if replace else (),
            composite=Composite.model_validate(composite),
        ),
        people={"lead": Person(references=(), consent="none.yaml")},
        deliver=(),
        store="memory://test",
        colour_config=DEFAULT_CONFIG.name,
        manifest="shots.yaml",
    )


def run(composite: dict[str, Any], present: np.ndarray | None = None) -> Result:
    count = len(NUMBERS)
    aligned = {
        "r0/present": np.ones(count, bool) if present is None else present,
        "r0/matrix": np.repeat(np.array([[[1.0, 0, 0], [0, 1, 0]]]), count, axis=0),
        "r0/landmarks": np.repeat((CORNERS * SIZE)[None], count, axis=0),
        "r0/crops": np.full((count, SIZE, SIZE, 3), 0.5, np.float16),
    }
    given = {
        "ingest": Arrays(NUMBERS, {"frames": np.full((count, 24, 32, 3), 128, np.uint8)}),
        "align": Arrays(NUMBERS, aligned),
        "swap": Arrays(NUMBERS, {"r0/crops": aligned["r0/crops"]}),
    }
    unit = Unit.of_chunk(CHUNK)
    settings = OccludeStage().settings(job(composite), unit)
    return OccludeStage().run(Work(unit, tuple(CHUNK.frames), settings, given))


@pytest.mark.parametrize(
    ("composite", "wanted"),
    [
        ({}, True),
        ({"occlusion": "none"}, False),
        ({"occlusion": "none", "matte": "learned*plate"}, True),
        ({"occlusion": "none", "matte": "identity + hull"}, True),
        ({"occlusion": "none", "overrides": [{"frames": "1003", "occlusion": "half"}]}, True),
        ({"occlusion": "none", "overrides": [{"frames": "1003", "matte": "hull"}]}, False),
    ],
)
def test_it_runs_only_for_shots_that_ask(composite: dict[str, Any], wanted: bool) -> None:
    assert OccludeStage().is_wanted(job(composite)) == wanted
    assert not OccludeStage().is_wanted(job(composite, replace=False))


def test_it_reads_as_far_as_its_segmenter_sees_and_the_swap_only_when_asked() -> None:
    unit = Unit.of_chunk(CHUNK)
    assert OccludeStage().reads(job({}), unit) == (Need("ingest", halo=6), Need("align", halo=6))
    assert Need("swap") in OccludeStage().reads(job({"matte": "identity"}), unit)
    elsewhere = {"occlusion": "none", "overrides": [{"frames": "1001", "occlusion": "half"}]}
    assert OccludeStage().reads(job(elsewhere), unit) == (Need("ingest", halo=0), Need("align", halo=0))


def test_its_key_holds_the_segmenter_its_version_and_its_weights() -> None:
    settings = OccludeStage().settings(job({}), Unit.of_chunk(CHUNK))
    assert settings.model_dump(mode="json")["groups"] == [["1005-1012", "half", 7, True, False, False]]
    assert OccludeStage().weights(settings) == ("a_card",)


def test_an_unknown_segmenter_is_wrong_input() -> None:
    with pytest.raises(InputError, match="No segmenter named 'thirds'"):
        OccludeStage().settings(job({"occlusion": "thirds"}), Unit.of_chunk(CHUNK))


def test_the_segmenter_gets_the_frames_beside_and_a_few_around() -> None:
    result = run({})
    assert Half.seen == [(tuple(range(1004, 1014)), (1002, 1004, 1006, 1008, 1010, 1012, 1014, 1016, 1018))]
    assert np.asarray(result.frames["r0/front"]).shape == (8, SIZE, SIZE)
    assert np.asarray(result.frames["r0/front"])[:, 3, 3].tolist() == [1] * 8
    assert not {"r0/face", "r0/identity"} & set(result.frames), "nobody asked for them"
    assert result.qc["r0"]["covered"] == pytest.approx(0.5, abs=0.05)  # type: ignore[index]


def test_absent_faces_and_unwanted_frames_stay_empty() -> None:
    present = np.ones(len(NUMBERS), bool)
    present[5] = False  # 1006
    matte = {"occlusion": "none", "overrides": [{"frames": "1005-1008", "matte": "plate*identity"}]}
    result = run(matte, present)
    front, face, identity = (np.asarray(result.frames[f"r0/{name}"]) for name in ("front", "face", "identity"))
    assert front.max() == 0
    assert face.any(axis=(1, 2)).tolist() == [True, False, True, True] + [False] * 4
    assert np.array_equal(identity, face)


@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_the_wide_picture_is_wider_about_the_same_middle(scale: float) -> None:
    plate = np.zeros((int(400 / scale), int(400 / scale), 3), np.uint8)
    middle = len(plate) // 2
    reach = max(1, round(4 / scale))
    plate[middle - reach : middle + reach, middle - reach : middle + reach] = 255
    matrix = np.array([[scale, 0, 64 - (middle - 0.5) * scale], [0, scale, 64 - (middle - 0.5) * scale]])
    wide = wide_picture(plate, matrix, 128, PlateColour("sRGB")).astype(np.float32)
    assert wide.shape == (WIDE_SIZE, WIDE_SIZE, 3)
    y, x = np.nonzero(wide[..., 0] > 0.5)
    assert np.ptp(x) + 1 == pytest.approx(8 * WIDE_SIZE / (128 * WIDE), abs=3)
    assert [x.mean(), y.mean()] == pytest.approx([WIDE_SIZE / 2 + 0.25] * 2, abs=2)
