"""``cheng``: the performer's expression, in 3D, moved onto the identity's reference pictures, which are relit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from fsvfx.engines.contract import EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.solid.engine import SolidEngine
from fsvfx.engines.solid.settings import SolidSettings

if TYPE_CHECKING:
    from fsvfx.engines.solid.identity import SolidIdentity


class ChengSettings(SolidSettings):
    """Settings of ``cheng``."""

    references: int = Field(2, ge=1, le=8)
    """Number of pictures blended at a time, at most: those most like the plate in pose and expression. With 1 the face
    jumps when the nearest picture changes."""


class Cheng(SolidEngine["SolidIdentity"]):
    """Face replacement in video by a 3D model: nothing is trained, and no manual work is needed.

    Cheng, Tchoukanskii, Kubelka, Sandstrom, Tappan, Aung-Thwin 2009: the performer's expression is found in 3D in each
    frame, moved onto the identity's model, whose texture is a picture of the identity, and lit as the plate is. What
    differs: the ICT-FaceKit and a fit to landmarks and pixels find shape and expression; pictures are chosen by
    pose and expression; they are relit by the quotient of the plate's and their own nine harmonics.
    """

    name: ClassVar[str] = "cheng"
    version: ClassVar[int] = 4
    summary: ClassVar[str] = "the performer's expression in 3D on the identity's own pictures, relit; untrained"
    source: ClassVar[str] = "3D-Model-Based Face Replacement in Video (Cheng et al. 2009)"
    Settings: ClassVar[type[EngineSettings]] = ChengSettings

    settings: ChengSettings

    def prepare(self, identity: Identity, size: int) -> SolidIdentity:
        """Raises InputError if there are no pictures, ModelError if the morphable model is missing."""
        return self.known(identity, size)

    def swap(self, faces: FaceBatch, prepared: SolidIdentity) -> SwapBatch:
        """Each frame by itself."""
        from fsvfx.engines.solid.looks import Pictured  # here: reading the settings need not wait for OpenCV

        return self.drawn(faces, prepared, Pictured(self.surface, prepared, self.settings.references))
