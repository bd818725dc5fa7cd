"""How a swap is composited into the plate: one value object, with overrides for frame ranges.

The texts below the fields are the documentation: ``docs/composite.md`` is made from them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, create_model, model_serializer

from schemas.base import REFERENCE, StrictModel
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
    """How the swap is composited. Lengths are in plate pixels for a face 256 px high, and scale with the face."""

    mode: Mode = "seamless"
    """How swap and plate are blended. `original`: the plate unchanged; `overlay`: the swap over the plate;
    `hist-match`: the swap, matched to the plate's histograms, over it; `seamless`: Poisson blend;
    `seamless-hist-match`: both; `multi-band`: Laplacian pyramids that keep the plate's low band;
    `contrast-preserving`: the same, with the plate's local contrast; `raw`: the engine's whole crop,
    without matte or grade."""
    mixed_gradients: bool = False
    """Seamless modes: use the stronger gradient of swap and plate, so that stubble or rain shows through."""
    bands: int = Field(6, ge=2, le=9)
    """Pyramid modes: number of bands; with more bands, the lowest reaches lower frequencies."""
    hist_threshold: Percent = 2.0
    """Histogram modes: percentage of the darkest and of the brightest pixels to leave out of the histograms."""
    keep_highlights: bool = True
    """Lift the swap to the plate's luminance where the plate is brighter than diffuse white."""
    opacity: float = Field(1.0, ge=0, le=1)
    """Opacity of the swap."""

    matte: str = Field("learned", pattern=MATTE_PATTERN)
    """Where the swap shows: mattes joined by `*` (product) and `+` (union); `*` binds tighter. `learned`: the engine's;
    `hull`: the hull of the plate's face mesh; `plate`, `identity`: the face as segmented in the plate and in the swap;
    `external`: the entry's own roto (`replace.roto`); `full`: the whole crop."""
    occlusion: str = Field("embedded", min_length=1, max_length=64)
    """The segmenter that keeps hands, hair, glasses and objects in front of the face; `none` keeps nothing."""
    erode: float = Field(0.0, ge=-64, le=64)
    """Shrink the matte; negative values grow it."""
    erode_top: Side = 0.0
    """Extra shrink on this side of the upright face."""
    erode_bottom: Side = 0.0
    """Extra shrink on this side of the upright face."""
    erode_left: Side = 0.0
    """Extra shrink on this side, as seen by the camera."""
    erode_right: Side = 0.0
    """Extra shrink on this side, as seen by the camera."""
    feather: Edge = 12.0
    """Width of the matte's soft edge, measured inwards."""
    feather_top: Edge = 0.0
    """Extra width of the soft edge on this side of the upright face."""
    feather_bottom: Edge = 0.0
    """Extra width of the soft edge on this side of the upright face."""
    feather_left: Edge = 0.0
    """Extra width of the soft edge on this side, as seen by the camera."""
    feather_right: Edge = 0.0
    """Extra width of the soft edge on this side, as seen by the camera."""

    color_transfer: Transfer = "none"
    """Match the swap's colors to the plate: `rct` (Reinhard), `lct` (linear, by covariance), `mkl` (Monge-Kantorovich),
    `idt` (iterative distribution transfer), `sot` (sliced optimal transport), `mix` (lct for luma, sot for chroma)."""
    color_transfer_masked: bool = True
    """Measure colors inside the matte only, not in the whole crop."""
    color_transfer_space: Literal["display", "linear"] = "display"
    """The light in which colors are transferred: display-referred or scene-linear."""
    color_transfer_steady: float = Field(2.0, ge=0, le=4)
    """Temporal smoothing of color transfer and histograms: sigma, in frames, of a Gaussian over neighboring frames."""

    face_scale: float = Field(0.0, ge=-50, le=50)
    """Enlarge or shrink the swapped face, in percent."""
    super_resolution: Percent = 0.0
    """How much of the super-resolved swap to mix in, in percent."""
    super_resolver: str = Field("back_projection", min_length=1, max_length=160)
    """The super-resolver: a name, or an upscaler of your own as `NAME@SHA256`."""
    restoration: Percent = 0.0
    """How much of the restored face to mix into the swap, in percent."""
    restorer: str = Field("", pattern=rf"^({REFERENCE})?$")
    """The restorer: a network of your own as `NAME@SHA256`, as `fsvfx models list` shows it."""
    sharpen: float = Field(0.0, ge=-100, le=100)
    """Sharpen the swap; negative values blur it."""
    sharpen_kernel: Literal["gaussian", "box"] = "gaussian"
    """The kernel that `sharpen` uses."""
    denoise: Percent = 0.0
    """Denoise the swap, keeping edges."""
    match_resolution: Percent = 0.0
    """Soften the swap towards the plate's measured resolution, in percent."""
    degrade: Percent = 0.0
    """Coarsen the swap by scaling it down and up again: percent of its size that is lost."""
    motion_blur: float = Field(0.0, ge=0, le=200)
    """Blur the swap along the face's own motion, in percent of a 180 degree shutter's blur."""
    texture: Literal["plate", "swap"] = "plate"
    """`plate`: where the swap is smoother than the skin it replaces, it gets the plate's pores and grain; `swap`: only
    the swap's own texture."""
    grain: float = Field(0.0, ge=0, le=200)
    """Add the grain measured in the plate around the swap, in percent; only what is missing is added."""

    @model_serializer(mode="wrap")
    def _as_in_older_keys(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Options that came later are left out where they do nothing."""
        said: dict[str, Any] = handler(self)
        return {name: value for name, value in said.items() if name not in _LATER or value != _LATER[name]}


_LATER = {"restoration": 0.0, "restorer": ""}


_FIELDS = CompositeSettings.model_fields


class _Override(StrictModel):
    frames: FrameRange
    """The frames they apply to."""


if TYPE_CHECKING:
    CompositeOverride = _Override
else:
    CompositeOverride = create_model(
        "CompositeOverride",
        __base__=_Override,
        __doc__="Composite settings for some frames only; what is left out keeps its value.",
        **{name: (field.rebuild_annotation() | None, None) for name, field in _FIELDS.items()},
    )


class Composite(CompositeSettings):
    """Composite settings for all frames, with overrides for some."""

    overrides: tuple[CompositeOverride, ...] = Field((), max_length=256)
    """Other settings for some frames; later overrides win."""

    def at(self, frame: int) -> CompositeSettings:
        """The settings in force at ``frame``; later overrides win."""
        held = [override for override in self.overrides if frame in override.frames]
        if not held:
            return self._plain
        values: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        for override in held:
            values |= override.model_dump(exclude={"frames"}, exclude_none=True)
        return CompositeSettings(**values)

    @cached_property
    def _plain(self) -> CompositeSettings:
        """Without the overrides."""
        return CompositeSettings(**{name: getattr(self, name) for name in _FIELDS})
