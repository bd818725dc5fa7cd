"""IPGAN as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import last_alike
from fsvfx.engines.anyone.latents import LatentDecoder, LatentEncoder, diverging, sampled
from fsvfx.engines.anyone.open_model import OpenModel, beside, known
from fsvfx.engines.anyone.settings import IpGanSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Pace, Prediction, initialise


class IpGanModel(OpenModel):
    """A latent of the target's attributes; a generator from that and the source's code.

    Losses as published (Bao et al. 2018, section 3): reconstruction, asymmetric: in full for one person, a tenth for
    two people (equation 2); the attributes' divergence from a normal distribution (equation 3); the classifier's
    features, compared with the source's; the adversaries' features, compared with the target's, instead of their
    verdict. Codes have length 1, so that half their squared distance is 1 - cosine.
    """

    def __init__(self, settings: IpGanSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        sizes = (settings.width, settings.halvings)
        self.attributes = LatentEncoder(self.inputs, *sizes, settings.latent, settings.resolution)
        self.generator = LatentDecoder(*sizes, settings.latent + self.code_length, settings.resolution)
        for part in (self.attributes, self.generator):
            initialise(part)

    def generators(self) -> list[nn.Parameter]:
        return [*self.attributes.parameters(), *self.generator.parameters()]

    def pace(self, turn: str) -> Pace:
        """The generator steps as the trainer's settings say: autoencoders learn faster with momentum."""
        return super().pace(turn) if turn == "critics" else Pace()

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        return Prediction(self.made(self._attributes(pictures, prior)[0], codes), None)

    def made(self, attributes: Tensor, codes: Tensor) -> Tensor:
        """(b, 3, R, R) in [0, 1], from attributes (b, latent) and codes (b, d)."""
        rgb: Tensor = self.generator(torch.cat([attributes, codes], 1))
        return rgb / 2 + 0.5

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target, weight = batch.target, self.settings
        mean, spread = self._attributes(target.crop, batch.prior)
        made = self.made(sampled(mean, spread, training=self.training), codes)
        truth = known(batch)
        wanted = torch.lerp(target.crop, truth.truth, truth.sure)
        counted = weight.strangers + (1 - weight.strangers) * truth.sure
        terms = {
            "reconstruction": weight.reconstruction * (counted * (made - wanted).square()).mean() / 2,
            "divergence": weight.divergence * diverging(mean, spread),
        }
        terms |= self.identity_terms(weight.identity, made, target, codes)
        if critics := self.contested:
            with torch.no_grad():
                seen = critics(target.crop)
            terms["gan"] = weight.gan * last_alike(seen, critics(made))
        return terms

    def _attributes(self, pictures: Tensor, prior: Tensor | None) -> tuple[Tensor, Tensor]:
        mean, spread = self.attributes(beside(pictures, prior) * 2 - 1)
        return mean, spread
