"""Point caches, opened again by USD itself: its camera sees the toy model's points where the plate shows the face."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_fits import CROP, NUMBERS, add_fits, landmarks
from toy_morphable import toy

from fsvfx.delivery import deliver_chunk, deliver_shot, meshes
from fsvfx.errors import InputError, MachineError
from fsvfx.faces.geometry import move_points
from fsvfx.media import PlateInfo
from fsvfx.morphable.camera import Camera
from fsvfx.preflight.checks import CHECKS
from fsvfx.preflight.contract import Answers, Buckets, Look
from fsvfx.runner import dag
from schemas.frames import FrameRange
from schemas.receipts import Receipt, Unit
from schemas.report import AI_STATEMENT

pytest.importorskip("pxr")
from pxr import Gf, Sdf, Usd, UsdGeom

from fsvfx.delivery.point_caches import Lens

NONE = FrameRange(())
FIRST, LAST = 1001, 1006
"""Two chunks; each has the toy's three fits."""
DATA = np.array([-3, 2])
"""First pixel of the plate's data window; the display window begins at 0, 0."""
SIZE = 20
"""Of the display window."""


@pytest.fixture
def kit(
    shot_kit: Callable[..., Any], exr_plate: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.setattr(meshes, "head", lambda name: toy())

    def make(wish: dict[str, Any] | None = None, *, swaps: bool = True, rate: str | None = "24000/1001") -> Any:
        plate = {"path": str(exr_plate(range(FIRST, LAST + 1))), "frames": f"{FIRST}-{LAST}", "color_space": "ACEScg"}
        plate |= {"frame_rate": rate} if rate else {}
        return shot_kit(plate, [{"kind": "point_cache", "path": "{performer}.usdc", **(wish or {})}], swaps=swaps)

    return make


@pytest.fixture
def delivered(kit: Callable[..., Any]) -> Callable[..., Receipt]:
    def make(*, away: Sequence[int] = (), waived: FrameRange = NONE, swaps: bool = True, **wish: Any) -> Receipt:
        made = kit(wish, swaps=swaps)
        more = add_fits(made, away=away)
        chunks = [deliver_chunk(made.job, unit, made.of_chunk(unit), waived) for unit in made.units]
        inputs = [*chunks, *made.ingest, *made.composite, *made.align, *made.measure, *more]
        return deliver_shot(made.job, inputs, waived)

    return make


def path_of(receipt: Receipt) -> str:
    (path,) = [one.path for one in receipt.files if one.kind == "point_cache"]
    return path


def opened(receipt: Receipt) -> Usd.Stage:
    return Usd.Stage.Open(path_of(receipt))


def seen(stage: Usd.Stage, number: float) -> np.ndarray:
    """(v, 2) px of the display window: by USD's own camera, of the mesh's points."""
    camera = UsdGeom.Camera(stage.GetPrimAtPath("/face/camera")).GetCamera(number)
    return projected(points_at(stage, number), camera.frustum, (SIZE, SIZE))


def points_at(stage: Usd.Stage, number: float) -> np.ndarray:
    return np.array(UsdGeom.Mesh(stage.GetPrimAtPath("/face/mesh")).GetPointsAttr().Get(number), np.float64)


def projected(points: np.ndarray, frustum: Gf.Frustum, size: tuple[int, int]) -> np.ndarray:
    """(v, 2) px of a picture of that size, pixel centers at whole numbers."""
    view = np.array(frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix())
    at = np.column_stack([points, np.ones(len(points))]) @ view
    x, y = (at[:, :2] / at[:, 3:]).T
    return np.stack([(x + 1) / 2 * size[0], (1 - y) / 2 * size[1]], axis=1) - 0.5


def is_visible(stage: Usd.Stage, number: float) -> bool:
    mesh = UsdGeom.Imageable(stage.GetPrimAtPath("/face/mesh"))
    return bool(mesh.ComputeVisibility(number) == UsdGeom.Tokens.inherited)


def test_usds_camera_sees_it_on_the_performers_face(delivered: Callable[..., Receipt]) -> None:
    stage = opened(delivered())
    for number in range(FIRST, LAST + 1):
        in_crop = move_points(CROP, seen(stage, number) - DATA)
        off = np.abs(in_crop - landmarks()[(number - FIRST) % 3, :, :2]) / np.hypot(*CROP[0, :2])
        assert off.max() < 0.01, number


def test_it_shows_what_the_meshes_show(delivered: Callable[..., Receipt]) -> None:
    """At 4K, of cameras near and far, on plates with overscan: where the camera that the OBJ's JSON states sees it."""
    rng = np.random.default_rng(1)
    info = PlateInfo(4096, 2160, np.dtype(np.uint16), None, None, 1, 1, False, 1.0,
                     data_window=(-100, 20, 3995, 2179), display_window=(0, 0, 3839, 2119))  # fmt: skip
    for focal, away in ((1500.0, 30.0), (9000.0, 250.0), (3e6, 1e5)):
        camera = Camera(focal, (3100.25, 400.5))
        points = (rng.uniform(-10, 10, (50, 3)) - [0, 0, away]).astype(np.float32)
        lens = Lens.of(camera, info)
        held = Gf.Camera(Gf.Matrix4d(1), Gf.Camera.Perspective, *map(float, np.float32(lens.aperture)),
                         *map(float, np.float32(lens.offset)), float(np.float32(lens.focal)))  # fmt: skip
        px = projected(points, held.frustum, (3840, 2120)) + np.array([100, -20])
        wanted = points @ camera.matrix.T
        np.testing.assert_allclose(px, wanted[:, :2] / wanted[:, 2:], atol=0.01)


def test_topology_uvs_and_normals_are_the_models(delivered: Callable[..., Receipt]) -> None:
    stage = opened(delivered())
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/face/mesh"))
    triangles = np.array(mesh.GetFaceVertexIndicesAttr().Get()).reshape(-1, 3)
    np.testing.assert_array_equal(triangles, toy().triangles)
    assert set(mesh.GetFaceVertexCountsAttr().Get()) == {3}
    st = UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st")
    assert (st.GetTypeName(), st.GetInterpolation()) == (Sdf.ValueTypeNames.TexCoord2fArray, "faceVarying")
    np.testing.assert_allclose(np.array(st.ComputeFlattened()), toy().uv[toy().uv_triangles].reshape(-1, 2), atol=1e-6)
    normals = np.array(mesh.GetNormalsAttr().Get(FIRST))
    assert mesh.GetNormalsInterpolation() == "vertex"
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert normals[toy().depth > 2, 2].mean() > 0.5  # to the camera
    assert mesh.GetPointsAttr().GetTimeSamples() == list(range(FIRST, LAST + 1))
    assert UsdGeom.PointBased(mesh).GetExtentAttr().GetNumTimeSamples() == LAST - FIRST + 1


def test_the_stage_says_its_units_its_time_and_what_it_is(delivered: Callable[..., Receipt]) -> None:
    stage = opened(delivered())
    layer = stage.GetRootLayer()
    assert stage.GetTimeCodesPerSecond() == pytest.approx(24000 / 1001)
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (FIRST, LAST)
    assert (UsdGeom.GetStageUpAxis(stage), UsdGeom.GetStageMetersPerUnit(stage)) == ("Y", 0.01)
    assert stage.GetDefaultPrim().GetPath() == "/face"
    said = layer.customLayerData["fsvfx"]
    assert said["statement"] == AI_STATEMENT
    assert said["rights"]
    assert said["rights"] in layer.comment
    assert AI_STATEMENT in layer.comment
    own = stage.GetPrimAtPath("/face/mesh").GetCustomDataByKey("fsvfx")
    assert own == {"of": "plate", "performer": "double", "model": "toy"}


def test_the_face_is_hidden_where_nobody_is_there(delivered: Callable[..., Receipt]) -> None:
    away = (1002, 1003, 1004)
    stage = opened(delivered(away=away))
    assert {n for n in range(FIRST, LAST + 1) if not is_visible(stage, n)} == set(away)
    assert not is_visible(stage, 1002.5)
    points = UsdGeom.Mesh(stage.GetPrimAtPath("/face/mesh")).GetPointsAttr()
    assert points.GetTimeSamples() == [1001, 1005, 1006]
    everywhere = opened(delivered(path="all.usd"))
    assert all(is_visible(everywhere, n) for n in range(FIRST, LAST + 1))


@pytest.mark.parametrize(
    "how",
    [{"away": range(FIRST, LAST + 1)}, {"swaps": False, "path": "m.usdc"},
     {"of": "swap", "waived": FrameRange.span(FIRST, LAST)}],
)  # fmt: skip
def test_without_a_face_there_is_no_mesh(delivered: Callable[..., Receipt], how: dict[str, Any]) -> None:
    stage = opened(delivered(**how))
    assert [str(prim.GetPath()) for prim in stage.Traverse()] == ["/face"]


def test_the_swap_has_another_shape_in_the_same_outline(delivered: Callable[..., Receipt]) -> None:
    stages = [opened(delivered(of=of, path=f"{of}.usdc")) for of in ("plate", "swap")]
    plate, swap = (points_at(stage, NUMBERS[2]) for stage in stages)
    np.testing.assert_array_equal(plate[toy().depth <= 0], swap[toy().depth <= 0])
    assert np.abs(plate - swap).mean() > 0.01


def test_the_same_shot_gives_the_same_bytes(delivered: Callable[..., Receipt]) -> None:
    first, again = (Path(path_of(delivered(path=f"{name}.usdc"))) for name in "ab")
    assert first.read_bytes() == again.read_bytes()
    copies = [first.with_name(f"{name}.usdc") for name in "xy"]
    for copy in copies:  # by processes whose addresses and hashes differ
        code = f"from pxr import Sdf; assert Sdf.Layer.FindOrOpen({str(first)!r}).Export({str(copy)!r})"
        subprocess.run([sys.executable, "-c", code], check=True)
    assert copies[0].read_bytes() == copies[1].read_bytes()


@pytest.mark.parametrize(("of", "more"), [("plate", set()), ("swap", {"references"})])
def test_the_shot_reads_it_and_its_chunks_do_not(kit: Callable[..., Any], of: str, more: set[str]) -> None:
    made = kit({"of": of})
    read = {one.stage for one in dag.sources_of("deliver", Unit.of_shot(), made.job)}
    assert read == {"deliver", "ingest", "composite", "measure", "track", "align", "fit"} | more
    of_chunk = {one.stage for one in dag.sources_of("deliver", made.units[0], made.job)}
    assert of_chunk == {"ingest", "composite"}


def test_it_needs_a_frame_rate(kit: Callable[..., Any]) -> None:
    made = kit(rate=None)
    more = add_fits(made)
    chunks = [deliver_chunk(made.job, unit, made.of_chunk(unit), NONE) for unit in made.units]
    with pytest.raises(InputError, match="point cache needs a frame rate"):
        deliver_shot(made.job, [*chunks, *made.ingest, *made.composite, *made.align, *more], NONE)


def test_without_usd_it_is_told_before_a_run(kit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    (check,) = [one for one in CHECKS if one.name == "writers"]
    (trouble,) = check.find(Look(kit().job, Buckets(), Answers(), None))
    assert trouble.stops
    assert (trouble.field, trouble.hint) == ("deliver[0]", 'pip install "fsvfx[usd]"')
    assert "pxr" in trouble.what


def test_without_usd_nothing_is_written(
    delivered: Callable[..., Receipt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(MachineError, match="point cache needs pxr"):
        delivered()
    assert not list((tmp_path / "out").glob("*.usd*"))
