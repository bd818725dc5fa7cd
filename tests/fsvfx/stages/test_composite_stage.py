"""The composite stage on made faces: round trips, several entries, every plate depth."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from in_memory import Arrays, in_memory
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.comp import Patch, apply
from fsvfx.faces.sampling import inverse
from fsvfx.stages.align import display_crop
from fsvfx.stages.composite import CompositeStage
from fsvfx.stages.contract import Result, Work
from schemas.composite import Composite, CompositeOverride
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Replace, Shot
from schemas.receipts import Unit

SIZE = 128
HEIGHT, WIDTH = 150, 200
FRAMES = (1001, 1002)
CONFIG = colour.DEFAULT_CONFIG


def photograph(seed: int = 0) -> NDArray[np.float32]:
    """A smooth coloured picture with grain, (H, W, 3) in [0, 1]."""
    random = np.random.default_rng(seed)
    rough = random.random((9, 12, 3)).astype(np.float32)
    smooth = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(0.15 + 0.6 * smooth + 0.004 * random.standard_normal(smooth.shape), 0, 1).astype(np.float32)


def plate_of(kind: str) -> tuple[NDArray[Any], str]:
    picture = photograph()
    if kind == "u8":
        return (picture * 255).round().astype(np.uint8), "sRGB"
    if kind == "u16":
        return (picture * 65535).round().astype(np.uint16), "sRGB"
    linear = picture.astype(np.float16) ** np.float16(2)
    return linear, "ACEScg"


def face_matrix(x: float, y: float, scale: float = 1.3, degrees: float = 8.0) -> NDArray[np.float64]:
    """Plate px -> crop px, with the crop's middle at (x, y)."""
    turn = np.radians(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack([linear, np.full(2, (SIZE - 1) / 2) - linear @ np.array([x, y])])


def oval(value: float = 1.0) -> NDArray[np.float16]:
    matte = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(matte, (SIZE // 2, SIZE // 2), (SIZE // 4, SIZE * 2 // 5), 0, 0, 360, value, -1, cv2.LINE_AA)
    return matte.astype(np.float16)


def shot_job(space: str, entries: int, composite: Composite) -> ShotJob:
    replace = tuple(Replace(performer="p", identity="i", engine="landmark_warp") for _ in range(entries))
    plate = Plate(path="/plate.mp4", first_frame=1001, frames=FrameRange(FRAMES), color_space=space)
    shot = Shot(name="s", plate=plate, replace=replace, composite=composite)
    return ShotJob(
        production="t", shot=shot, people={}, deliver=(), store="memory://t", colour_config=CONFIG, manifest="/m.yaml"
    )


def composited(
    plate: NDArray[Any],
    space: str,
    faces: list[tuple[NDArray[np.float64], NDArray[np.float16], NDArray[np.float16]]],
    composite: Composite | None = None,
) -> Result:
    """faces: matrix, swapped crop, matte per entry; the first frame has them, the second has none."""
    frames: dict[str, Any] = {}
    swaps: dict[str, Any] = {}
    for index, (matrix, crop, matte) in enumerate(faces):
        frames[f"r{index}/present"] = np.array([True, False])
        frames[f"r{index}/start"] = np.zeros(2, bool)
        frames[f"r{index}/matrix"] = np.stack([matrix, np.zeros((2, 3))])
        swaps[f"r{index}/crops"] = np.stack([crop, np.zeros_like(crop)])
        swaps[f"r{index}/matte"] = np.stack([matte, np.zeros_like(matte)])
    job = shot_job(space, len(faces), composite or Composite())
    stage = CompositeStage()
    unit = Unit.of_chunk(job.shot.chunks[0])
    inputs = {
        "ingest": Arrays(FRAMES, {"frames": np.stack([plate, plate])}),
        "align": Arrays(FRAMES, frames),
        "swap": Arrays(FRAMES, swaps),
    }
    return in_memory(stage.run(Work(unit, FRAMES, stage.parameters(job, unit), inputs, 0, "cpu")))  # type: ignore[arg-type]


def comp_of(result: Result, plate: NDArray[Any], space: str, row: int = 0) -> tuple[NDArray[np.float16], ...]:
    base = colour.plate_to_comp(plate, space, CONFIG)
    patches = []
    for index in range(sum(name.endswith("/present") for name in result.frames)):
        origin, patch, matte = (
            np.asarray(result.frames[f"r{index}/{name}"])[row] for name in ("origin", "patch", "matte")
        )  # type: ignore[index]
        patches.append(Patch((int(origin[0]), int(origin[1])), patch, matte))
    return base, *apply(base, patches)


def psnr(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    apart = one.astype(np.float64) - other.astype(np.float64)
    return float(-10 * np.log10(np.mean(apart**2)))


@pytest.mark.parametrize("mode", ["seamless", "overlay"])
@pytest.mark.parametrize("kind", ["u8", "u16", "f16"])
def test_a_face_put_back_is_the_plate(kind: str, mode: Any) -> None:
    plate, space = plate_of(kind)
    matrix = face_matrix(100, 75)
    crop = display_crop(plate, matrix, SIZE, space, CONFIG)
    result = composited(plate, space, [(matrix, crop, oval())], Composite(mode=mode))
    base, comp, matte = comp_of(result, plate, space)
    inside = matte > 0
    assert 2000 < inside.sum() < 6000
    assert psnr(comp[inside], base[inside]) > 40
    assert np.array_equal(comp.view(np.uint16)[~inside], base.view(np.uint16)[~inside])


def test_another_light_is_taken_on() -> None:
    plate, space = plate_of("u8")
    matrix = face_matrix(100, 75)
    dark = (display_crop(plate, matrix, SIZE, space, CONFIG).astype(np.float32) * 0.85).astype(np.float16)
    jump = {}
    for mode in ("seamless", "overlay"):
        result = composited(plate, space, [(matrix, dark, oval())], Composite(mode=mode))  # type: ignore[arg-type]
        base, comp, matte = comp_of(result, plate, space)
        jump[mode] = float(np.abs(comp.astype(np.float32) - base)[matte > 0.5].mean())
    assert jump["seamless"] < 0.5 * jump["overlay"]


def test_two_faces_that_overlap() -> None:
    plate, space = plate_of("u8")
    matrices = [face_matrix(85, 75), face_matrix(110, 75)]
    crops = [np.full((SIZE, SIZE, 3), value, np.float16) for value in (0.2, 0.8)]
    result = composited(plate, space, [(m, c, oval()) for m, c in zip(matrices, crops)], Composite(mode="overlay"))
    base, comp, matte = comp_of(result, plate, space)
    dark, light = (colour.decode(c[:1, :1].astype(np.float32), CONFIG, "ACEScg")[0, 0] for c in crops)
    assert np.allclose(comp[75, 75], dark, atol=2e-3)
    assert np.allclose(comp[75, 110], light, atol=2e-3)
    seam = np.asarray(result.frames["r1/matte"])[0]
    y, x = np.argwhere((seam > 0.4) & (seam < 0.6) & (np.arange(seam.shape[1]) < seam.shape[1] / 2))[0]
    origin = np.asarray(result.frames["r1/origin"])[0]
    mixed = np.asarray(result.frames["r1/patch"])[0, y, x].astype(np.float32)
    under = comp_of(Result(frames={k: v for k, v in result.frames.items() if k.startswith("r0")}), plate, space)[1]
    share = float(seam[y, x])
    assert np.allclose(mixed, (1 - share) * under[y + origin[0], x + origin[1]] + share * light, atol=3e-3)
    assert np.array_equal(comp[matte == 0], base[matte == 0])


@pytest.mark.parametrize(("x", "y"), [(0, 0), (199, 75), (100, 149), (-15, 40), (500, 500)])
def test_faces_partly_out_of_the_frame(x: float, y: float) -> None:
    plate, space = plate_of("u8")
    matrix = face_matrix(x, y)
    result = composited(plate, space, [(matrix, display_crop(plate, matrix, SIZE, space, CONFIG), oval())])
    base, comp, matte = comp_of(result, plate, space)
    assert np.isfinite(comp).all()
    assert (matte > 0).any() == (x < 300)
    assert bool(np.asarray(result.frames["r0/present"])[0]) == (x < 300)
    if x < 300:
        assert psnr(comp, base) > 40
        middle = np.argwhere(matte > 0).mean(0)
        assert np.hypot(*(middle - np.clip([y, x], 0, [149, 199]))) < 40


def test_nothing_to_show() -> None:
    plate, space = plate_of("u8")
    crop = np.zeros((SIZE, SIZE, 3), np.float16)
    for matte, settings in (
        (np.zeros((SIZE, SIZE), np.float16), Composite()),
        (oval(), Composite(mode="original")),
        (oval(), Composite(opacity=0)),
    ):
        result = composited(plate, space, [(face_matrix(100, 75), crop, matte)], settings)
        assert not np.asarray(result.frames["r0/present"]).any()
        base, comp, shown = comp_of(result, plate, space)
        assert comp.tobytes() == base.tobytes()
        assert not shown.any()


def test_frames_without_a_face_stay() -> None:
    plate, space = plate_of("f16")
    matrix = face_matrix(100, 75)
    result = composited(plate, space, [(matrix, np.ones((SIZE, SIZE, 3), np.float16), oval())])
    assert np.asarray(result.frames["r0/present"]).tolist() == [True, False]
    base, comp, _ = comp_of(result, plate, space, row=1)
    assert comp.tobytes() == base.tobytes()


def test_light_beyond_white_and_below_black_survives() -> None:
    plate, space = plate_of("f16")
    plate[60:90, 80:120] = 64.0
    plate[60:90, 60:70] = -0.03
    matrix = face_matrix(100, 75)
    crop = display_crop(plate, matrix, SIZE, space, CONFIG)
    comp = comp_of(composited(plate, space, [(matrix, crop, oval())]), plate, space)[1].astype(np.float32)
    assert np.allclose(comp[75, 100], 64.0, rtol=0.02)
    outside = comp_of(composited(plate, space, [(matrix, crop, oval())]), plate, space)
    assert np.array_equal(outside[1][75, 62], plate[75, 62])


def test_the_key_holds_only_what_the_chunk_reads() -> None:
    stage = CompositeStage()
    unit = Unit.of_chunk(shot_job("sRGB", 1, Composite()).shot.chunks[0])
    plain, elsewhere, here = (
        stage.parameters(shot_job("sRGB", 1, Composite(overrides=each)), unit)
        for each in (
            (),
            (CompositeOverride(frames=FrameRange.parse("1100-1120"), erode=4),),
            (CompositeOverride(frames=FrameRange.parse("1002"), erode=4),),
        )
    )
    assert plain == elsewhere
    assert here != plain
    assert [frames for frames, _ in here["settings"]] == ["1001", "1002"]  # type: ignore[union-attr,misc]


def test_regions_are_tight() -> None:
    plate, space = plate_of("u8")
    matrix = face_matrix(100, 75, degrees=0)
    result = composited(plate, space, [(matrix, np.ones((SIZE, SIZE, 3), np.float16), oval())])
    origin, matte = (np.asarray(result.frames[f"r0/{name}"])[0] for name in ("origin", "matte"))
    corners = inverse(matrix)[:, :2] @ np.array([SIZE / 2, SIZE * 4 / 5])
    assert matte.shape[1] <= corners[0] + 25
    assert matte.shape[0] <= corners[1] + 25
    assert np.all(origin + matte.shape <= (HEIGHT, WIDTH))
