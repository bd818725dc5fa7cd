"""``blur``: the floor of an evaluation: the performer's own face, blurred. Its figures come without any identity."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np
from pydantic import Field

from fsvfx.comp.matte import hull
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Family, Identity, SwapBatch


class BlurSettings(EngineSettings):
    """Settings of ``blur``."""

    sigma: float = Field(0.02, gt=0, le=0.2)
    """As a share of the crop."""


class Blur(Engine[None]):
    """Uses no identity. Not an engine for shots: only evaluations know it."""

    name: ClassVar[str] = "blur"
    version: ClassVar[int] = 1
    family: ClassVar[Family] = "image"
    summary: ClassVar[str] = "the performer's own face, blurred: the floor of an evaluation"
    source: ClassVar[str] = "fsvfx"
    needs_references: ClassVar[bool] = False
    Settings: ClassVar[type[EngineSettings]] = BlurSettings

    settings: BlurSettings

    def prepare(self, identity: Identity, size: int) -> None:
        pass

    def swap(self, faces: FaceBatch, prepared: None) -> SwapBatch:
        crops, meshes = faces.crops[faces.wanted], faces.landmarks[faces.wanted]
        size = faces.crops.shape[1]
        if not len(crops):
            return SwapBatch(crops, crops[..., 0])
        blurred = [cv2.GaussianBlur(each, (0, 0), self.settings.sigma * size) for each in crops]
        return SwapBatch(np.stack(blurred).astype(np.float32), np.stack([hull(mesh, size) for mesh in meshes]))
