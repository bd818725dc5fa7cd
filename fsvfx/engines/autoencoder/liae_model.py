"""The networks of ``liae``: one encoder, two inters, one decoder for both people."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.autoencoder.family import FamilyModel, Made, plan_of
from fsvfx.engines.autoencoder.parts import Decoder, Encoder, Inter
from fsvfx.engines.autoencoder.settings import LiaeSettings
from fsvfx.engines.trainable import Prediction, Side, initialise


class LiaeModel(FamilyModel):
    """The decoder reads two inters side by side: AB twice for the identity, B and AB for the performer.

    swap = AB twice, applied to the performer's code. Shapes and light that both people share are in AB.
    """

    settings: LiaeSettings

    def __init__(self, settings: LiaeSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        plan = plan_of(settings)
        self.encoder = Encoder(plan)
        self.inter_ab = Inter(plan, 2 * plan.ae)
        self.inter_b = Inter(plan, 2 * plan.ae)
        self.decoder = Decoder(plan, 4 * plan.ae)
        initialise(self)

    def generators(self, *, random_warp: bool) -> list[nn.Parameter]:
        """Without random warp, the shared inter AB is not updated: it would forget what it learned from warped
        inputs."""
        parts = [self.encoder, self.inter_b, self.decoder, *([self.inter_ab] if random_warp else [])]
        return [weight for part in parts for weight in part.parameters()]

    def rebuild(self, identity: Side, performer: Side) -> Made:
        count = len(identity.warped)
        codes = self.encoder(torch.cat([identity.warped, performer.warped]))
        shared = self.inter_ab(codes)
        mine, theirs = shared[:count], shared[count:]
        made = [torch.cat([mine, mine], 1), torch.cat([self.inter_b(codes[count:]), theirs], 1)]
        if self.wants_swap:
            made.append(torch.cat([theirs, theirs], 1).detach())  # only the decoder learns a style
        return Made(*self._decoded(made), *(() if self.wants_swap else (None,)))

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        codes = self.encoder(pictures)
        shared = self.inter_ab(codes)
        beside = shared if person == self.people[0] else self.inter_b(codes)
        made: Prediction = self.decoder(torch.cat([beside, shared], 1))
        return made

    def restart(self) -> None:
        initialise(self.inter_ab)
        initialise(self.inter_b)

    def _decoded(self, parts: list[Tensor]) -> list[Prediction]:
        """A single run of the decoder for all."""
        made: Prediction = self.decoder(torch.cat(parts))
        assert made.mask is not None
        counts = [len(part) for part in parts]
        return list(map(Prediction, torch.split(made.rgb, counts), torch.split(made.mask, counts)))
