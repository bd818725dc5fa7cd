"""What the 3D engines have in common: they read ``fit``, and use the morphable model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from fsvfx.engines.contract import FIT, Engine, FaceBatch, Family, Identity, SwapBatch
from fsvfx.engines.solid.settings import SolidSettings

if TYPE_CHECKING:
    from fsvfx.engines.solid.identity import SolidIdentity
    from fsvfx.engines.solid.surface import Surface
    from fsvfx.engines.solid.swap import Look

Prepared = TypeVar("Prepared")


class SolidEngine(Engine[Prepared]):
    """Nothing is trained; every frame is drawn separately, on the CPU."""

    family: ClassVar[Family] = "model3d"
    reads: ClassVar[tuple[str, ...]] = (FIT,)
    shows_references: ClassVar[bool] = True
    may_be_driven: ClassVar[bool] = True
    prepares_by: ClassVar[tuple[str, ...] | None] = ()

    settings: SolidSettings

    @property
    def surface(self) -> Surface:
        """Raises ModelError if the morphable model is not installed."""
        from fsvfx.engines.solid.surface import surface  # here: reading the settings does not need OpenCV
        from fsvfx.morphable import head

        return surface(head(self.context.head))

    def known(self, identity: Identity, size: int) -> SolidIdentity:
        """Raises InputError if there are no pictures."""
        from fsvfx.engines.solid.identity import solid

        return solid(identity, self.surface, size)

    def drawn(self, faces: FaceBatch, known: SolidIdentity, look: Look) -> SwapBatch:
        from fsvfx.engines.solid.frames import plate_faces
        from fsvfx.engines.solid.swap import SolidSwap

        surface = self.surface
        return SolidSwap(self.settings, surface, known).swap(plate_faces(surface.model, faces), look)
