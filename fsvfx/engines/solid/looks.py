"""How an identity's surface gets its colors: its albedo under the frame's light, or its pictures relit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsvfx.engines.mesh.references import weights
from fsvfx.engines.solid.identity import SolidIdentity
from fsvfx.engines.solid.surface import Surface
from fsvfx.engines.solid.swap import Drawn
from fsvfx.engines.solid.texture import Texture
from fsvfx.faces.raster import Floats, remap_points
from fsvfx.morphable import Placing
from fsvfx.morphable.light import shading, to_light, to_shown, unlit

_STEP, _MOVE = np.radians(10), 0.3
"""Rotation of the head, and difference in expression coefficients, that count as one step in the choice of pictures."""
_TRUST = 0.01
"""Minimum trust of a picture: areas that none shows well are a blend of all."""
_SEEN, _DARKENED = 0.2, 0.85
"""Total trust at which a place is well visible; how much nostrils, and the inside of lips, are darkened where they are
not: the measured light there is unreliable."""


@dataclass(frozen=True, eq=False)
class Rendered:
    """Albedo times light."""

    surface: Surface
    texture: Texture

    def colours(self, drawn: Drawn) -> Floats:
        """(p, 3) display."""
        corners = self.texture.places[self.surface.uv_triangles[drawn.raster.triangles]]
        at = (corners * drawn.raster.weights[..., None]).sum(axis=1)
        albedo = remap_points(self.texture.albedo, np.asarray(at, np.float32))
        return to_shown(shading(drawn.light, drawn.normals) * albedo)


@dataclass(frozen=True, eq=False)
class Pictured:
    """The pictures most similar to the frame in pose and expression, ``most`` of them blended, each relit."""

    surface: Surface
    identity: SolidIdentity
    most: int

    def colours(self, drawn: Drawn) -> Floats:
        """(p, 3) display."""
        known, raster = self.identity, drawn.raster
        wanted, shown = (
            _pose(drawn.placing, drawn.expression[None])[0],
            _pose(known.fits.placing, known.fits.expression),
        )
        chosen, shares = weights(wanted, shown[: known.taken], np.ones(known.taken, np.float32), most=self.most)
        if len(shown) > known.taken:  # each with its mirror image, for areas that it does not show
            chosen, shares = np.concatenate([chosen, chosen + known.taken]), np.concatenate([shares, shares])
        total, weight = np.zeros_like(drawn.normals), np.full((len(raster.pixels), 1), 1e-6, np.float32)
        lit = shading(drawn.light, drawn.normals)
        for row, share in zip(chosen.tolist(), shares.tolist(), strict=True):
            held = raster.at_pixels(np.column_stack([known.places[row], known.trust[row], known.normals[row]]))
            normals = held[:, 3:] / np.maximum(np.linalg.norm(held[:, 3:], axis=1, keepdims=True), 1e-6)
            light = lit * unlit(to_light(remap_points(known.crops[row], held[:, :2])), known.fits.light[row], normals)
            trust = share * np.clip(held[:, 2:3], _TRUST, None)
            total, weight = total + trust * light, weight + trust
        hollow = 1 - raster.shares(self.surface.openness[:, None])
        unseen = np.clip(1 - weight / _SEEN, 0, 1)
        return to_shown(total / weight * (1 - _DARKENED * hollow * unseen))


def _pose(placing: Placing, expression: Floats) -> Floats:
    """(n, 3 + e): directions that heads face, and expressions, in steps; no roll, as pictures are rotated anyway."""
    return np.hstack([placing.rotation[:, :, 2] / _STEP, expression / _MOVE]).astype(np.float32)
