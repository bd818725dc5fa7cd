"""What models have in common that put anyone's face on anyone: identities as codes, adversaries, previews of pairs."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from fsvfx import models
from fsvfx.engines.anyone.critics import Critics, gradient_penalty, told_apart
from fsvfx.engines.anyone.likeness import STILL, Disturbance, apart, embedded, unit
from fsvfx.engines.anyone.settings import OpenSettings
from fsvfx.engines.samples import Looks, Pairs
from fsvfx.engines.trainable import Model, Pace, Prediction
from fsvfx.faces.embedding import NETWORK
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.registry import network


class OpenModel(Model[Pairs]):
    """Swaps by a code: the identity's mean vector, by the network that stages take, as a direction about that network's
    centre. The network itself takes part in training alone.

    What is common to all: the generator's turn, and the adversaries', which look at targets and swaps.
    """

    def __init__(self, settings: OpenSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.people, self.resolution = people, settings.resolution
        self.centre: Tensor
        self.register_buffer("centre", torch.from_numpy(network(NETWORK).centre))
        self.critics: Critics | None = None
        if settings.gan > 0:
            self.critics = Critics(settings.critic_scales, settings.critic_width, settings.critic_depth)
        self._sizes = settings
        self._disturbance = Disturbance() if settings.disturbed else STILL
        self._judges: tuple[IdentityNetwork, ...] = ()
        self._step = 0

    def begin(self, device: str) -> None:
        """Raises ModelError if the identity network's weights are not here."""
        judge = network(NETWORK)
        for card in judge.weights:
            models.path(card)
        self._judges = (judge,)

    @abstractmethod
    def swap(self, pictures: Tensor, codes: Tensor) -> Prediction:
        """The faces of ``codes`` (b, d), of length 1, in the performance of pictures (b, 3, R, R)."""

    @abstractmethod
    def generators(self) -> list[nn.Parameter]:
        """What the generator's turn moves."""

    @abstractmethod
    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        """What the generator's turn lowers. ``codes`` (b, d): of the batch's sources."""

    def turns(self) -> tuple[str, ...]:
        return ("generator", "critics") if self.critics else ("generator",)

    def pace(self, turn: str) -> Pace:
        return Pace(betas=(0.0, 0.999))

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        return list(self.critics.parameters()) if turn == "critics" and self.critics else self.generators()

    def advance(self, step: int) -> None:
        self._step = step

    def forward(self, batch: Pairs, turn: str = "generator") -> dict[str, Tensor]:
        codes = self.codes(batch.source.code)
        return self._told_apart(batch, codes) if turn == "critics" else self.generator_terms(batch, codes)

    def codes(self, vectors: Tensor) -> Tensor:
        """Vectors (b, d) of the identity network as codes of length 1."""
        return unit(vectors, self.centre)

    def unlikeness(self, made: Tensor, looks: Looks, codes: Tensor) -> Tensor | None:
        """Mean of 1 - cosine between codes and what the identity network makes of faces that lie where ``looks`` do.

        None before the iteration at which it enters.
        """
        if self._step < self._sizes.identity_from:
            return None
        vectors = [
            embedded(self._judges[0], made, looks.landmarks, self._disturbance) for _ in range(self._sizes.chips)
        ]
        return torch.stack([apart(each, codes, self.centre).mean() for each in vectors]).mean()

    def vectors(self, looks: Looks) -> Tensor:
        """(b, d): what the identity network makes of faces as they are."""
        return embedded(self._judges[0], looks.crop, looks.landmarks)

    def previews(self, held_out: Pairs, rows: int) -> list[list[Tensor]]:
        """Targets, sources, swaps; and the targets with their own code."""
        target, source = held_out.target, held_out.source
        swapped = self.swap(target.crop, self.codes(source.code)).rgb
        same = self.swap(target.crop, self.codes(target.code)).rgb
        return [[each[:rows] for each in (target.crop, source.crop, swapped, same)]]

    def _told_apart(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        assert self.critics
        real = batch.target.crop
        with torch.no_grad():
            made = self.swap(real, codes).rgb
        terms = {"hinge": told_apart(self.critics(real), self.critics(made))}
        if self._sizes.penalty:
            terms["penalty"] = self._sizes.penalty * gradient_penalty(self.critics, real, made)
        return terms


def where_same(apart: Tensor, same: Tensor) -> Tensor:
    """Mean of values (b,) over pairs of one person: elsewhere nobody knows the truth. 0 if there are none."""
    share = same.to(apart)
    return (apart * share).sum() / share.sum().clamp_min(1)
