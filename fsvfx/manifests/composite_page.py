"""``docs/composite.md``: every composite option in one table, made from the schema."""

from __future__ import annotations

from typing import Any

from fsvfx.manifests.tables import allowed, description, plain
from schemas.composite import CompositeSettings

_HEAD = """\
# Compositing

How a swap goes into its plate. All of it stands under a shot's `composite`, and `overrides` change any of it for some
frames:

```yaml
composite:
  mode: seamless
  matte: learned*plate
  overrides:
    - {frames: 1040-1052, erode_left: 6, feather: 20}
```

The steps, in order: mattes are gathered, joined and shaped; what is in front of the face is taken out of them; the swap
gets the plate's colours, is finished (scale, sharpness, noise, motion), goes into the plate's pixels and into
scene-linear light, is blended there, and gets texture and grain. Outside the matte the plate keeps its bits.

On the way into light a swap's channels are held at white, or at the brightest that the plate has under the matte where
that is more: displays show highlights by a logarithm, and an engine's noise there would be lamps in the comp. `raw` is
not held. Nor does a lamp or a glint in the plate light the whole face: modes that take the plate's light look at it up
to white or four times the face's median, whichever is more; `keep_highlights` brings what is above back in its place.

Lengths are in plate pixels of a face 256 px high, and grow with the face. Left and right are the camera's. In each
picture the left half is without the option, the right half with it, as the caption says. Faces are the demo's own;
what is in front of one there, its own mask tells: the `embedded` segmenter wants to have seen the face without it.
"""

_UNITS = (
    (("erode", "feather"), "px"),
    (("hist_threshold", "face_scale", "super_resolution", "denoise", "match_", "degrade", "motion_", "grain"), "%"),
    (("color_transfer_steady",), "frames"),
)


def page() -> str:
    """The page's text. Its pictures are ``fsvfx.demo.options``'."""
    properties: dict[str, Any] = CompositeSettings.model_json_schema()["properties"]
    rows = [_row(name, shape) for name, shape in properties.items()]
    titles = "| option | default | range | unit | what it does | picture |"
    return "\n".join([_HEAD, titles, "|---|---|---|---|---|---|", *rows, ""])


def _row(name: str, shape: dict[str, Any]) -> str:
    unit = next((unit for starts, unit in _UNITS if name.startswith(starts) and name != "super_resolver"), "")
    picture = f"![{name}](composite/{name}.jpg)"
    return f"| `{name}` | `{plain(shape['default'])}` | {_range(shape)} | {unit} | {description(shape)} | {picture} |"


def _range(shape: dict[str, Any]) -> str:
    return allowed(shape) or ("mattes with `*` and `+`" if "pattern" in shape else "a name")
