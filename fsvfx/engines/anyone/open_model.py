"""What models have in common that put anyone's face on anyone: identities as codes, and previews of pairs."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from fsvfx import models
from fsvfx.engines.anyone.likeness import Disturbance, apart, embedded, unit
from fsvfx.engines.samples import Looks, Pairs
from fsvfx.engines.trainable import Model, Prediction
from fsvfx.faces.embedding import NETWORK
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.registry import network


class OpenModel(Model[Pairs]):
    """Swaps by a code: the identity's mean vector, by the network that stages take, as a direction about that network's
    centre. The network itself takes part in training alone."""

    def __init__(self, people: tuple[str, ...], resolution: int) -> None:
        super().__init__()
        self.people, self.resolution = people, resolution
        self.centre: Tensor
        self.register_buffer("centre", torch.from_numpy(network(NETWORK).centre))
        self._judges: tuple[IdentityNetwork, ...] = ()

    def begin(self, device: str) -> None:
        """Raises ModelError if the identity network's weights are not here."""
        judge = network(NETWORK)
        for card in judge.weights:
            models.path(card)
        self._judges = (judge,)

    @abstractmethod
    def swap(self, pictures: Tensor, codes: Tensor) -> Prediction:
        """The faces of ``codes`` (b, d), of length 1, in the performance of pictures (b, 3, R, R)."""

    def codes(self, vectors: Tensor) -> Tensor:
        """Vectors (b, d) of the identity network as codes of length 1."""
        return unit(vectors, self.centre)

    def unlikeness(self, made: Tensor, looks: Looks, codes: Tensor, disturbance: Disturbance) -> Tensor:
        """Mean of 1 - cosine between codes and what the identity network makes of faces that lie where ``looks`` do."""
        vectors = embedded(self._judges[0], made, looks.landmarks, disturbance)
        return apart(vectors, codes, self.centre).mean()

    def previews(self, held_out: Pairs, rows: int) -> list[list[Tensor]]:
        """Targets, sources, swaps; and the targets with their own code."""
        target, source = held_out.target, held_out.source
        swapped = self.swap(target.crop, self.codes(source.code)).rgb
        same = self.swap(target.crop, self.codes(target.code)).rgb
        return [[each[:rows] for each in (target.crop, source.crop, swapped, same)]]
