"""MegaFS's first stage as the trainer sees it: a style generator, and the encoder that inverts faces into it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import convinced, matched
from fsvfx.engines.anyone.fsnet_networks import drawn
from fsvfx.engines.anyone.latent_model import LatentModel
from fsvfx.engines.anyone.megafs_networks import HierarchicalEncoder
from fsvfx.engines.anyone.open_model import background, known, where_known
from fsvfx.engines.anyone.settings import MegaFsSettings
from fsvfx.engines.anyone.style_generator import StyleGenerator, codes_of
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Pace, Prediction


class MegaFsModel(LatentModel):
    """Both learn together. A swap is by latent code replacement, the paper's plain rival of its transfer module: the
    target's structure and low codes, the source's upper ones.

    Losses of pictures that are rebuilt of their own codes: reconstruction, which counts more about drawn landmarks, in
    place of a landmark network's; the adversaries' features, in place of LPIPS; identity. Of swaps: reconstruction
    where the truth is known; the adversaries' verdict. So codes of two faces fit each other (StyleGAN's mixing).
    """

    def __init__(self, settings: MegaFsSettings, people: tuple[str, ...]) -> None:
        upper = codes_of(settings.resolution) - settings.low
        super().__init__(settings, people, upper * settings.code)
        self.settings = settings
        self.encoder = HierarchicalEncoder(
            settings.structure, settings.width, settings.code, settings.low, settings.resolution
        )
        self.generator = StyleGenerator(settings.structure, settings.width, settings.code, settings.resolution)

    def generators(self) -> list[nn.Parameter]:
        return [*self.encoder.parameters(), *self.generator.parameters()]

    def pace(self, turn: str) -> Pace:
        """The generator steps as the trainer's settings say: autoencoders learn faster with momentum."""
        return super().pace(turn) if turn == "critics" else Pace()

    def latents(self, pictures: Tensor, masks: Tensor) -> Tensor:
        """The upper codes of whole pictures."""
        return self.upper(self.encoder(pictures)[1]).flatten(1)

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """From targets (b, 3, R, R) and the sources' upper codes (b, d). It takes no prior."""
        structure, own = self.encoder(pictures)
        return Prediction(self.generator(structure, self.transferred(own, codes)).clamp(0, 1), None)

    def rebuilt(self, pictures: Tensor) -> Tensor:
        """Pictures (b, 3, R, R), rebuilt from their own codes."""
        made: Tensor = self.generator(*self.encoder(pictures))
        return made.clamp(0, 1)

    def transferred(self, own: Tensor, codes: Tensor) -> Tensor:
        """The swap's codes, from the targets' (b, codes, code) and the sources' upper ones (b, d): the low ones are the
        target's, bit for bit."""
        size = self.settings.code
        source = codes.reshape(-1, self.code_length // size, size)
        return torch.cat([self.low(own), self.exchanged(source, own)], 1)

    def exchanged(self, source: Tensor, own: Tensor) -> Tensor:
        """The swap's upper codes, from the source's (b, upper, code) and all of the target's."""
        return source

    def low(self, codes: Tensor) -> Tensor:
        return codes[:, : self.settings.low]

    def upper(self, codes: Tensor) -> Tensor:
        return codes[:, self.settings.low :]

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target, weight, truth = batch.target, self.settings, known(batch)
        structure, own = self.encoder(target.crop)
        both = torch.cat([own, self.transferred(own, codes)])
        rebuilt, made = self.generator(torch.cat([structure, structure]), both).chunk(2)
        counted = 1 + weight.landmarks * drawn(target.landmarks, self.resolution).amax(1, keepdim=True)
        terms = {
            "rebuilt": weight.reconstruction * where_known((rebuilt - target.crop).abs(), counted),
            "reconstruction": weight.reconstruction * where_known((made - truth.truth).abs(), truth.sure * counted),
        }
        terms |= self.identity_terms(weight.identity, rebuilt.clamp(0, 1), target, self.codes(target.code))
        if critics := self.contested:
            with torch.no_grad():
                seen = critics(target.crop)
            terms["features"] = weight.features * matched(seen, critics(rebuilt.clamp(0, 1)), 0)
            terms["gan"] = weight.gan * convinced(critics(made.clamp(0, 1)))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses; the error of rebuilt pictures; and the difference of swaps from the target outside the face."""
        made = self.swapped(held_out, self.codes_of(held_out.source)).rgb
        target = held_out.target
        return super().metrics(held_out) | {
            "inversion": (self.rebuilt(target.crop) - target.crop).abs().mean(),
            "background": background(made, target),
        }
