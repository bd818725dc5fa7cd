"""``blanz``: the identity's shape and albedo, rendered under the plate's pose, expression and light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.contract import EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.solid.engine import SolidEngine
from fsvfx.engines.solid.settings import SolidSettings
from fsvfx.engines.textured import TextureSettings

if TYPE_CHECKING:
    from fsvfx.engines.solid.identity import SolidIdentity
    from fsvfx.engines.solid.texture import Texture


class BlanzSettings(SolidSettings, TextureSettings):
    """Settings of ``blanz``."""


@dataclass(frozen=True, eq=False)
class Textured:
    """An identity's shape, and its albedo in the model's UV layout."""

    known: SolidIdentity
    texture: Texture


class Blanz(SolidEngine["Textured"]):
    """Exchanging faces through a morphable model: nothing is trained, and one reference picture is enough.

    Blanz, Scherbaum, Vetter, Seidel 2004: shape, pose, expression and light of both faces by fitting, rendered through
    a z-buffer. What differs: the ICT-FaceKit in place of the authors' scans; expressions are fitted (theirs are neutral
    faces); light is nine harmonics instead of one lamp and Phong highlights; albedo is sampled from the references, and
    a basis only fills in what none of them shows, and masks what is not skin; and skin tone stays the performer's, as
    it counts as light. The outline stays the performer's, too.
    """

    name: ClassVar[str] = "blanz"
    version: ClassVar[int] = 4
    prepares_by: ClassVar[tuple[str, ...] | None] = ("texture",)
    summary: ClassVar[str] = (
        "the identity's shape and albedo in 3D, rendered in the plate's pose and light; no training"
    )
    source: ClassVar[str] = "Exchanging Faces in Images (Blanz, Scherbaum, Vetter, Seidel 2004)"
    Settings: ClassVar[type[EngineSettings]] = BlanzSettings

    settings: BlanzSettings

    def prepare(self, identity: Identity, size: int) -> Textured:
        """Raises InputError if there are no pictures, or no such texture basis; ModelError if the morphable model is
        missing."""
        from fsvfx.engines.solid.texture import texture  # here: reading the settings need not wait for OpenCV

        known = self.known(identity, size)
        return Textured(known, texture(known, self.surface, self.settings.basis(self.context)))

    def swap(self, faces: FaceBatch, prepared: Textured) -> SwapBatch:
        """Each frame by itself."""
        from fsvfx.engines.solid.looks import Rendered

        return self.drawn(faces, prepared.known, Rendered(self.surface, prepared.texture))
