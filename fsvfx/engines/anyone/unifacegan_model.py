"""UniFaceGAN as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import convinced
from fsvfx.engines.anyone.open_model import OpenModel, background, where_known, with_context
from fsvfx.engines.anyone.settings import UniFaceGanSettings
from fsvfx.engines.anyone.unifacegan_networks import UniFaceGenerator, carried_along, seen
from fsvfx.engines.portraits import SeesPortraits
from fsvfx.engines.samples import Known, Later, Pairs
from fsvfx.engines.trainable import Pace, Prediction


class UniFaceGanModel(SeesPortraits, OpenModel):
    """Who it is, the drawn face says: codes are for the identity loss alone, if there is one.

    Losses: reconstruction, which pairs of two people have in the surroundings; the 3D temporal loss, of pairs that have
    a moment later: the swap, carried along the mesh, against the swap of that moment; adversaries.
    """

    def __init__(self, settings: UniFaceGanSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        self.strangers, self.moving = settings.strangers, settings.moving
        self.generator = UniFaceGenerator(settings.width, settings.halvings)

    def generators(self) -> list[nn.Parameter]:
        return list(self.generator.parameters())

    def pace(self, turn: str) -> Pace:
        """The generator steps as the trainer's settings say: what it learns first is to reconstruct."""
        return super().pace(turn) if turn == "critics" else Pace()

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """From pictures (b, 7, R, R) as made by ``seen``. It takes neither codes nor a prior."""
        return Prediction(self.generator(pictures).clamp(0, 1), None)

    def swapped(self, batch: Pairs, codes: Tensor) -> Prediction:
        return self.swap(_seen(batch), codes)

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        given, weight, later = _seen(batch), self.settings, batch.later
        truth = with_context(batch, given[:, 3:4])
        if later is not None:
            after = _seen(later)
            truth = _both(truth, _truth_later(later, batch, after[:, 3:4]))
            made, next_made = self.generator(torch.cat([given, after])).split([len(given), len(after)])
            whole = torch.cat([made, next_made])
        else:
            made = whole = self.generator(given)
        terms = {"reconstruction": weight.reconstruction * where_known((whole - truth.truth).abs(), truth.sure)}
        if later is not None and weight.temporal:
            terms["temporal"] = weight.temporal * _flicker(made, next_made, later)
        made = made.clamp(0, 1)
        terms |= self.identity_terms(weight.identity, made, batch.target, codes)
        if critics := self.contested:
            terms["gan"] = weight.gan * convinced(critics(made))
        return terms

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses; the warp error, unweighted; the difference from the target outside the face."""
        made = self.swapped(held_out, self.codes_in(held_out)).rgb
        told = {"background": background(made, held_out.target)}
        if held_out.later is not None:
            told["warp_error"] = self.flicker(held_out)
        return super().metrics(held_out) | told

    def flicker(self, batch: Pairs) -> Tensor:
        """Mean absolute change of the face's points between two moments, for swaps that have them."""
        assert batch.later is not None
        made, after = self.generator(_seen(batch)).clamp(0, 1), self.generator(_seen(batch.later)).clamp(0, 1)
        return _flicker(made, after, batch.later)

    def previews(self, held_out: Pairs, rows: int) -> list[list[Tensor]]:
        """Targets, sources, what is seen, swaps."""
        given = _seen(held_out)
        made = self.swap(given, self.codes_in(held_out)).rgb
        return [[each[:rows] for each in (held_out.target.crop, held_out.source.crop, given[:, :3], made)]]


def _seen(at: Pairs | Later) -> Tensor:
    assert at.portrayed is not None, "its sampler draws faces"
    return seen(at.target.crop, at.target.mask, at.portrayed)


def _truth_later(later: Later, batch: Pairs, around: Tensor) -> Known:
    sure = (later.photographed & batch.same[: len(later.photographed)])[:, None, None, None].to(around)
    return Known(later.target.crop, sure + (1 - sure) * around)


def _both(one: Known, other: Known) -> Known:
    return Known(torch.cat([one.truth, other.truth]), torch.cat([one.sure, other.sure]))


def _flicker(before: Tensor, after: Tensor, later: Later) -> Tensor:
    return where_known((carried_along(before[: len(after)], later.at) - after).abs(), later.kept)
