"""``fsgan``: FSGAN: pictures of a face reenacted, completed and blended; anybody, once trained on a crowd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from fsvfx.engines.anyone.settings import FsGanSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch, Identity
from fsvfx.engines.open_set import OpenSet, Source, worth_of
from fsvfx.engines.packaged import MatteSettings
from fsvfx.engines.sides import both_sides
from fsvfx.faces.measures import head_pose, mouth_opening
from fsvfx.faces.resizing import resized

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.fsgan_model import FsGanModel
    from fsvfx.engines.anyone.view_map import ViewMap
    from fsvfx.engines.trainable import Prediction

_CORNERS = 3
"""Of a triangle: at most this many views contribute to a picture."""
_SHOWN, _HIDDEN = 0.25, 0.02
"""Share of the views that see a pixel above which it is not completed; weight of the other views there."""
_OPEN = 0.1
"""Distance of the inner lips over the mouth's width above which a mouth counts as open."""


class FsGanPackage(MatteSettings):
    """Settings of ``fsgan``."""

    views: int = Field(12, ge=1, le=64)
    """Reference pictures that are reenacted: well spread over yaw and pitch, sharp, with shut mouths."""


@dataclass(frozen=True, kw_only=True)
class ViewSource(Source):
    """pictures: (m, 3, R, R) float32 in [0, 1], of the model's size; meshes: (m, 468, 3) px of them; views: their
    map."""

    pictures: NDArray[np.float32]
    meshes: NDArray[np.float32]
    views: ViewMap


class FsGan(OpenSet):
    """The source's own pictures are turned to the performer's pose and expression, and the three views around it are
    mixed; what none of them shows is completed; the face is blended into the plate. Nothing is trained on the identity.

    Nirkin, Keller and Hassner 2019, "FSGAN: Subject Agnostic Face Swapping and Reenactment" (arXiv 1908.05932), rebuilt
    from its abstract and second-hand notes: a reenactment generator on landmark heat maps, recurrent in steps of pose;
    a map of views in yaw and pitch with Delaunay's triangulation and barycentric coordinates; a completion network; a
    blending network with the Poisson solution as ground truth. Weights of losses are the published code's.

    What differs, or is this project's own: landmarks are FaceMesh's, drawn as dots, one plane per part of the face;
    before each step the picture is moved along with the mesh, in closed form, and networks predict changes, so that
    small ones learn within an hour; in training on pairs of two people the ground truth is a warp without its light;
    meshes define what is missing (turned away in every view, towards the camera in the plate) and where faces are, as
    no segmentation network that may be shipped is available; outside the map the nearest point of its rim is used; the
    three networks are trained together; an identity network that a production may use replaces two perceptual ones;
    adversaries use the hinge loss, and see finished swaps. Fine-tuning on a clip is a
    training that starts from the package (docs/train.md).
    """

    name: ClassVar[str] = "fsgan"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = "anybody for anybody: pictures reenacted, completed and blended; trained"
    source: ClassVar[str] = "FSGAN (Nirkin et al. 2019)"
    shows_references: ClassVar[bool] = True
    prepares_by: ClassVar[tuple[str, ...] | None] = ("model", "sha256", "views")
    Settings: ClassVar[type[EngineSettings]] = FsGanPackage
    Architecture: ClassVar[type[EngineSettings]] = FsGanSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> FsGanModel:
        from fsvfx.engines.anyone.fsgan_model import FsGanModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, FsGanSettings)
        return FsGanModel(architecture, people)

    @property
    def networks(self) -> FsGanModel:
        """The package's."""
        from fsvfx.engines.anyone.fsgan_model import FsGanModel

        assert isinstance(self.model, FsGanModel)
        return self.model

    def prepare(self, identity: Identity, size: int) -> ViewSource:
        """Adds the pictures that are well spread over yaw and pitch, and their map."""
        import torch

        from fsvfx.engines.anyone.view_map import spread, view_map

        assert isinstance(self.settings, FsGanPackage)
        source, identity = super().prepare(identity, size), both_sides(identity)
        poses = np.array([head_pose(mesh)[:2] for mesh in identity.landmarks])
        chosen = spread(poses, worth_of(identity) * shut(identity.landmarks), self.settings.views)
        crops = torch.from_numpy(identity.crops[chosen]).permute(0, 3, 1, 2).contiguous()
        pictures = resized(crops, self.model.resolution).numpy()
        meshes = self.scaled(identity.landmarks[chosen], identity.crops.shape[1])
        views = view_map(poses[chosen])
        return ViewSource(source.mean, identity, source.showing, pictures=pictures, meshes=meshes, views=views)

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        import torch

        assert isinstance(prepared, ViewSource)
        model, wanted, size = self.networks, pictures[faces.wanted], faces.crops.shape[1]
        landmarks = faces.landmarks[faces.wanted]
        meshes = torch.from_numpy(self.scaled(landmarks, size)).to(wanted)
        shares = np.stack([prepared.views.shares(np.array(head_pose(mesh)[:2])) for mesh in landmarks])
        seen = model.seen(wanted, self.masks(landmarks, size), meshes)
        return model.swap(seen, self._between(meshes, shares, prepared))

    def _between(self, meshes: torch.Tensor, shares: NDArray[np.float64], prepared: ViewSource) -> torch.Tensor:
        """(n, 4, R, R): the views, each reenacted on meshes (n, 468, 3), mixed by their ``shares`` (n, m) where they
        show the face; and a mask of what hardly any of them shows."""
        import torch

        size, model = self.networks.resolution, self.networks
        mixed, seen = meshes.new_zeros(len(meshes), 3, size, size), meshes.new_zeros(len(meshes), 1, size, size)
        weight = torch.zeros_like(seen)
        ranked = np.argsort(-shares, axis=1, kind="stable")[:, :_CORNERS]
        for place in range(ranked.shape[1]):
            view = ranked[:, place]
            share = np.take_along_axis(shares, view[:, None], 1)[:, 0]
            rows = np.flatnonzero(share > 0)
            if not len(rows):
                break
            pictures, theirs = (
                torch.from_numpy(each[view[rows]]).to(meshes) for each in (prepared.pictures, prepared.meshes)
            )
            made = model.reenacted(pictures, theirs, meshes[rows])
            counts, shown = torch.from_numpy(share[rows]).to(made)[:, None, None, None], 1 - made[:, 3:]
            mixed[rows] += counts * (shown + _HIDDEN) * made[:, :3]
            weight[rows] += counts * (shown + _HIDDEN)
            seen[rows] += counts * shown
        return torch.cat([mixed / weight, 1 - (seen / _SHOWN).clamp(max=1)], 1)

    def figures(self, prepared: Source) -> dict[str, JsonValue]:
        assert isinstance(prepared, ViewSource)
        return super().figures(prepared) | {"identity_views": len(prepared.pictures)}


def shut(meshes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(m,): which pictures, with meshes (m, 468, 3), show a closed mouth; all of them if none does.

    Moving along with the mesh closes lips, but not over the teeth between them.
    """
    found = np.array([mouth_opening(mesh) < _OPEN for mesh in meshes], np.bool_)
    return found if found.any() else ~found
