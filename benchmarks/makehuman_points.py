"""Where FaceMesh's 468 points are on MakeHuman's head: it is aligned with the ICT-FaceKit's, where they are known.

    fsvfx models pull makehuman
    FSVFX_ICT_MODEL=.../ict_facekit_light.npz python -m benchmarks.makehuman_points

writes ``fsvfx/morphable/makehuman_points.npz``. The mean head is deformed by its own shape modes until it matches the
FaceKit's mean face (iterative closest points, with their normals); each point then moves to the nearest place, those of
the lower lip to the part that moves with the jaw, those of the upper lip to the rest, as a closed mouth's lips touch.
The model has the islands of MakeHuman's UV that are mostly visible from the front, the sides, above and below: skin
without the mouth's inside and the sockets, so that its only holes are the mouth and the eyes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from fsvfx import models
from fsvfx.faces.geometry import similarity
from fsvfx.faces.raster import rasterise, signed_areas
from fsvfx.faces.topology import MIRRORED
from fsvfx.morphable import ict, normals
from fsvfx.morphable.facekit import eye_centre, facekit
from fsvfx.morphable.makehuman import CM, Drawn, drawn, halved
from fsvfx.morphable.makehuman_files import opened
from fsvfx.morphable.placing import turned_by

_WHERE = Path(__file__).resolve().parents[1] / "fsvfx/morphable/makehuman_points.npz"
_NECK = 6.0
"""dm: anything below does not belong to the head."""
_EYES = ("helper-l-eye", "helper-r-eye")
_STEPS, _SIZE = 40, 1024
_AWAKE = 0.5
"""A standard deviation of the shape modes, as a share of their full strength."""
_STIFF = 4e-4
_LIPS = 2.0
"""Distance in units added for opposite normals."""
_LOWER = [146, 91, 181, 84, 17, 314, 405, 321, 375, 77, 90, 180, 85, 16, 315, 404, 320, 307,
          96, 89, 179, 86, 15, 316, 403, 319, 325, 95, 88, 178, 87, 14, 317, 402, 318, 324]  # fmt: skip
_UPPER = [185, 40, 39, 37, 0, 267, 269, 270, 409, 191, 80, 81, 82, 13, 312, 311, 310, 415]
_TAKEN = 0.4
"""Share of the chin's movement that the lower lip makes when the jaw opens."""
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


def main() -> None:
    head, eyes = drawn(), _eyes()
    kept = np.flatnonzero((head.mean[head.mesh.quads][..., 1] > _NECK).all(axis=1))
    kept = kept[_skin(head.mesh.uv_quads[kept], _seen(head.mean, head.mesh.quads[kept], eyes))]
    triangles = halved(head.mesh.quads[kept])
    bent, scale = _laid(head, triangles, eyes)
    model = ict()
    wanted, facing = model.points.of(model.neutral), model.points.of(normals(model.neutral, model.triangles))
    corners, eighths, away = _told(head, bent, triangles, wanted, facing)
    print(f"{len(np.unique(triangles))} vertices; points {np.median(away):.2f} units from it, at most {away.max():.2f}")
    at = (head.mean[corners] * eighths[..., None] / 8).sum(axis=1)
    corners, eighths, away = _told(head, head.mean, triangles, (at + at[MIRRORED] * [-1, 1, 1]) / 2)
    print(f"made symmetric within {away.max() * 100:.1f} mm")
    np.savez_compressed(
        _WHERE,
        quads=kept.astype(np.int16),
        corners=corners.astype(np.int16),
        eighths=eighths.astype(np.int8),
        spread=(model.points.spread / scale * CM).astype(np.float32),
    )


def _eyes() -> Ints:
    """(t, 3) of both eyeballs: first the left one's."""
    with opened(models.path("makehuman")) as data:
        return np.concatenate([halved(data.mesh(group).quads) for group in _EYES])


def _seen(points: Doubles, quads: Ints, eyes: Ints) -> NDArray[np.bool_]:
    """(q,) whether a view shows any part of it; eyeballs are in front of their sockets."""
    triangles = np.concatenate([halved(quads), eyes])
    held = (points - points[quads].mean(axis=(0, 1))) * (_SIZE / 4)
    shown = np.zeros(len(quads), bool)
    for yaw in np.radians(range(-90, 91, 15)):
        for pitch in np.radians((-25, 0, 25)):
            at = held @ (turned_by(np.array([[pitch, 0, 0]]))[0] @ turned_by(np.array([[0, yaw, 0]]))[0]).T
            flat = np.asarray(at * [1, -1, -1] + [_SIZE / 2, _SIZE / 2, 0], np.float32)
            front = np.flatnonzero(signed_areas(flat[triangles]) > 0)
            raster = rasterise(flat, triangles[front], _SIZE)
            number = {tuple(each): place for place, each in zip(front, triangles[front].tolist())}
            for corners in np.unique(raster.corners, axis=0).tolist():
                place = number[tuple(corners)]
                if place < 2 * len(quads):
                    shown[place % len(quads)] = True
    return shown


