"""Engines that swap anybody for anybody: the identity comes from reference pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.comp.matte import hull
from fsvfx.engines.contract import EngineSettings, FaceBatch, Family, Identity
from fsvfx.engines.packaged import PackagedEngine
from fsvfx.faces import embedding
from fsvfx.faces.measures import head_pose
from fsvfx.identity.mean import MeanVector, mean_vector
from fsvfx.identity.registry import network

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.priors import Showing
    from fsvfx.engines.trainable import Prediction

_SHARP = (0.3, 1.5)
"""Sharpness is clamped to these shares of the pictures' median."""


@dataclass(frozen=True)
class Source:
    """The identity: the mean vector of the pictures by ``OpenSet.network``, and the pictures themselves.

    showing: what is laid on the performer's mesh, for networks that see the face; None for others.
    """

    mean: MeanVector
    identity: Identity
    showing: Showing | None = None


class OpenSet(PackagedEngine[Source]):
    """Its weights know faces, not people: anybody with reference pictures may go in."""

    family: ClassVar[Family] = "any_to_any"
    network: ClassVar[str] = embedding.NETWORK
    """The identity network whose vectors its weights were trained on."""
    prepares_by: ClassVar[tuple[str, ...] | None] = ("model", "sha256")

    @classmethod
    def weights(cls, settings: EngineSettings) -> tuple[str, ...]:
        return network(cls.network).weights

    def prepare(self, identity: Identity, size: int) -> Source:
        """Raises InputError if there is no picture, ModelError if the network's weights are missing."""
        vectors = vectors_of(identity, self.network)
        try:
            mean = mean_vector(vectors, worth_of(identity), network(self.network).same_person)
        except ValueError as error:
            raise identity.no_pictures from error
        return Source(mean, identity, self._showing(mean.vector, identity))

    def _showing(self, vector: NDArray[np.float32], identity: Identity) -> Showing | None:
        from fsvfx.engines.anyone.open_model import OpenModel
        from fsvfx.engines.mesh.references import prepare

        model = self.model
        prior = model.supervision.prior if isinstance(model, OpenModel) else "none"
        if prior == "linear":
            assert isinstance(model, OpenModel)
            return model.prior.of(vector)
        return prepare(identity, model.resolution) if prior == "warp" else None

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        """From the mean vector, and what the package's prior shows, unless an engine overrides it."""
        import torch

        from fsvfx.engines.anyone.open_model import OpenModel

        assert isinstance(self.model, OpenModel)
        wanted = pictures[faces.wanted]
        codes = self.model.codes(torch.from_numpy(prepared.mean.vector)[None].to(wanted))
        return self.model.swap(wanted, codes.expand(len(wanted), -1), self.shown(wanted, faces, prepared))

    def shown(self, wanted: torch.Tensor, faces: FaceBatch, prepared: Source) -> torch.Tensor | None:
        """(n, 3, R, R): the ``wanted`` of some faces, at the model's size, with the identity's face on their meshes, as
        the package's prior shows it; None for packages without one."""
        return None if prepared.showing is None else _laid_over(wanted, faces, prepared.showing)

    def masks(self, meshes: NDArray[np.float32], size: int) -> torch.Tensor:
        """(n, 1, R, R): masks of faces with foreheads, from meshes (n, 468, 3) in crops of ``size`` px."""
        import torch

        hulls = [hull(mesh, self.model.resolution) for mesh in self.scaled(meshes, size)]
        return torch.from_numpy(np.stack(hulls))[:, None].to(self.device)

    def scaled(self, meshes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        """Meshes (n, 468, 3) in crops of ``size`` px, in those of the model's size."""
        from fsvfx.engines.mesh.references import scaled

        return scaled(meshes, self.model.resolution / size)

    def figures(self, prepared: Source) -> dict[str, JsonValue]:
        return {"identity_pictures": prepared.mean.pictures, "identity_left_out": prepared.mean.left_out}


def _laid_over(wanted: torch.Tensor, faces: FaceBatch, showing: Showing) -> torch.Tensor:
    import torch

    from fsvfx.engines.mesh.references import scaled
    from fsvfx.engines.priors import laid_over

    crops = np.ascontiguousarray(wanted.permute(0, 2, 3, 1).float().cpu().numpy())
    meshes = scaled(faces.landmarks[faces.wanted], wanted.shape[-1] / faces.crops.shape[1])
    laid = laid_over(crops, meshes, [showing] * len(crops))
    return torch.from_numpy(laid).to(wanted).permute(0, 3, 1, 2).contiguous()


def vectors_of(identity: Identity, name: str) -> NDArray[np.float32]:
    """(m, d) of the reference pictures, by the network of that name: known ones, else computed from the crops."""
    if name == embedding.NETWORK and identity.embedding is not None:
        return identity.embedding
    return embedding.vectors_in(identity.crops, identity.landmarks, name)


def worth_of(identity: Identity) -> NDArray[np.float32]:
    """(m,): each picture's weight: more for sharp ones, less with the cosine of its turn."""
    usual = max(float(np.median(identity.sharpness)), 1e-6) if len(identity.sharpness) else 1.0
    yaws = np.radians([head_pose(mesh)[0] for mesh in identity.landmarks])
    return np.asarray(np.clip(identity.sharpness / usual, *_SHARP) * np.maximum(np.cos(yaws), 0.1), np.float32)
