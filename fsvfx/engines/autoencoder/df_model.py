"""The networks of ``df``: one encoder, one inter, a decoder for each of two people."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.autoencoder.adversaries import CodeCritic, verdict
from fsvfx.engines.autoencoder.family import FamilyModel, Made, plan_of
from fsvfx.engines.autoencoder.parts import Decoder, Encoder, Inter
from fsvfx.engines.autoencoder.settings import DfSettings
from fsvfx.engines.trainable import Batch, Prediction, Side, initialise


class DfModel(FamilyModel):
    """swap = the identity's decoder applied to the performer's code."""

    settings: DfSettings

    def __init__(self, settings: DfSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        plan = plan_of(settings)
        self.encoder = Encoder(plan)
        self.inter = Inter(plan, plan.ae)
        self.decoders = nn.ModuleList(Decoder(plan, plan.ae) for _ in people)
        side = plan.lowest * (1 if plan.deep else 2)
        self.code_critic = CodeCritic(plan.ae, side) if settings.true_face > 0 else None
        initialise(self)

    def turns(self) -> tuple[str, ...]:
        return (*super().turns(), "codes") if self.code_critic else super().turns()

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        if turn == "codes" and self.code_critic:
            return list(self.code_critic.parameters())
        return super().parameters_of(turn, random_warp=random_warp)

    def generators(self, *, random_warp: bool) -> list[nn.Parameter]:
        return [weight for part in (self.encoder, self.inter, self.decoders) for weight in part.parameters()]

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        if turn == "codes":
            return self._codes(batch)
        terms = super().forward(batch, turn)
        if turn == "generator" and self.code_critic:
            code = self._code(batch[self.people[0]].warped)
            terms["true_face"] = self.settings.true_face * verdict(self.code_critic(code), real=True)
        return terms

    def rebuild(self, identity: Side, performer: Side) -> Made:
        codes = self._code(torch.cat([identity.warped, performer.warped]))
        mine, theirs = torch.split(codes, [len(identity.warped), len(performer.warped)])
        swap = self.decoders[0](theirs.detach()) if self.wants_swap else None  # only the decoder learns a style
        return Made(self.decoders[0](mine), self.decoders[1](theirs), swap)

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        made: Prediction = self.decoders[self.people.index(person)](self._code(pictures))
        return made

    def restart(self) -> None:
        initialise(self.inter)

    def _code(self, pictures: Tensor) -> Tensor:
        code: Tensor = self.inter(self.encoder(pictures))
        return code

    def _codes(self, batch: Batch) -> dict[str, Tensor]:
        """The code adversary's own turn: the performer's codes count as real."""
        assert self.code_critic
        with torch.no_grad():
            mine, theirs = (self._code(batch[person].warped) for person in self.people)
        real = verdict(self.code_critic(theirs), real=True)
        return {"codes": (real + verdict(self.code_critic(mine), real=False)) / 2}
