"""What ``df`` and ``liae`` have in common: the losses per side, the style losses, and the patch adversary."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fsvfx.engines.autoencoder import losses
from fsvfx.engines.autoencoder.adversaries import PatchCritic, patch_verdict
from fsvfx.engines.autoencoder.parts import Plan
from fsvfx.engines.autoencoder.settings import FamilySettings
from fsvfx.engines.trainable import Batch, ClosedModel, Prediction, Side


def plan_of(settings: FamilySettings) -> Plan:
    """The sizes set in the settings."""
    third = settings.d_dims // 3
    masks = settings.d_mask_dims or third + third % 2
    return Plan(settings.resolution, settings.ae_dims, settings.e_dims, settings.d_dims, masks, settings.variant)


@dataclass(frozen=True)
class Made:
    """Results used in a generator step: both people reconstructed, and the swap: the identity in the performer's
    pictures."""

    identity: Prediction
    performer: Prediction
    swap: Prediction | None
    """None if no loss needs it."""


class FamilyModel(ClosedModel):
    """A one-to-one autoencoder; ``people``: the identity, then the performer.

    Losses and weights as in DeepFaceLab's SAEHD (Perov et al. 2020, and its public code): per side ten times DSSIM and
    squared difference under the mask, ten times the mask's squared difference, and the terms of the options.
    """

    def __init__(self, settings: FamilySettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.settings = settings
        self.people = people
        self.resolution = settings.resolution
        self.critic: PatchCritic | None = None
        if settings.gan_power > 0:
            self.critic = PatchCritic(settings.gan_patch or settings.resolution // 8, settings.gan_dims)

    def turns(self) -> tuple[str, ...]:
        return ("generator", "patches") if self.critic else ("generator",)

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        if turn == "patches" and self.critic:
            return list(self.critic.parameters())
        return self.generators(random_warp=random_warp)

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        if turn == "patches":
            return self._patches(batch)
        identity, performer = (batch[person] for person in self.people)
        made = self.rebuild(identity, performer)
        terms = self._side("identity", made.identity, identity) | self._side("performer", made.performer, performer)
        if made.swap:
            terms |= self._styles(made.swap, performer)
        if self.critic:
            terms |= self._convince(made.identity, identity)
        return terms

    @abstractmethod
    def rebuild(self, identity: Side, performer: Side) -> Made:
        """Both people reconstructed from their warped pictures; and the swap, if ``wants_swap``."""

    @abstractmethod
    def generators(self, *, random_warp: bool) -> list[nn.Parameter]:
        """The parameters that the generator's step updates."""

    @property
    def wants_swap(self) -> bool:
        return self.settings.face_style > 0 or self.settings.background_style > 0

    def _side(self, who: str, made: Prediction, side: Side) -> dict[str, Tensor]:
        soft = losses.blurred_mask(side.mask) if self.settings.masked else torch.ones_like(side.mask)
        assert made.mask is not None
        terms = {
            who: losses.structure_and_level(made.rgb * soft, side.target * soft),
            f"{who}_mask": 10 * losses.squared(made.mask, side.mask),
        }
        if self.settings.eyes_mouth_priority:
            where = side.priority.amax(dim=1, keepdim=True)
            terms[f"{who}_priority"] = 300 * ((made.rgb - side.target) * where).abs().mean()
        return terms

    def _styles(self, swap: Prediction, performer: Side) -> dict[str, Tensor]:
        soft = losses.blurred_mask(performer.mask)
        terms = {}
        if self.settings.face_style > 0:
            weight = 10_000 * self.settings.face_style / 100
            terms["face_style"] = weight * losses.style(swap.rgb, performer.target, soft.detach())
        if self.settings.background_style > 0:
            weight = self.settings.background_style / 100
            around, wanted = swap.rgb * (1 - soft), performer.target * (1 - soft)
            terms["background_style"] = weight * losses.structure_and_level(around, wanted)
        return terms

    def _convince(self, made: Prediction, side: Side) -> dict[str, Tensor]:
        """The patch adversary's terms for the generator: only for the reconstructed identity."""
        assert self.critic
        soft = losses.blurred_mask(side.mask)
        terms = {"gan": self.settings.gan_power * patch_verdict(self.critic, made.rgb * soft, real=True)}
        if self.settings.masked:
            around = (made.rgb - side.target) * (1 - soft)
            terms["gan_calm"] = 1e-6 * losses.total_variation(made.rgb) + 0.02 * around.square().mean()
        return terms

    def _patches(self, batch: Batch) -> dict[str, Tensor]:
        assert self.critic
        side = batch[self.people[0]]
        with torch.no_grad():
            made = self.predict(side.warped, self.people[0])
        soft = losses.blurred_mask(side.mask)
        real = patch_verdict(self.critic, side.target * soft, real=True)
        return {"patches": (real + patch_verdict(self.critic, made.rgb * soft, real=False)) / 2}
