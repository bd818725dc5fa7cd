"""An estimated face on the performer's mesh."""

from __future__ import annotations

import numpy as np

from fsvfx.engines.mesh import atlas, regions, tone
from fsvfx.faces.raster import Floats, rasterise
from fsvfx.faces.topology import TRIANGLES


def guessed(plate: Floats, mesh: Floats, colours: Floats) -> Floats:
    """``colours`` (k, k, 3) in the atlas, over a plate (S, S, 3) with its mesh (468, 3) px, in the tone of its skin."""
    raster = rasterise(mesh, TRIANGLES, len(plate))
    skin = raster.shares(regions.unpainted())[:, 0]
    shown = tone.match(raster.sample(colours, atlas.places()), raster.of_picture(plate), skin)
    return raster.picture(np.asarray(shown.clip(0, 1), np.float32), plate)
