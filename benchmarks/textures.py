"""How well the texture basis that comes with fsvfx estimates hidden parts.

    FSVFX_ICT_MODEL=.../ict_facekit_light.npz python -m benchmarks.textures FOLDER RECORD

For made-up people in the folder that the basis has not seen, a part of the face is hidden, and estimated from the
rest: mean difference in display values of the hidden texels that the picture shows, weighted by visibility; beside
filling them without a basis (the mean of the skin), and with the basis' mean. Writes benchmarks/results/textures.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import save
from fsvfx.banks.build import Wishes
from fsvfx.banks.textures import Textures, gathered
from fsvfx.engines.textured import STARTER
from fsvfx.morphable import TextureBasis
from fsvfx.morphable.basis import SIDE
from fsvfx.morphable.textures import open_basis
from fsvfx.packages import Packages, texture_of
from fsvfx.rights import collection_record

_PEOPLE, _LEAST = 120, 30
"""Maximum number of people; minimum number of texels that must be hidden of one, for the part to count."""
_HAIR = 0.2
"""Display value of a strand of hair over the forehead."""


def main(folder: Path, record: Path) -> None:
    package = Packages().find_texture(STARTER)
    basis, card = open_basis(package), texture_of(package)
    wishes = Wishes(only=card.record.people, leave_out=card.people, most=_PEOPLE)
    found = gathered(folder, collection_record(record), wishes, print)
    told = {part: measured(basis, found, hidden) for part, hidden in parts(basis).items()}
    told["strand of hair"] = beneath_hair(basis, found)
    print(json.dumps(told, indent=2))
    save("textures", {"basis": STARTER, "held_out": len(found.names), "parts": told})


def parts(basis: TextureBasis) -> dict[str, NDArray[np.bool_]]:
    """(p,) each: the hidden texels, in the layout's own units."""
    row, column = np.divmod(basis.pixels, SIDE)
    across = (column - column.min()) / np.ptp(column)
    down = (row - row.min()) / np.ptp(row)
    return {
        "half": across > 0.5,
        "forehead": down < 0.3,
        "chin": down > 0.72,
        "cheek": np.hypot(across - 0.78, down - 0.55) < 0.16,
        "eye and brow": np.hypot(across - 0.7, 1.2 * (down - 0.36)) < 0.14,
    }


def measured(basis: TextureBasis, found: Textures, hidden: NDArray[np.bool_]) -> dict[str, float]:
    """Means over the people with enough of the part visible."""
    rows = []
    for values, weights in zip(found.values, found.weights, strict=True):
        shown = weights * hidden
        if shown.sum() >= _LEAST:
            told, _ = basis.told(values, np.where(hidden, 0, weights).astype(np.float32))
            rows.append([_off(values, each, shown) for each in (np.ones_like(values), basis.mean, told)])
    skin, mean, told_by = np.mean(rows, axis=0).round(4).tolist()
    return {"people": len(rows), "mean_skin": skin, "mean_face": mean, "basis": told_by}


def beneath_hair(basis: TextureBasis, found: Textures) -> dict[str, float]:
    """A slanting strand is drawn over the forehead: the area beneath it, unchanged and as estimated."""
    row, column = np.divmod(basis.pixels, SIDE)
    across, down = (column - column.min()) / np.ptp(column), (row - row.min()) / np.ptp(row)
    hair = (np.abs(across - 0.45 - 0.5 * down) < 0.05) & (down < 0.3)
    rows = []
    for values, weights in zip(found.values, found.weights, strict=True):
        told, ordinary = basis.told(np.where(hair[:, None], np.float32(_HAIR), values), weights)
        shown = weights * hair
        if shown.sum() >= _LEAST:
            kept = ordinary[:, None] * _HAIR + (1 - ordinary[:, None]) * told
            rows.append([_off(values, np.full_like(values, _HAIR), shown), _off(values, kept, shown)])
    before, after = np.mean(rows, axis=0).round(4).tolist()
    return {"people": len(rows), "as_shown": before, "basis": after}


def _off(one: NDArray[np.float32], other: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    return float((np.abs(one - other).mean(axis=1) * weights).sum() / weights.sum())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
