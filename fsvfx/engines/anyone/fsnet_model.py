"""FSNet as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import convinced
from fsvfx.engines.anyone.fsnet_networks import PARTS, FsNetGenerator, drawn, triplets
from fsvfx.engines.anyone.latent_model import LatentModel, around, face_in
from fsvfx.engines.anyone.latents import LatentDecoder, LatentEncoder, diverging, sampled
from fsvfx.engines.anyone.open_model import background, where_known, with_context
from fsvfx.engines.anyone.settings import FsNetSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Prediction, initialise


class FsNetModel(LatentModel):
    """Its codes are latents of source faces; the identity network is used only in training, if at all.

    Losses: the swap's reconstruction, which pairs of two people have in the surroundings; the face that is decoded from
    its latent; the latents' divergence from a normal distribution; triplets of all faces in a batch, the targets' own
    among them, which nothing but this sees; adversaries.
    """

    judging = ("decoder",)

    def __init__(self, settings: FsNetSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people, settings.latent)
        self.settings = settings
        sizes = (settings.width, settings.halvings, settings.latent)
        self.encoder = LatentEncoder(3, *sizes, settings.resolution)
        self.decoder = LatentDecoder(*sizes, settings.resolution)
        self.generator = FsNetGenerator(self.inputs, *sizes)
        for part in (self.encoder, self.decoder, self.generator):
            initialise(part)

    @property
    def inputs(self) -> int:
        """Number of input channels: surroundings, and a plane per part of the face."""
        return 3 + len(PARTS)

    def generators(self) -> list[nn.Parameter]:
        return [weight for part in (self.encoder, self.decoder, self.generator) for weight in part.parameters()]

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """From pictures (b, 9, R, R) as made by ``seen``, and latents (b, latent). It takes no prior."""
        return Prediction(self.generator(pictures, codes), None)

    def seen(self, pictures: Tensor, masks: Tensor, landmarks: Tensor) -> Tensor:
        """The generator's input for faces: pictures (b, 3, R, R) around their masks (b, 1, R, R), gray inside, and
        their drawn landmarks (b, 468, 3), px."""
        return torch.cat([around(pictures, masks), drawn(landmarks, self.resolution).to(pictures)], 1)

    def swapped(self, batch: Pairs, codes: Tensor) -> Prediction:
        target = batch.target
        return self.swap(self.seen(target.crop, target.mask, target.landmarks), codes)

    def latents(self, pictures: Tensor, masks: Tensor) -> Tensor:
        """The means."""
        mean: Tensor = self.encoder(face_in(pictures, masks))[0]
        return mean

    def forward(self, batch: Pairs, turn: str = "generator") -> dict[str, Tensor]:
        if turn == "critics":
            return super().forward(batch, turn)
        both = (batch.source, batch.target)
        faces = torch.cat([face_in(each.crop, each.mask) for each in both])
        mean, spread = self.encoder(faces)
        persons = torch.cat([each.person for each in both])
        count = len(batch.source)
        codes = sampled(mean[:count], spread[:count], training=self.training)
        apart = (self.decoder(codes) - faces[:count]).abs() / 2
        weight = self.settings
        return self.generator_terms(batch, codes) | {
            "face": weight.face * where_known(apart, batch.source.mask),
            "divergence": weight.divergence * diverging(mean, spread),
            "triplet": weight.triplet * triplets(mean, persons, weight.margin),
        }

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        made = self.swapped(batch, codes).rgb
        truth = with_context(batch, 1 - batch.target.mask)
        terms = {"reconstruction": self.settings.reconstruction * where_known((made - truth.truth).abs(), truth.sure)}
        terms |= self.identity_terms(self.settings.identity, made, batch.target, self.codes(batch.source.code))
        if critics := self.contested:
            terms["gan"] = self.settings.gan * convinced(critics(made))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses, and the difference from the target outside the face."""
        made = self.swapped(held_out, self.codes_of(held_out.source)).rgb
        return super().metrics(held_out) | {"background": background(made, held_out.target)}
