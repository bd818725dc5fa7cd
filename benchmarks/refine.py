"""What ``refine`` removes of the faults in a single picture, beside ``landmark_warp``: on a folder of people.

    python -m benchmarks.refine PACKAGE ../shared/faces/people "lon_*" [--sheet FILE.png]

Each person's first picture is spoiled in one way at a time, and warped into the next person's last one. What the warp
would be of the whole picture is the truth: errors are CIE Lab distances from it, where the fault shows (the warp is off
by more than 4). ``whole``: of the picture as it is, what the network changes without need, over all of the face.
Writes benchmarks/results/refine.json.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from fsvfx import packages
from fsvfx.context import Context
from fsvfx.engines.anyone.damage import FAULTS
from fsvfx.engines.contract import Engine, FaceBatch, Identity
from fsvfx.engines.landmark_warp import LandmarkWarp, LandmarkWarpSettings
from fsvfx.engines.registry import engine, settings_of
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.faces.search import FaceFinder

SIZE, MOST = 256, 60
_SHOWS = 4.0
"""Lab distance at which a fault is visible."""
_SHOWN = 6
"""Pairs on the sheet."""

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Face:
    """crop: (S, S, 3) in [0, 1]; mesh: (468, 3) crop px."""

    crop: F32
    mesh: F32


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("package", type=Path)
    asked.add_argument("people", type=Path)
    asked.add_argument("names", nargs="?", default="*")
    asked.add_argument("--sheet", type=Path)
    given = asked.parse_args()
    warp, refine = LandmarkWarp(LandmarkWarpSettings(), Context()), _refine(given.package)
    named = [folder for folder in sorted(given.people.iterdir()) if fnmatch(folder.name, given.names)]
    people = [each for each in map(_faces, named[:MOST]) if each]
    table: dict[str, Any] = {}
    sheet = []
    for fault in ("whole", *FAULTS):
        errors = []
        for place, (_, source, _) in enumerate(people):
            _, stranger, target = people[(place + 1) % len(people)]
            random = np.random.default_rng(place)
            spoiled = (
                source
                if fault == "whole"
                else Face(
                    np.asarray(FAULTS[fault](source.crop, source.mesh, stranger.crop, random).clip(0, 1), np.float32),
                    source.mesh,
                )
            )
            truth, matte = _swapped(warp, target, source)
            made = [_swapped(one, target, spoiled)[0] for one in (warp, refine)]
            apart = [_apart(each, truth) for each in made]
            shows = matte > 0.9 if fault == "whole" else (matte > 0.5) & (apart[0] > _SHOWS)
            if shows.sum() > 50:
                errors.append([float(each[shows].mean()) for each in apart])
            if place < _SHOWN:
                sheet.append(np.hstack([target.crop, spoiled.crop, *made, truth]))
        table[fault] = _told(np.array(errors))
        print(fault, table[fault], flush=True)
    if given.sheet:
        _save(given.sheet, sheet)
    card = packages.card_of(given.package)
    print(
        machine.save(
            "refine", {"model": card.model, "iterations": card.iterations, "pairs": len(people), "faults": table}
        )
    )


def _told(errors: NDArray[np.float64]) -> dict[str, float | int]:
    """Means over pictures with a visible fault, and the remaining share: the median ratio."""
    if not len(errors):
        return {"pictures": 0}
    warp, refined = errors.mean(0)
    told = {"landmark_warp": float(warp), "refine": float(refined)}
    if warp > 0:
        told["left"] = float(np.median(errors[:, 1] / np.maximum(errors[:, 0], 1e-6)))
    return {"pictures": len(errors), **{name: round(value, 3) for name, value in told.items()}}


def _faces(folder: Path) -> tuple[str, Face, Face] | None:
    """A person's first and last picture, cut like in shots; None if no face is found."""
    found = []
    for file in sorted(folder.glob("*.jpg")):
        rgb = np.ascontiguousarray(cv2.imread(str(file))[..., ::-1], np.uint8)  # type: ignore[index]
        faces = FaceFinder(perturb=1).find(rgb)
        if len(faces):
            matrix = crop_matrix(faces.landmarks[0], SIZE)
            cut = np.asarray(crop(rgb, matrix, SIZE), np.float32) / np.float32(255)
            found.append(Face(cut, move_points(matrix, faces.landmarks[0])))
    return (folder.name, found[0], found[-1]) if found else None


def _refine(package: Path) -> Engine[Any]:
    card = packages.card_of(package)
    context = Context(packages.Packages(package.parent.parent))
    return engine("refine")(settings_of("refine", {"model": card.model, "sha256": card.sha256}), context)


def _swapped(one: Engine[Any], target: Face, source: Face) -> tuple[F32, F32]:
    """The comp, and its matte."""
    identity = Identity("source", source.crop[None], source.mesh[None], np.ones(1, np.float32))
    made = one.swap(FaceBatch(target.crop[None], target.mesh[None], (1,)), one.prepare(identity, SIZE))
    matte = made.matte[0]
    return np.asarray(target.crop + matte[..., None] * (made.crops[0] - target.crop), np.float32), matte


def _apart(one: F32, other: F32) -> F32:
    """(S, S): distance in CIE Lab."""
    lab = [cv2.cvtColor(each.clip(0, 1), cv2.COLOR_RGB2Lab) for each in (one, other)]
    return np.asarray(np.linalg.norm(lab[0] - lab[1], axis=2), np.float32)


def _save(path: Path, rows: list[F32]) -> None:
    """Performance, picture, warp, refined, warp of the undamaged picture."""
    cv2.imwrite(str(path), (np.vstack(rows)[..., ::-1].clip(0, 1) * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
