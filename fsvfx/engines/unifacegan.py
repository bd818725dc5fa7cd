"""``unifacegan``: UniFaceGAN: a face rendered from mixed coefficients, made photographic; anybody, once trained on a
crowd."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fsvfx.comp.matte import hull
from fsvfx.engines.anyone.settings import UniFaceGanSettings
from fsvfx.engines.contract import FIT, EngineSettings, FaceBatch, Identity
from fsvfx.engines.open_set import OpenSet, Source
from fsvfx.engines.packaged import MatteSettings
from fsvfx.engines.textured import TextureSettings
from fsvfx.models import HEAD

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.unifacegan_model import UniFaceGanModel
    from fsvfx.engines.trainable import Prediction
    from fsvfx.morphable import Fits, FittedPerson
    from fsvfx.morphable.portrait import Portrait


class UniFaceGanPackage(MatteSettings, TextureSettings):
    """Settings of ``unifacegan``."""


@dataclass(frozen=True, kw_only=True)
class FittedSource(Source):
    """person: shape and albedo, fitted to the pictures."""

    person: FittedPerson


class UniFaceGan(OpenSet):
    """A morphable model is fitted to both faces. The source's shape and albedo are rendered in the target's pose,
    expression and light; a network makes a picture from that and the target's surroundings, eyes and mouth. It is
    trained not to flicker: its output at one moment, moved along the mesh, should match its output at the next.

    Cao et al. 2021, "UniFaceGAN: A Unified Framework for Temporally Consistent Facial Video Editing" (arXiv
    2108.05650), rebuilt from its abstract and second-hand notes: coefficients mixed, region-aware conditional
    normalization, sample selection, the 3D temporal loss along the mesh. What differs, or is this project's own: sizes
    and weights; the ICT-FaceKit, with albedo and light from the pictures themselves, and a texture basis only for what
    none of them shows; the target's own eyes and mouth are an input; stills, moved a little, also serve as videos; no
    perceptual loss; and in reenactment, with another clip's expression and pose, the target's picture is first moved
    along the mesh (``fsvfx.engines.driving``).

    If the stage ``fit`` has run, its fits are used; in an evaluation each face is fitted by itself.
    """

    name: ClassVar[str] = "unifacegan"
    version: ClassVar[int] = 4
    summary: ClassVar[str] = "anybody for anybody: a face drawn in 3D made real in the plate, steady; trained"
    source: ClassVar[str] = "UniFaceGAN (Cao et al. 2021)"
    reads: ClassVar[tuple[str, ...]] = (FIT,)
    shows_references: ClassVar[bool] = True
    may_be_driven: ClassVar[bool] = True
    prepares_by: ClassVar[tuple[str, ...] | None] = ("model", "sha256", "texture")
    trained_with: ClassVar[tuple[str, ...]] = (HEAD,)
    Architecture: ClassVar[type[EngineSettings]] = UniFaceGanSettings
    Settings: ClassVar[type[EngineSettings]] = UniFaceGanPackage

    settings: UniFaceGanPackage

    @classmethod
    def weights(cls, settings: EngineSettings) -> tuple[str, ...]:
        return (*super().weights(settings), HEAD)

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> UniFaceGanModel:
        from fsvfx.engines.anyone.unifacegan_model import UniFaceGanModel  # here: settings need not wait for torch

        assert isinstance(architecture, UniFaceGanSettings)
        return UniFaceGanModel(architecture, people)

    def prepare(self, identity: Identity, size: int) -> FittedSource:
        """Raises InputError if there is no picture, or no such texture basis; ModelError if the morphable model is
        missing."""
        from fsvfx.engines.solid.identity import solid
        from fsvfx.engines.solid.surface import surface
        from fsvfx.engines.solid.texture import completed
        from fsvfx.morphable import ict

        source, face = super().prepare(identity, size), surface(ict())
        known, basis = solid(identity, face, size), self.settings.basis(self.context)
        if basis is None:
            return FittedSource(source.mean, identity, person=known.person)
        person = replace(known.person, albedo=completed(known, face, basis))
        return FittedSource(source.mean, identity, person=person)

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        import torch

        from fsvfx.engines.anyone.unifacegan_model import UniFaceGanModel
        from fsvfx.engines.anyone.unifacegan_networks import seen
        from fsvfx.engines.mesh.references import scaled
        from fsvfx.engines.portraits import portrayed
        from fsvfx.engines.samples import Portrayed

        assert isinstance(self.model, UniFaceGanModel)
        assert isinstance(prepared, FittedSource)
        wanted, size = pictures[faces.wanted], self.model.resolution
        meshes = scaled(faces.landmarks[faces.wanted], size / faces.crops.shape[1])
        shown = portrayed(_drawn(faces, prepared.person, size), meshes)
        shown = Portrayed(*(each.to(wanted) for each in (shown.drawn, shown.cover, shown.open)))
        masks = torch.from_numpy(np.stack([hull(mesh, size) for mesh in meshes]))[:, None].to(wanted)
        return self.model.swap(seen(wanted, masks, shown), wanted)


def _drawn(faces: FaceBatch, person: FittedPerson, size: int) -> list[Portrait]:
    """The ``wanted`` faces with another's shape and albedo, rendered in (size, size) pictures."""
    from fsvfx.engines.mesh.references import scaled
    from fsvfx.morphable import ict
    from fsvfx.morphable.portrait import drawn, face_part, lit

    part, found = face_part(ict()), []
    assert person.albedo is not None
    albedo = person.albedo[part.vertices]
    for fits in _fits(faces):
        points = part.posed(person.identity, fits.expression[0])
        colors = lit(part, points, fits.placing, fits.light[0], albedo)
        seen = scaled(fits.placing.seen(points)[0], size / faces.crops.shape[1])
        found.append(drawn(part, seen, colors, size))
    return found


def _fits(faces: FaceBatch) -> list[Fits]:
    """Fits of the ``wanted`` faces, one by one."""
    from fsvfx.morphable import FittedEntry, fit_person, ict

    if FIT in faces.read:
        entry = FittedEntry(faces.read[FIT])
        return [entry.fits([number]) for number in faces.frames[faces.wanted]]
    pictures = zip(faces.landmarks[faces.wanted], faces.crops[faces.wanted], strict=True)
    return [fit_person(ict(), mesh[None], crop[None])[1] for mesh, crop in pictures]
