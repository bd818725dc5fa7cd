"""Engines trained on the people they swap: ``original``, ``df``, ``liae``, ``comb``, ``style_transfer``."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.contract import EngineSettings, FaceBatch, Family, Identity
from fsvfx.engines.packaged import PackagedEngine
from fsvfx.packages import check_knows

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.trainable import ClosedModel, Prediction


class ClosedSet(PackagedEngine[str]):
    """Its weights know some people, any of whom may be the identity. It ignores reference pictures, and prepares only
    the identity's name."""

    family: ClassVar[Family] = "one_to_one"
    needs_references: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> ClosedModel: ...

    def prepare(self, identity: Identity, size: int) -> str:
        """Raises InputError for somebody whose face the package can't make."""
        check_knows(self.settings.model, self.identities(self.model.people), identity.name)
        return identity.name

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: str) -> Prediction:
        from fsvfx.engines.trainable import ClosedModel

        assert isinstance(self.model, ClosedModel)
        return self.model.predict(pictures[faces.wanted], prepared)
