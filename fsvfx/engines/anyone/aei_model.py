"""FaceShifter's first stage as the trainer sees it."""

from __future__ import annotations

from torch import Tensor, nn

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
        levels = settings.resolution.bit_length() - 2
        self.aei = AeiNet(settings.encoder_width, settings.generator_width, levels, len(self.centre))

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