def _skin(uv_quads: Ints, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(q,) whether a quad's island, within which quads share UV, is mostly visible."""
    count = int(uv_quads.max()) + 1
    sides = np.concatenate([uv_quads[:, [corner, corner - 1]] for corner in range(4)])
    joined = coo_array((np.ones(len(sides)), (sides[:, 0], sides[:, 1])), shape=(count, count))
    island = connected_components(joined, directed=False)[1][uv_quads[:, 0]]
    return np.asarray((np.bincount(island, seen) / np.maximum(np.bincount(island), 1))[island] > 0.5)


def _laid(head: Drawn, triangles: Ints, eyes: Ints) -> tuple[Doubles, float]:
    """(v, 3) aligned with the FaceKit's mean face; and its units per dm."""
    model, kit = ict(), facekit()
    shift = (kit.neutral[: len(model.neutral)] - model.neutral).mean(axis=0)
    theirs = np.stack([eye_centre(kit.neutral[each]) - shift for each in kit.eyes()])
    ours = np.stack([head.mean[np.unique(each)].mean(axis=0) for each in np.split(eyes, 2)])
    scale = float(np.linalg.norm(np.subtract(*theirs)) / np.linalg.norm(np.subtract(*ours)))
    points, ways = (head.mean - ours.mean(axis=0)) * scale + theirs.mean(axis=0), head.people * scale
    wanted = np.flatnonzero(model.depth > -1)
    aim, facing = model.neutral[wanted].astype(np.float64), normals(model.neutral, model.triangles)[wanted]
    amount, size = np.zeros(len(ways)), 1.0
    for step in range(_STEPS):
        bent = points + np.tensordot(amount, ways, 1)
        turned = normals(bent.astype(np.float32), triangles)
        used = np.unique(triangles)
        away, nearest = cKDTree(np.c_[bent, turned * _LIPS][used]).query(np.c_[aim, facing * _LIPS])
        near, at = away < 3.5 - 2 * min(step / 20, 1), used[nearest]
        size, turn, move = similarity(bent[at[near]], aim[near])
        off = aim[near] - (size * bent[at[near]] @ turn.T + move)
        changes = size * (ways[:, at[near]] @ turn.T)
        rows = np.concatenate([np.einsum("kpc,pc->pk", changes, turned[at[near]]), *(0.3 * changes.transpose(2, 1, 0))])
        left = np.concatenate([(off * turned[at[near]]).sum(axis=1), *(0.3 * off.T)])
        held = len(left) * _STIFF / _AWAKE**2 * (1 if step > 10 else 5)
        amount += np.linalg.solve(rows.T @ rows + held * np.eye(len(ways)), rows.T @ left - held * amount)
    bent = points + np.tensordot(amount, ways, 1)
    return size * bent @ turn.T + move, scale * size


def _told(
    head: Drawn,
    points: Doubles,
    triangles: Ints,
    wanted: NDArray[np.floating],
    facing: NDArray[np.floating] | None = None,
) -> tuple[Ints, Ints, Doubles]:
    """Like ``_nearest``, with each lip's points on that lip."""
    opening = -head.moves[head.units.index("jawOpen"), :, 1]
    share = opening[triangles].mean(axis=1) / opening[triangles].max()
    corners, eighths, away = _nearest(points, triangles, wanted, facing)
    for lip, able in ((_LOWER, share > _TAKEN), (_UPPER, share < _TAKEN)):
        corners[lip], eighths[lip], away[lip] = _nearest(points, triangles, wanted[lip], None, able)
    return corners, eighths, away


def _nearest(
    points: Doubles,
    triangles: Ints,
    wanted: NDArray[np.floating],
    facing: NDArray[np.floating] | None = None,
    able: NDArray[np.bool_] | None = None,
) -> tuple[Ints, Ints, Doubles]:
    """Corners and weights in eighths (k, 3) of the nearest places, on the ``able`` triangles, and their distances."""
    turned = normals(points.astype(np.float32), triangles)
    triangles = triangles if able is None else triangles[able]
    steps = np.array([(a, b, 8 - a - b) for a in range(9) for b in range(9 - a)])
    at = np.einsum("sc,tcx->tsx", steps / 8, points[triangles]).reshape(-1, 3)
    if facing is None:
        found = cKDTree(at).query(wanted)[1]
    else:
        told = np.einsum("sc,tcx->tsx", steps / 8, turned[triangles]).reshape(-1, 3)
        found = cKDTree(np.c_[at, told]).query(np.c_[wanted, facing])[1]
    triangle, step = np.divmod(found, len(steps))
    return triangles[triangle], steps[step], np.linalg.norm(at[found] - wanted, axis=1)


if __name__ == "__main__":
    main()
