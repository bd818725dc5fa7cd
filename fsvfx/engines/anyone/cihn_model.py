"""CIHN as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.aei_model import where_identity_counts
from fsvfx.engines.anyone.cihn_networks import CihnGenerator
from fsvfx.engines.anyone.critics import convinced
from fsvfx.engines.anyone.open_model import OpenModel, background, where_known, with_context
from fsvfx.engines.anyone.settings import CihnSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Prediction


class CihnModel(OpenModel):
    """Its last map, at full size, is the swap's mask.

    Losses: reconstruction, for pairs of two people that of the target where the map keeps the context; identity;
    adversaries. Two things keep the map from opening just to avoid reconstruction: the weight passes it no gradient,
    and its mean costs a little. A prior enters only the identity's path: to show it, the map has to open.
    """

    def __init__(self, settings: CihnSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        self.generator = CihnGenerator(
            settings.width, settings.halvings, len(self.centre), shown=settings.prior != "none"
        )

    def generators(self) -> list[nn.Parameter]:
        return list(self.generator.parameters())

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        made, maps = self.generator(pictures, codes, prior)
        return Prediction(made.clamp(0, 1), maps[-1])

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        made, maps = self.generator(batch.target.crop, codes, batch.prior, self._held(len(codes)))
        truth = with_context(batch, 1 - maps[-1].detach())
        apart = where_known((made - truth.truth).abs(), truth.sure)
        terms = {
            "reconstruction": self.settings.reconstruction * apart,
            "thrift": self.settings.thrift * torch.stack([each.mean() for each in maps]).mean(),
        }
        terms |= self.identity_terms(self.settings.identity, made.clamp(0, 1), batch.target, codes)
        if critics := self.contested:
            terms["gan"] = self.settings.gan * convinced(critics(made.clamp(0, 1)))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses; the last map's mean within the face and outside of it; and the difference from the target outside
        the face."""
        made = self.swapped(held_out, self.codes_of(held_out.source))
        assert made.mask is not None
        within, outside = where_identity_counts([made.mask], held_out.target.mask)
        told = {"map_in_face": within.mean(), "map_outside": outside.mean()}
        return super().metrics(held_out) | told | {"background": background(made.rgb, held_out.target)}

    def _held(self, count: int) -> Tensor | None:
        """(count, 1, 1, 1): 1 for pictures whose maps are held open; None where nothing is learned."""
        if not self.training:
            return None
        share = 1.0 if self._step < self.settings.open_until else self.settings.held_open
        return (torch.rand(count, 1, 1, 1) < share).to(self.centre)
