"""SimSwap as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone import critics
from fsvfx.engines.anyone.likeness import STILL, Disturbance
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.anyone.settings import SimSwapSettings
from fsvfx.engines.anyone.simswap_networks import SimSwapGenerator
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Pace, Prediction


class SimSwapModel(OpenModel):
    """Losses as published (Chen et al. 2020, section 3.4): identity, reconstruction on pairs of one person, the hinge
    adversaries with their gradient penalty, weak feature matching."""

    def __init__(self, settings: SimSwapSettings, people: tuple[str, ...]) -> None:
        super().__init__(people, settings.resolution)
        self.settings = settings
        self.generator = SimSwapGenerator(settings.width, settings.halvings, settings.blocks, len(self.centre))
        self.critics: critics.Critics | None = None
        if settings.gan > 0 or settings.matching > 0:
            self.critics = critics.Critics(settings.critic_scales, settings.critic_width, settings.critic_depth)
        self._disturbance = Disturbance() if settings.disturbed else STILL
        self._step = 0

    def turns(self) -> tuple[str, ...]:
        return ("generator", "critics") if self.critics else ("generator",)

    def pace(self, turn: str) -> Pace:
        return Pace(betas=(0.0, 0.999))

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        own = self.critics if turn == "critics" and self.critics else self.generator
        return list(own.parameters())

    def advance(self, step: int) -> None:
        self._step = step

    def forward(self, batch: Pairs, turn: str = "generator") -> dict[str, Tensor]:
        codes = self.codes(batch.source.code)
        if turn == "critics":
            return self._told_apart(batch, codes)
        made = self.generator(batch.target.crop, codes)
        return self._rebuilt(made, batch) | self._like(made, batch, codes) | self._convincing(made, batch)

    def swap(self, pictures: Tensor, codes: Tensor) -> Prediction:
        return Prediction(self.generator(pictures, codes), None)

    def _rebuilt(self, made: Tensor, batch: Pairs) -> dict[str, Tensor]:
        """Only where both are one person: elsewhere nobody knows the truth."""
        apart = (made - batch.target.crop).abs().mean((1, 2, 3))
        share = batch.same.to(apart)
        return {"reconstruction": self.settings.reconstruction * (apart * share).sum() / share.sum().clamp_min(1)}

    def _like(self, made: Tensor, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        if self._step < self.settings.identity_from or not self.settings.identity:
            return {}
        each = [self.unlikeness(made, batch.target, codes, self._disturbance) for _ in range(self.settings.chips)]
        return {"identity": self.settings.identity * torch.stack(each).mean()}

    def _convincing(self, made: Tensor, batch: Pairs) -> dict[str, Tensor]:
        if not self.critics:
            return {}
        found = self.critics(made)
        with torch.no_grad():
            wanted = self.critics(batch.target.crop)
        return {
            "gan": self.settings.gan * critics.convinced(found),
            "matching": self.settings.matching * critics.matched(wanted, found, self.settings.matching_from),
        }

    def _told_apart(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        assert self.critics
        real = batch.target.crop
        with torch.no_grad():
            made = self.generator(real, codes)
        terms = {"hinge": critics.told_apart(self.critics(real), self.critics(made))}
        if self.settings.penalty:
            terms["penalty"] = self.settings.penalty * critics.gradient_penalty(self.critics, real, made)
        return terms
