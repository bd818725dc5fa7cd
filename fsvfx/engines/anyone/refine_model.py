"""The refiner as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.likeness import Disturbance, apart, embedded, judge, unit
from fsvfx.engines.anyone.refine_networks import Refiner, applied, seen_small
from fsvfx.engines.anyone.settings import RefineSettings
from fsvfx.engines.priors import KeepsPrior
from fsvfx.engines.retouching import RetouchModel
from fsvfx.engines.samples import Retouches
from fsvfx.faces.embedding import NETWORK
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.registry import network

_FACE, _REST = 3.0, 0.3
"""Weights of a difference inside and outside the matte."""
_SQUARES, _GRADIENTS, _MEANS = 10.0, 0.2, 20.0
_CHIPS = 2


class RefineModel(KeepsPrior, RetouchModel):
    """The refiner, and the linear prior that fills what no picture shows: fitted once, before the first iteration.

    It lowers squared differences from the truth, of pixels and of means over 4 and 8 px, and differences of gradients;
    late, and a little, the unlikeness that an identity network sees in chips cut at random. Squares, as faults are rare
    and large: by their absolute values the best guess, for long, is that nothing is wrong.
    """

    def __init__(self, settings: RefineSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.people, self.resolution, self.settings = people, settings.resolution, settings
        self.refiner = Refiner(settings.widths, settings.blocks)
        centre = torch.from_numpy(network(NETWORK).centre)
        self.centre: Tensor
        self.register_buffer("centre", centre)
        self.make_room(len(centre), settings.directions)
        self._judges: tuple[IdentityNetwork, ...] = ()
        self._step = 0

    def begin(self, device: str) -> None:
        """Raises ModelError if the identity network's weights are missing."""
        self._judges = (judge(NETWORK),)

    def advance(self, step: int) -> None:
        self._step = step

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        return list(self.refiner.parameters())

    def refined(self, target: Tensor, warp: Tensor, guess: Tensor, matte: Tensor) -> Tensor:
        """Warps (b, 3, S, S) onto targets, corrected; only where the matte (b, 1, S, S) shows them."""
        return applied(self.refiner(seen_small(target, warp, guess, matte, self.settings.sight)), warp)

    def _over(self, batch: Retouches) -> Tensor:
        made = self.refined(batch.target, batch.warp, batch.guess, batch.matte)
        return batch.target + batch.matte * (made - batch.target)

    def forward(self, batch: Retouches, turn: str = "generator") -> dict[str, Tensor]:
        made = self._over(batch)
        apart_by = (made - batch.truth) * batch.sure
        weight = _REST + (_FACE - _REST) * batch.matte
        terms = {
            "pixels": _SQUARES * (weight * apart_by.square()).mean(),
            "gradients": _GRADIENTS * _FACE * (_across(apart_by) + _down(apart_by)),
            "means": _MEANS * (_coarse(apart_by, 4) + _coarse(apart_by, 8)),
        }
        if self.settings.identity and self._judges and self._step >= self.settings.identity_from:
            terms["identity"] = self.settings.identity * self._unlikeness(made, batch)
        return terms

    def previews(self, held_out: Retouches, rows: int) -> list[list[Tensor]]:
        """Performances, warps, guesses, warps refined, and the truth."""
        made = self._over(held_out)
        return [[each[:rows] for each in (held_out.target, held_out.warp, held_out.guess, made, held_out.truth)]]

    def _unlikeness(self, made: Tensor, batch: Retouches) -> Tensor:
        codes = unit(batch.code, self.centre)
        seen = [embedded(self._judges[0], made, batch.landmarks, Disturbance()) for _ in range(_CHIPS)]
        return torch.stack([apart(each, codes, self.centre).mean() for each in seen]).mean()


def _across(pictures: Tensor) -> Tensor:
    return (pictures[..., 1:] - pictures[..., :-1]).abs().mean()


def _down(pictures: Tensor) -> Tensor:
    return (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean()


def _coarse(pictures: Tensor, size: int) -> Tensor:
    return nn.functional.avg_pool2d(pictures, size).square().mean()
