"""``landmark_warp``: the identity's reference pictures, warped triangle by triangle to the performer's mesh, blended,
matched in tone, and lit as the plate is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Family, Identity, SwapBatch

if TYPE_CHECKING:
    from fsvfx.engines.mesh.references import References


class LandmarkWarpSettings(EngineSettings):
    """Settings of ``landmark_warp``."""

    shape: float = Field(0.8, ge=0, le=1)
    """How far eyes, nose and mouth take the identity's proportions; 0: the performer's mesh as it is."""
    references: int = Field(4, ge=1, le=16)
    """Number of pictures blended at a time, at most. More are steadier and softer, fewer are crisper."""
    light: float = Field(0.12, ge=0.03, le=1)
    """Finest shading that is taken from the plate, as a share of the face's size; 1: overall tone only."""
    folds: float = Field(0.9, ge=0, le=1)
    """How much of the folds that the performer's expression draws beside nose, mouth and eyes is kept."""
    rim: float = Field(0.14, ge=0, le=0.4)
    """Width of the band inside the face's edge where the performer's own skin (hairline, temples, jaw) turns into the
    identity's, as a share of the face's size."""
    eyes: Literal["performer", "identity"] = "performer"
    """Whose eyeballs. The performer's keep gaze and blinks; the identity's keep their color."""
    mouth: Literal["performer", "identity"] = "performer"
    """Whose teeth and tongue show in an open mouth."""


class LandmarkWarp(Engine["References"]):
    """Image-editing face replacement: no training, one forward warp per frame.

    Piecewise affine warps on the FaceMesh triangulation, color matched after Reinhard 2001 (but by turning hues, not
    by shifting colors) and relit by a quotient image of the skin; unlike the classic recipe, several references are
    blended by pose, expression and light, and the mesh takes the identity's proportions. The Poisson blend is left to
    the composite stage.
    """

    name: ClassVar[str] = "landmark_warp"
    version: ClassVar[int] = 8
    family: ClassVar[Family] = "image"
    summary: ClassVar[str] = (
        "warps the identity's best-matching reference pictures to the performer's mesh; no training"
    )
    source: ClassVar[str] = (
        "the classic landmark warp + Poisson recipe (Perez 2003; Reinhard 2001), on FaceMesh triangles"
    )
    shows_references: ClassVar[bool] = True
    prepares_by: ClassVar[tuple[str, ...] | None] = ()
    Settings: ClassVar[type[EngineSettings]] = LandmarkWarpSettings

    settings: LandmarkWarpSettings

    def prepare(self, identity: Identity, size: int) -> References:
        from fsvfx.engines.mesh.references import prepare  # here: reading the settings need not wait for OpenCV

        return prepare(identity, size)

    def swap(self, faces: FaceBatch, prepared: References) -> SwapBatch:
        """Each frame independently, on the CPU: its pixels do not depend on its batch."""
        from fsvfx.engines.mesh.warp import Warp

        return Warp(self.settings).swap(faces, prepared)
