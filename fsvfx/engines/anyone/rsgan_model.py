"""RSGAN as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import Critics, convinced
from fsvfx.engines.anyone.latent_model import LatentModel, around, face_in
from fsvfx.engines.anyone.latents import diverging, sampled
from fsvfx.engines.anyone.open_model import where_known, with_context
from fsvfx.engines.anyone.rsgan_networks import Composer, Separator, moved_alone
from fsvfx.engines.anyone.settings import RsGanSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Pace, Prediction, initialise


class RsGanModel(LatentModel):
    """Its codes are latents of faces: of sources as they are, or, of models that see a prior, as it shows them on the
    target's mesh.

    Losses: the target, composed of its own two latents; the swap, composed of the source's face and the target's
    surroundings, where its truth is known; each part, decoded from its latent alone; the latents' divergence from a
    normal distribution; adversaries, on the whole picture and on patches; the identity network, late, if at all.
    """

    def __init__(self, settings: RsGanSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people, settings.latent)
        self.settings = settings
        sizes = (settings.width, settings.halvings, settings.latent, settings.resolution)
        self.face, self.surroundings, self.composer = Separator(*sizes), Separator(*sizes), Composer(*sizes)
        for part in (self.face, self.surroundings, self.composer):
            initialise(part)
        if self.critics:
            self.critics = Critics(settings.critic_scales, settings.critic_width, settings.critic_depth, whole=True)

    @property
    def inputs(self) -> int:
        """Surroundings."""
        return 3

    def generators(self) -> list[nn.Parameter]:
        return [weight for part in (self.face, self.surroundings, self.composer) for weight in part.parameters()]

    def pace(self, turn: str) -> Pace:
        """The generator steps as the trainer's settings say: autoencoders learn faster with momentum."""
        return super().pace(turn) if turn == "critics" else Pace()

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """From what is ``around`` the targets' faces (b, 3, R, R), and latents of faces (b, latent), which include a
        prior."""
        return Prediction(self.composer(codes, self.surroundings.encoder(pictures)[0]), None)

    def swapped(self, batch: Pairs, codes: Tensor) -> Prediction:
        return self.swap(around(batch.target.crop, batch.target.mask), codes)

    def codes_in(self, batch: Pairs) -> Tensor:
        return self.codes_of(batch.source) if batch.prior is None else self.latents(batch.prior, batch.target.mask)

    def latents(self, pictures: Tensor, masks: Tensor) -> Tensor:
        """Sampled in training; their means otherwise."""
        return sampled(*self.face.encoder(face_in(pictures, masks)), training=self.training)

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target, weight = batch.target, self.settings
        seen = (face_in(target.crop, target.mask), around(target.crop, target.mask))
        separators, masks = (self.face, self.surroundings), (target.mask, 1 - target.mask)
        found = [part.encoder(picture) for part, picture in zip(separators, seen, strict=True)]
        own, rest = (sampled(*each, training=self.training) for each in found)
        rebuilt, made = self.composer(torch.cat([own, codes]), torch.cat([rest, rest])).chunk(2)
        truth = with_context(batch, 1 - target.mask)
        terms = {
            "rebuilt": weight.reconstruction * (rebuilt - target.crop).abs().mean(),
            "reconstruction": weight.reconstruction * where_known((made - truth.truth).abs(), truth.sure),
            "divergence": weight.divergence * torch.stack([diverging(*each) for each in found]).sum(),
        }
        decoded = (part.decoder(latent) for part, latent in zip(separators, (own, rest), strict=True))
        for name, got, wanted, mask in zip(("face", "surroundings"), decoded, seen, masks, strict=True):
            terms[name] = weight.separate * where_known((got - wanted).abs() / 2, mask)
        terms |= self.identity_terms(weight.identity, made, target, self.codes(batch.source.code))
        if critics := self.contested:
            terms["gan"] = weight.gan * convinced(critics(made))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses, and what each latent changes."""
        return super().metrics(held_out) | self.kept_apart(held_out)

    def kept_apart(self, batch: Pairs) -> dict[str, Tensor]:
        """Change of the face relative to the rest when the face's latent is replaced; and of the rest relative to the
        face, when its own is."""
        target, source = batch.target, batch.source
        here, there = (self.surroundings.encoder(around(each.crop, each.mask))[0] for each in (target, source))
        own = self.codes_of(target)
        before = self.composer(own, here)
        other_face, other_rest = self.composer(self.codes_in(batch), here), self.composer(own, there)
        return {
            "face_alone": moved_alone(before, other_face, target.mask),
            "surroundings_alone": moved_alone(before, other_rest, 1 - target.mask),
        }
