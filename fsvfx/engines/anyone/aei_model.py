"""FaceShifter's first stage as the trainer sees it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from fsvfx.engines.anyone.aei_networks import AeiNet, attributes_kept
from fsvfx.engines.anyone.critics import convinced
from fsvfx.engines.anyone.open_model import OpenModel, beside, known, where_known
from fsvfx.engines.anyone.settings import FaceShifterSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Prediction


class AeiModel(OpenModel):
    """Losses as published (Li et al. 2019, section 3.1, equations 6 to 10): adversarial hinge, attribute preservation,
    identity, reconstruction on pairs of one person."""

    def __init__(self, settings: FaceShifterSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        self.aei = aei_net(settings, len(self.centre), self.inputs)

    def generators(self) -> list[nn.Parameter]:
        return list(self.aei.parameters())

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        return Prediction(self.aei(beside(pictures, prior), codes)[0], None)

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        truth = known(batch)
        made, attributes, _ = self.aei(beside(batch.target.crop, batch.prior), codes)
        apart = where_known((made - truth.truth).square(), truth.sure) / 2
        kept = self.aei.attributes(beside(made, batch.prior))
        terms = {
            "reconstruction": self.settings.reconstruction * apart,
            "attributes": self.settings.attributes * attributes_kept(kept, attributes),
        }
        terms |= self.identity_terms(self.settings.identity, made, batch.target, codes)
        if critics := self.contested:
            terms["gan"] = self.settings.gan * convinced(critics(made))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses, and how much the generator's masks let the identity in, inside and outside the face."""
        _, _, masks = self.aei(beside(held_out.target.crop, held_out.prior), self.codes(held_out.source.code))
        within, outside = where_identity_counts(masks, held_out.target.mask)
        return super().metrics(held_out) | {"mask_in_face": within.mean(), "mask_outside": outside.mean()}


def aei_net(settings: FaceShifterSettings, code: int, inputs: int = 3) -> AeiNet:
    """The network of these sizes, for codes of that length and pictures with that many channels."""
    levels = settings.resolution.bit_length() - 2
    return AeiNet(settings.encoder_width, settings.generator_width, levels, code, inputs)


def where_identity_counts(masks: Sequence[Tensor], face: Tensor) -> tuple[Tensor, Tensor]:
    """Means of a generator's masks (b, 1, h, w) within ``face`` (b, 1, R, R) and outside of it: (masks,) each, from the
    smallest to the full size (Li et al. 2019, figure 5: near 1 in the face, lower around it)."""
    sizes = [adaptive_avg_pool2d(face, mask.shape[-1]) for mask in masks]
    within = [(mask * share).sum() / share.sum().clamp_min(1e-6) for mask, share in zip(masks, sizes, strict=True)]
    outside = [(mask * (1 - share)).sum() / (1 - share).sum().clamp_min(1e-6) for mask, share in zip(masks, sizes)]
    return torch.stack(within), torch.stack(outside)
