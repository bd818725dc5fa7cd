"""Where FaceMesh's 468 points are on the ICT-FaceKit: found from rendered heads, whose geometry is known.

    FSVFX_ICT_MODEL=.../ict_facekit_light.npz python -m benchmarks.surface_points

writes ``fsvfx/morphable/ict_points.npz``. 48 actors from the front, and turned to one side by 12 to 38 degrees: each
point is mapped to the surface visible there, and from there to the mean head; the result is the median, made symmetric.
The far side of turned heads is left out, where points slide along the outline. Between shut lips the nearest surface
may be the other lip's: the points of the lower lip are restricted to what moves with the jaw.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fsvfx.actors import Light, Moment, actor, render
from fsvfx.actors.clips import shown
from fsvfx.faces.facemesh import FaceMesh, face_mesh
from fsvfx.faces.raster import rasterise, signed_areas
from fsvfx.faces.topology import MIRRORED
from fsvfx.morphable.facekit import FACE, facekit

_WHERE = Path(__file__).resolve().parents[1] / "fsvfx/morphable/ict_points.npz"
_HEAD = 11248
_SIZE, _FINER = 384, 2
_LOOKS = 5
_MIDDLE = 2.0
"""How far beyond the center line the far side of a turned head is still measured, in FaceKit units."""
LOWER_LIP = (95, 88, 178, 87, 14, 317, 402, 318, 324, 96, 89, 179, 86, 15, 316, 403, 319, 325)
"""The lower lip's inner edge, and the row next to it."""
_FOLLOWS = 1.3
"""FaceKit units by which an opening jaw lowers every place of the lower lip, and none of the upper."""
Floats = NDArray[np.float32]


def main() -> None:
    random, mesh = np.random.default_rng(5), face_mesh()
    found, kept = [], []
    for number in range(48):
        for yaw in (random.uniform(-6, 6), random.choice([-1, 1]) * random.uniform(12, 38)):
            places = _looked_at(mesh, f"reader{number}", float(yaw), random)
            far = np.sign(yaw) * places[:, 0] < -_MIDDLE if abs(yaw) > 10 else np.zeros(len(places), bool)
            found.append(places)
            kept.append(~far)
    _write(np.asarray(found), np.asarray(kept))


def _looked_at(mesh: FaceMesh, name: str, yaw: float, random: np.random.Generator) -> Floats:
    """(468, 3) on the mean head."""
    key = Light((float(random.uniform(-0.6, 0.6)), 0.5, 0.8), (0.8, 0.78, 0.75))
    moment = Moment(yaw=yaw, pitch=float(random.uniform(-6, 6)), lights=(key, Light((-0.6, 0.1, 0.5), (0.25,) * 3)))
    rendered = render(actor(name), moment, _SIZE)
    low, high = rendered.landmarks[:, :2].min(axis=0), rendered.landmarks[:, :2].max(axis=0)
    x, y = (low + high) / 2
    square = np.array([[x, y - 0.15 * (high - low)[1], 1.7 * (high - low).max(), 0.0]])
    (points,), _ = mesh.landmarks(np.asarray(shown(rendered.rgb) * 255 + 0.5, np.uint8), square, _LOOKS)
    kit = facekit()
    head = kit.triangles[(kit.triangles < _HEAD).all(axis=1)]
    corner = np.array([0.5, 0.5, 0], np.float32)
    fine = np.asarray((rendered.vertices[:_HEAD] + corner) * _FINER - corner, np.float32)
    raster = rasterise(fine, head[signed_areas(fine[head]) > 0], _SIZE * _FINER)
    row, column = np.divmod(raster.pixels, raster.size)
    nearest = cKDTree(np.column_stack([column, row])).query((points[:, :2] + 0.5) * _FINER - 0.5)[1]
    return raster.at_pixels(kit.neutral[:_HEAD])[nearest]


def _write(found: Floats, kept: NDArray[np.bool_]) -> None:
    held = np.where(kept[..., None], found, np.nan)
    middle = np.nanmedian(held, axis=0)
    spread = np.nanmedian(np.linalg.norm(held - middle, axis=2), axis=0)
    middle = (middle + middle[MIRRORED] * [-1, 1, 1]) / 2
    spread = (spread + spread[MIRRORED]) / 2
    corners, weights = _on_surface(middle)
    np.savez_compressed(
        _WHERE, corners=corners.astype(np.int16), weights=weights.astype(np.float32), spread=spread.astype(np.float32)
    )
    print(f"{len(found)} looks; spread, FaceKit units: median {np.median(spread):.2f}, worst {spread.max():.2f}")


def _on_surface(points: NDArray[np.float64]) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """Corners and weights (468, 3) of the nearest places on the mean face; for the lower lip's, on the lower lip."""
    kit, lower = facekit(), list(LOWER_LIP)
    triangles = kit.triangles[(kit.triangles < FACE).all(axis=1)]
    corners, weights = _nearest(points, triangles)
    jaw = kit.expression[kit.names.index("jawOpen"), :, 1]
    corners[lower], weights[lower] = _nearest(points[lower], triangles[(jaw[triangles] < -_FOLLOWS).all(axis=1)])
    return corners, weights


def _nearest(
    points: NDArray[np.float64], triangles: NDArray[np.integer]
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """Corners and weights (k, 3) of the nearest places on some triangles of the mean face."""
    steps = np.array([(a, b, 8 - a - b) for a in range(9) for b in range(9 - a)]) / 8
    places = np.einsum("sc,tcx->tsx", steps, facekit().neutral[triangles].astype(np.float64)).reshape(-1, 3)
    triangle, step = np.divmod(cKDTree(places).query(points)[1], len(steps))
    return triangles[triangle], steps[step]


if __name__ == "__main__":
    main()
