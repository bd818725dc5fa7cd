"""Meshes, read back: the toy model's, whose every coefficient is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from toy_fits import AWAY, CROP, IDENTITY, NUMBERS, PERFORMER, add_fits, fits, landmarks
from toy_morphable import toy

from fsvfx.delivery import deliver_chunk, meshes
from fsvfx.engines.solid.shape import exchanged
from fsvfx.faces.geometry import move_points
from fsvfx.models import HEAD
from fsvfx.morphable.placing import turned_by
from fsvfx.rights.weights import used_by
from fsvfx.runner import dag
from schemas.frames import FrameRange
from schemas.receipts import Receipt
from schemas.report import AI_STATEMENT

NONE = FrameRange(())
ROOT = Path(__file__).parents[3]


@pytest.fixture
def delivered(
    shot_kit: Callable[..., Any], exr_plate: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Any, Receipt]]:
    monkeypatch.setattr(meshes, "head", lambda name: toy())

    def make(*, waived: FrameRange = NONE, swaps: bool = True, bank: str = "", **wish: Any) -> tuple[Any, Receipt]:
        plate = {"path": str(exr_plate(NUMBERS)), "frames": "1001-1003", "color_space": "ACEScg"}
        kit = shot_kit(plate, [{"kind": "mesh", "path": "{performer}.{frame}.obj", **wish}], swaps=swaps)
        (unit,) = kit.units
        more = add_fits(kit, bank=bank)
        return kit, deliver_chunk(kit.job, unit, [*kit.of_chunk(unit), *more], waived)

    return make


class Read(NamedTuple):
    """v: (v, 3), vt: (u, 2), f: (t, 3, 2) from 0; said: the JSON beside it."""

    v: np.ndarray
    vt: np.ndarray
    f: np.ndarray
    said: dict[str, Any]


def read(receipt: Receipt, number: int) -> Read:
    path = next(Path(one.path) for one in receipt.files if one.frame == number and one.path.endswith(".obj"))
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    v, vt = (np.array([line[1:] for line in lines if line[0] == kind], float) for kind in ("v", "vt"))
    f = np.array([[corner.split("/") for corner in line[1:]] for line in lines if line[0] == "f"], int)
    return Read(v, vt, f - 1, json.loads(Path(f"{path}.json").read_text(encoding="utf-8")))


def test_the_camera_sees_it_on_the_performers_face(delivered: Callable[..., Any]) -> None:
    _, receipt = delivered()
    assert len(receipt.files) == 6
    assert all("double" in file.path for file in receipt.files)
    assert f"# model: {toy().name}\n" in Path(receipt.files[0].path).read_text(encoding="utf-8")
    for row, number in ((0, 1001), (2, 1003)):
        mesh = read(receipt, number)
        assert (mesh.v.shape, mesh.vt.shape) == ((468, 3), (468, 2))
        np.testing.assert_array_equal(mesh.f[..., 0], toy().triangles)
        np.testing.assert_allclose(mesh.vt[mesh.f[..., 1]], toy().uv[toy().uv_triangles], atol=1e-6)
        camera = mesh.said["camera"]
        assert (camera["width"], camera["height"]) == (26, 18)
        seen = mesh.v @ np.array(camera["plate_from_camera"]).T
        x, y, depth = mesh.v.T
        by_hand = camera["center_px"] + camera["focal_length_px"] * np.stack([x, -y], 1) / -depth[:, None]
        np.testing.assert_allclose(by_hand, seen[:, :2] / seen[:, 2:], atol=1e-6)
        in_crop = move_points(CROP, seen / seen[:, 2:])
        np.testing.assert_allclose(in_crop[:, :2], landmarks()[row, :, :2], atol=0.005)
        assert mesh.said["mesh"]["of"] == "plate"
        assert mesh.said["statement"] == AI_STATEMENT


def test_where_nobody_is_there_is_no_mesh(delivered: Callable[..., Any]) -> None:
    _, receipt = delivered()
    mesh = read(receipt, AWAY)
    assert not len(mesh.v)
    assert not len(mesh.f)
    assert mesh.said["camera"] is None


def test_a_shot_that_replaces_nothing_has_empty_files(delivered: Callable[..., Any]) -> None:
    _, receipt = delivered(swaps=False, path="m.{frame}.obj")
    assert len(receipt.files) == 6
    assert not len(read(receipt, 1001).v)


def test_the_swap_has_the_identitys_shape_in_the_performers_outline(delivered: Callable[..., Any]) -> None:
    plate, swap = (read(delivered(of=of, path=f"{of}.{{frame}}.obj")[1], 1003).v for of in ("plate", "swap"))
    depth = toy().depth
    np.testing.assert_array_equal(plate[depth <= 0], swap[depth <= 0])
    wanted = exchanged(toy(), *map(toy().shape, (PERFORMER, IDENTITY)), 1.0) @ fits().placing.rotation[2].T
    roll = np.arctan2(CROP[1, 0], CROP[0, 0])
    unrolled = (swap - plate) @ turned_by(np.array([[0, 0, roll]]))[0]
    assert np.abs(wanted).mean() > 0.03
    assert np.abs(unrolled - wanted).mean() < 0.25 * np.abs(wanted).mean()


def test_a_banks_member_goes_in_as_a_person_does(delivered: Callable[..., Any]) -> None:
    person, member = (
        read(delivered(of="swap", bank=bank, path=f"m{bank}.{{frame}}.obj")[1], 1001).v for bank in ("", "extras")
    )
    np.testing.assert_array_equal(person, member)


def test_a_waived_frame_has_no_swap(delivered: Callable[..., Any]) -> None:
    waived = FrameRange([1003])
    assert len(read(delivered(waived=waived)[1], 1003).v)
    mesh = read(delivered(waived=waived, of="swap", path="s.{frame}.obj")[1], 1003)
    assert mesh.said["mesh"] is None


@pytest.mark.parametrize(("of", "more"), [("plate", set()), ("swap", {"references"})])
def test_what_it_reads_and_uses(delivered: Callable[..., Any], of: str, more: set[str]) -> None:
    kit, _ = delivered(of=of)
    (unit,) = kit.units
    read_of = {one.stage for one in dag.sources_of("deliver", unit, kit.job)}
    assert read_of == {"ingest", "composite", "align", "fit"} | more
    assert HEAD in [one.name for one in used_by(kit.job)]


def test_points_do_not_tell_how_many_threads_there_are() -> None:
    code = """
import hashlib, numpy as np
from fsvfx.delivery.meshes import summed
rng = np.random.default_rng(0)
basis, start = rng.normal(size=(40, 9409, 3)).astype("f4"), rng.normal(size=(9409, 3)).astype("f4")
print(hashlib.sha256(summed(start, rng.normal(size=40).astype("f4"), basis).tobytes()).hexdigest())
"""
    made = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT,
                       env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads})
        for threads in ("1", "4")
    ]  # fmt: skip
    assert made[0].stdout == made[1].stdout != b""
