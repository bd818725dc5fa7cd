"""``refine``: the output of ``landmark_warp``, corrected by a small network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from fsvfx.engines.anyone.settings import RefineSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.landmark_warp import LandmarkWarpSettings
from fsvfx.engines.open_set import OpenSet, Source
from fsvfx.engines.packaged import PackageSettings
from fsvfx.faces.raster import Floats

if TYPE_CHECKING:
    from fsvfx.engines.anyone.refine_model import RefineModel
    from fsvfx.engines.mesh.references import References


class RefineEngineSettings(PackageSettings, LandmarkWarpSettings):
    """Settings of ``refine``: its package, and those of the warp."""


class Refine(OpenSet):
    """The identity's pictures warped to the performer's mesh; then a network removes the faults that warps leave.

    fsvfx's own method. A linear prior, fitted on a crowd, predicts from the identity's vector what the face is likely
    to look like: that shows what is wrong in a few pictures, and fills in what none shows. The network sees performance
    and warp at a small size, and predicts how colors change and where detail is removed; it was trained on warps of
    damaged pictures with known truth. Detail is the pictures' own, at full size.
    """

    name: ClassVar[str] = "refine"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = (
        "landmark_warp, with seams, patches and light corrected by a network; anybody for anybody; trained"
    )
    source: ClassVar[str] = "fsvfx; a linear morphable model by ridge regression; self-supervised retouching"
    shows_references: ClassVar[bool] = True
    Settings: ClassVar[type[EngineSettings]] = RefineEngineSettings
    Architecture: ClassVar[type[EngineSettings]] = RefineSettings

    settings: RefineEngineSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> RefineModel:
        from fsvfx.engines.anyone.refine_model import RefineModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, RefineSettings)
        return RefineModel(architecture, people)

    @property
    def _refiner(self) -> RefineModel:
        from fsvfx.engines.anyone.refine_model import RefineModel

        assert isinstance(self.model, RefineModel)
        return self.model

    def prepare(self, identity: Identity, size: int) -> Source:
        """The pictures prepared for the warp, and the linear prior's face to fill in what none shows.

        Raises InputError if there is no picture, ModelError if the identity network's weights are missing.
        """
        from fsvfx.engines.mesh.references import prepare

        source = super().prepare(identity, size)
        likely = self._refiner.prior.of(source.mean.vector)
        return replace(source, showing=prepare(identity, size, likely.colours))

    def swap(self, faces: FaceBatch, prepared: Source) -> SwapBatch:
        """The warp on the CPU, face by face; the network on the device, in batches."""
        import torch

        from fsvfx.engines.mesh.references import References
        from fsvfx.engines.mesh.warp import Warp

        references = prepared.showing
        assert isinstance(references, References)
        plates, meshes = faces.crops[faces.wanted], faces.landmarks[faces.wanted]
        if not len(plates):
            return SwapBatch(plates, plates[..., 0])
        warped = Warp(self.settings).swap(FaceBatch(plates, meshes, faces.frames[faces.wanted]), references)
        guesses = self._guesses(plates, meshes, references)
        with torch.inference_mode():
            target, warp, guess = (
                torch.from_numpy(each).to(self.device).permute(0, 3, 1, 2).contiguous()
                for each in (plates, warped.crops, guesses)
            )
            matte = torch.from_numpy(warped.matte).to(self.device)[:, None]
            made = self._refiner.refined(target, warp, guess, matte).permute(0, 2, 3, 1).cpu().numpy()
        return SwapBatch(np.ascontiguousarray(made), warped.matte)

    def _guesses(self, plates: Floats, meshes: Floats, references: References) -> Floats:
        """(k, R, R, 3): the prior's face over the plates, no larger than the network sees them."""
        from fsvfx.engines.mesh.guess import guessed
        from fsvfx.engines.mesh.references import scaled

        assert references.prior is not None
        side = self._refiner.settings.sight
        small = [cv2.resize(each, (side, side), interpolation=cv2.INTER_AREA) for each in plates]
        there = scaled(meshes, side / plates.shape[1])
        found = [guessed(each, mesh, references.prior.crop) for each, mesh in zip(small, there, strict=True)]
        return np.stack(found)
