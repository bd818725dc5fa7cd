"""FaceShifter's second stage as the trainer sees it: it restores what the first one loses of the target."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.aei_model import aei_net
from fsvfx.engines.anyone.hear_networks import HearNet
from fsvfx.engines.anyone.open_model import OpenModel, known, where_known
from fsvfx.engines.anyone.settings import FaceShifterSettings
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Prediction


class HearModel(OpenModel):
    """A finished, frozen first stage, and the network that corrects it.

    Losses as published (Li et al. 2019, section 3.2, equations 12 to 15): identity, change, reconstruction on pairs of
    one person. The target's own code, for the heuristic error, is that of its unchanged picture, occluders included.
    """

    later = ("hear",)

    def __init__(self, settings: FaceShifterSettings, people: tuple[str, ...]) -> None:
        assert settings.hear is not None
        super().__init__(settings.model_copy(update={"gan": 0.0}), people)
        self.weight = settings.hear
        self.aei = aei_net(settings, len(self.centre))
        self.hear = HearNet(settings.hear.width, settings.hear.halvings)

    def train(self, mode: bool = True) -> Self:
        """The first stage's statistics stay frozen, too."""
        super().train(mode)
        self.aei.eval()
        return self

    def generators(self) -> list[nn.Parameter]:
        return list(self.hear.parameters())

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """By the first stage only, which sees no prior."""
        return Prediction(self.aei(pictures, codes)[0], None)

    def restored(self, pictures: Tensor, codes: Tensor, own: Tensor) -> Prediction:
        """By both stages. own: (b, d), the codes of the pictures' own faces, of length 1."""
        return Prediction(self.hear(*self._first(pictures, codes, own)), None)

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target = batch.target.crop
        swap, error = self._first(target, codes, self._own_codes(batch))
        made = self.hear(swap, error)
        apart = where_known((made - target).square(), known(batch).sure) / 2
        terms = {
            "reconstruction": self.weight.reconstruction * apart,
            "change": self.weight.change * (made - swap).abs().mean(),
        }
        terms |= self.identity_terms(self.weight.identity, made, batch.target, codes)
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses, and how far both stages are from what is pasted in front of the targets."""
        codes = self.codes(held_out.source.code)
        swap, error = self._first(held_out.target.crop, codes, self._own_codes(held_out))
        stages = {"front_swapped": swap, "front_restored": self.hear(swap, error)}
        return super().metrics(held_out) | {name: lost_in_front(made, held_out) for name, made in stages.items()}

    def previews(self, held_out: Pairs, rows: int) -> list[list[Tensor]]:
        """Targets, sources, the first stage's swaps, both stages'."""
        target, source = held_out.target.crop, held_out.source
        swap, error = self._first(target, self.codes(source.code), self._own_codes(held_out))
        return [[each[:rows] for each in (target, source.crop, swap, self.hear(swap, error))]]

    @torch.no_grad()
    def _first(self, pictures: Tensor, codes: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """The first stage's swaps, and its heuristic errors: the pictures less what it makes of them with their own
        codes."""
        return self.aei(pictures, codes)[0], pictures - self.aei(pictures, own)[0]

    @torch.no_grad()
    def _own_codes(self, batch: Pairs) -> Tensor:
        return self.codes(self.vectors(batch.target))


def lost_in_front(made: Tensor, batch: Pairs) -> Tensor:
    """Mean absolute difference of swaps (b, 3, R, R) from the targets where something is pasted in front; 0 if nothing
    is."""
    if batch.front is None:
        return made.new_zeros(())
    apart = (made - batch.target.crop).abs().mean(1, keepdim=True)
    return (apart * batch.front).sum() / batch.front.sum().clamp_min(1)
