"""MegaFS's second stage as the trainer sees it: upper codes are transferred; generator and encoder are frozen."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.megafs_model import MegaFsModel
from fsvfx.engines.anyone.megafs_networks import FaceTransfer
from fsvfx.engines.anyone.open_model import known, where_known
from fsvfx.engines.anyone.settings import MegaFsSettings
from fsvfx.engines.samples import Pairs


class TransferModel(MegaFsModel):
    """A finished, frozen first stage, and the module that replaces latent code replacement.

    Losses: reconstruction where the truth is known; identity; the norm, which holds the swap's upper codes near the
    source's (section 3.2); and, in place of a landmark network's and LPIPS, that the swap, encoded again, has the
    target's structure and low codes. No adversary: the generator makes nothing that it has not learned.
    """

    later = ("transfer",)

    def __init__(self, settings: MegaFsSettings, people: tuple[str, ...]) -> None:
        assert settings.transfer is not None
        super().__init__(settings.model_copy(update={"gan": 0.0}), people)
        self.weight = settings.transfer
        self.transfer = FaceTransfer(self.code_length // settings.code, settings.code, settings.transfer.cells)

    def train(self, mode: bool = True) -> Self:
        """The first stage's statistics stay frozen, too."""
        super().train(mode)
        self.encoder.eval()
        return self

    def generators(self) -> list[nn.Parameter]:
        return list(self.transfer.parameters())

    def exchanged(self, source: Tensor, own: Tensor) -> Tensor:
        made: Tensor = self.transfer(source, self.upper(own))
        return made

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        truth, weight = known(batch), self.weight
        with torch.no_grad():
            structure, own = self.encoder(batch.target.crop)
        given = self.transferred(own, codes)
        made = self.generator(structure, given)
        again, found = self.encoder(made.clamp(0, 1))
        lost = (again - structure).square().mean() + (self.low(found) - self.low(own)).square().mean()
        terms = {
            "reconstruction": weight.reconstruction * where_known((made - truth.truth).square(), truth.sure),
            "structure": weight.structure * lost,
            "norm": weight.norm * (self.upper(given).flatten(1) - codes).square().mean(),
        }
        terms |= self.identity_terms(weight.identity, made.clamp(0, 1), batch.target, self.codes(batch.source.code))
        return terms
