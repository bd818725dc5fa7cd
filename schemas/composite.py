"""How a swap goes into the plate: one value object, with overrides for frame ranges.

The texts below the fields are the documentation: ``docs/composite.md`` is made from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from schemas.base import StrictModel
from schemas.frames import FrameRange

Mode = Literal[
    "original", "overlay", "hist-match", "seamless", "seamless-hist-match", "multi-band", "contrast-preserving", "raw"
]
Transfer = Literal["none", "rct", "lct", "mkl", "idt", "sot", "mix"]
Percent = Annotated[float, Field(ge=0, le=100)]
Side = Annotated[float, Field(ge=-64, le=64)]
Edge = Annotated[float, Field(ge=0, le=128)]

_SOURCE = "(learned|hull|plate|identity|external|full)"
MATTE_PATTERN = rf"^{_SOURCE}( ?[*+] ?{_SOURCE}){{0,7}}$"


class CompositeSettings(StrictModel):
    """How the swap goes into the plate. Lengths are in plate pixels of a face 256 px high, and grow with the face."""

    mode: Mode = "seamless"
    """How swap and plate are joined. `original`: the plate as it is; `overlay`: the swap over the plate; `hist-match`:
    the swap with the plate's histograms, over it; `seamless`: Poisson blend; `seamless-hist-match`: both; `multi-band`:
    Laplacian pyramids, the plate's low band kept; `contrast-preserving`: the same, with the plate's local contrast;
    `raw`: the engine's whole crop, neither matted nor graded."""
    mixed_gradients: bool = False
    """Seamless modes: of swap and plate the stronger gradient, so that stubble or rain shows through."""
    bands: int = Field(6, ge=2, le=9)
    """Pyramid modes: the number of bands; the more bands, the lower the lowest."""
    hist_threshold: Percent = 2.0
    """Histogram modes: how many of the darkest and of the brightest pixels the histograms leave out, percent."""
    keep_highlights: bool = True
    """Where the plate is brighter than diffuse white, lift the swap to the plate's luminance."""
    opacity: float = Field(1.0, ge=0, le=1)
    """How much of the swap shows."""

    matte: str = Field("learned", pattern=MATTE_PATTERN)
    """Where the swap shows: mattes joined by `*` (product) and `+` (union); `*` binds tighter. `learned`: the engine's;
    `hull`: around the plate's face mesh; `plate`, `identity`: the face as found in the plate and in the swap;
    `external`: the entry's own roto (`replace.roto`); `full`: the whole crop."""
    occlusion: str = Field("embedded", min_length=1, max_length=64)
    """The segmenter that keeps hands, hair, glasses and things in front of the face; `none`: nothing is kept."""
    erode: float = Field(0.0, ge=-64, le=64)
    """Shrinks the matte; grows it if negative."""
    erode_top: Side = 0.0
    """Shrinks the matte more at this side of the upright face."""
    erode_bottom: Side = 0.0
    """Shrinks the matte more at this side of the upright face."""
    erode_left: Side = 0.0
    """Shrinks the matte more at this side, as the camera sees it."""
    erode_right: Side = 0.0
    """Shrinks the matte more at this side, as the camera sees it."""
    feather: Edge = 12.0
    """Width of the matte's soft edge, inwards."""
    feather_top: Edge = 0.0
    """Widens the soft edge at this side of the upright face."""
    feather_bottom: Edge = 0.0
    """Widens the soft edge at this side of the upright face."""
    feather_left: Edge = 0.0
    """Widens the soft edge at this side, as the camera sees it."""
    feather_right: Edge = 0.0
    """Widens the soft edge at this side, as the camera sees it."""

    color_transfer: Transfer = "none"
    """Gives the swap the plate's colours: `rct` (Reinhard), `lct` (linear, by covariance), `mkl` (Monge-Kantorovich),
    `idt` (iterative distribution transfer), `sot` (sliced optimal transport), `mix` (lct for light, sot for colour)."""
    color_transfer_masked: bool = True
    """Take the colours within the matte only, not those of the whole crop."""
    color_transfer_space: Literal["display", "linear"] = "display"
    """In which light colours are transferred."""
    color_transfer_steady: float = Field(2.0, ge=0, le=4)
    """Steadies colour transfer and histograms over time: sigma in frames of a Gaussian over the neighbours' colours."""

    face_scale: float = Field(0.0, ge=-50, le=50)
    """Makes the swapped face larger or smaller, percent."""
    super_resolution: Percent = 0.0
    """How much of the super-resolved swap is taken, percent."""
    super_resolver: str = Field("back_projection", min_length=1, max_length=64)
    """Which super-resolver that is."""
    sharpen: float = Field(0.0, ge=-100, le=100)
    """Sharpens the swap; blurs it if negative."""
    sharpen_kernel: Literal["gaussian", "box"] = "gaussian"
    """What `sharpen` works with."""
    denoise: Percent = 0.0
    """Takes noise out of the swap, edges kept."""
    match_resolution: Percent = 0.0
    """How far the swap is softened to the plate's measured resolution, percent."""
    degrade: Percent = 0.0
    """Coarsens the swap by shrinking and growing it, percent of its size given up."""
    motion_blur: float = Field(0.0, ge=0, le=200)
    """Blurs the swap along the face's own motion, percent of a 180 degree shutter's."""
    texture: Literal["plate", "swap"] = "plate"
    """`plate`: where the swap is smoother than the skin that it replaces, it gets the plate's pores and grain; `swap`:
    the swap's own texture only."""
    grain: float = Field(0.0, ge=0, le=200)
    """Grain for the swap only, as measured in the plate around it, percent; only what is missing is added."""


_FIELDS = CompositeSettings.model_fields


class _Override(StrictModel):
    frames: FrameRange


if TYPE_CHECKING:
    CompositeOverride = _Override
else:
    CompositeOverride = create_model(
        "CompositeOverride",
        __base__=_Override,
        __doc__="Composite settings for some frames only; what is left out stays.",
        **{name: (field.rebuild_annotation() | None, None) for name, field in _FIELDS.items()},
    )


class Composite(CompositeSettings):
    overrides: tuple[CompositeOverride, ...] = Field((), max_length=256)

    def at(self, frame: int) -> CompositeSettings:
        """The settings in force at ``frame``; later overrides win."""
        values: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        for override in self.overrides:
            if frame in override.frames:
                values |= override.model_dump(exclude={"frames"}, exclude_none=True)
        return CompositeSettings(**values)
