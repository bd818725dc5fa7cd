"""SimSwap as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import convinced, matched
from fsvfx.engines.anyone.open_model import OpenModel, beside, known, where_known
from fsvfx.engines.anyone.settings import SimSwapSettings
from fsvfx.engines.anyone.simswap_networks import SimSwapGenerator
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Prediction


class SimSwapModel(OpenModel):
    """Losses as published (Chen et al. 2020, section 3.4): identity, reconstruction on pairs of one person, the hinge
    adversaries with their gradient penalty, weak feature matching."""

    def __init__(self, settings: SimSwapSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        self.generator = SimSwapGenerator(
            settings.width, settings.halvings, settings.blocks, len(self.centre), self.inputs
        )

    def generators(self) -> list[nn.Parameter]:
        return list(self.generator.parameters())

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        return Prediction(self.generator(beside(pictures, prior), codes), None)

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target, truth = batch.target.crop, known(batch)
        made = self.swap(target, codes, batch.prior).rgb
        apart = where_known((made - truth.truth).abs(), truth.sure)
        terms = {"reconstruction": self.settings.reconstruction * apart}
        terms |= self.identity_terms(self.settings.identity, made, batch.target, codes)
        return terms | self._convincing(made, target)

    def _convincing(self, made: Tensor, target: Tensor) -> dict[str, Tensor]:
        if not (critics := self.contested):
            return {}
        found = critics(made)
        with torch.no_grad():
            wanted = critics(target)
        return {
            "gan": self.settings.gan * convinced(found),
            "matching": self.settings.matching * matched(wanted, found, self.settings.matching_from),
        }
