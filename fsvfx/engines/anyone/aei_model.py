"""FaceShifter's first stage as the trainer sees it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from fsvfx.engines.anyone.aei_networks import AeiNet, attributes_kept
from fsvfx.engines.anyone.critics import convinced
from fsvfx.engines.anyone.open_model import OpenModel, where_same
from fsvfx.engines.anyone.settings import FaceShifterSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Prediction


class AeiModel(OpenModel):
    """Losses as published (Li et al. 2019, section 3.1, equations 6 to 10): the adversaries' hinge, attributes kept,
    identity, reconstruction on pairs of one person."""

    def __init__(self, settings: FaceShifterSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        self.aei = aei_net(settings, len(self.centre))

    def generators(self) -> list[nn.Parameter]:
        return list(self.aei.parameters())

    def swap(self, pictures: Tensor, codes: Tensor) -> Prediction:
        return Prediction(self.aei(pictures, codes)[0], None)

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target = batch.target.crop
        made, attributes, _ = self.aei(target, codes)
        apart = where_same((made - target).square().mean((1, 2, 3)), batch.same) / 2
        terms = {
            "reconstruction": self.settings.reconstruction * apart,
            "attributes": self.settings.attributes * attributes_kept(self.aei.attributes(made), attributes),
        }
        if (unlike := self.unlikeness(made, batch.target, codes)) is not None:
            terms["identity"] = self.settings.identity * unlike
        if self.critics:
            terms["gan"] = self.settings.gan * convinced(self.critics(made))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses, and how far the generator's masks let the identity in, within the face and outside of it."""
        _, _, masks = self.aei(held_out.target.crop, self.codes(held_out.source.code))
        within, outside = where_identity_counts(masks, held_out.target.mask)
        return super().metrics(held_out) | {"mask_in_face": within.mean(), "mask_outside": outside.mean()}


def aei_net(settings: FaceShifterSettings, code: int) -> AeiNet:
    """The network of these sizes, for codes of that length."""
    levels = settings.resolution.bit_length() - 2
    return AeiNet(settings.encoder_width, settings.generator_width, levels, code)


def where_identity_counts(masks: Sequence[Tensor], face: Tensor) -> tuple[Tensor, Tensor]:
    """Means of a generator's masks (b, 1, h, w) within ``face`` (b, 1, R, R) and outside of it: (masks,) each, from the
    smallest to the full size (Li et al. 2019, figure 5: near 1 in the face, lower around it)."""
    sizes = [adaptive_avg_pool2d(face, mask.shape[-1]) for mask in masks]
    within = [(mask * share).sum() / share.sum().clamp_min(1e-6) for mask, share in zip(masks, sizes, strict=True)]
    outside = [(mask * (1 - share)).sum() / (1 - share).sum().clamp_min(1e-6) for mask, share in zip(masks, sizes)]
    return torch.stack(within), torch.stack(outside)
