"""Pairs for models that swap anybody, a share of which have a truth: swaps made ahead of time."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from fsvfx.digests import digest_of
from fsvfx.engines.samples import Known, Looks, Pairs
from fsvfx.errors import InputError, Where
from fsvfx.facesets.crowd import Crowd
from fsvfx.training.data.ahead import seed_of
from fsvfx.training.data.exchanged import Exchanged
from fsvfx.training.data.faces import Faces
from fsvfx.training.data.pairs import PairSampler, looks_of, varied
from fsvfx.training.data.shown import Shown
from schemas.augmentation import Augmentation

_BACKWARDS = 0.5
"""Share of them that are used backward."""


class SupervisedSampler(PairSampler):
    """Batches in which ``share`` are such swaps, in both directions; the others are sampled as usual."""

    ANOTHER = (
        "The crowd, or the swaps made of it ahead of time, are not those that this training began with",
        "Train in another folder, or restore the people, faceset and architecture settings that it began with",
    )

    def __init__(
        self,
        crowd: Crowd,
        resolution: int,
        batch: int,
        settings: Augmentation,
        device: str,
        seed: int,
        shown: Shown | None,
        swaps: Exchanged,
        share: float,
    ) -> None:
        """Raises InputError if a batch has no room for both."""
        if batch < 2:
            raise InputError(
                f"A batch of {batch} can't hold both drawn pairs and swaps that were made ahead of time",
                hint="Raise it to 2 or more, or remove architecture.swaps",
                where=Where(field="trainer.batch"),
            )
        self._made = min(max(round(share * batch), 1), batch - 1)
        super().__init__(crowd, resolution, batch - self._made, settings, device, seed, shown)
        self._origin = digest_of([crowd.digest, swaps.digest])
        self.swaps, self._people = swaps, Faces(crowd)

    @torch.no_grad()
    def make(self, number: int) -> Pairs:
        """The batch of that number: sampled pairs, then premade ones."""
        drawn = super().make(number)
        same = drawn.same[:, None, None, None].to(drawn.target.crop)
        known = Known(drawn.target.crop, same.expand_as(drawn.target.mask))
        return _joined(replace(drawn, known=known), self._of_swaps(number))

    def _of_swaps(self, number: int) -> Pairs:
        random = np.random.default_rng(seed_of(self.seed, number, "swaps"))
        generator = Generator().manual_seed(seed_of(self.seed, number, "swaps' views"))
        which = random.choice(len(self.swaps.rows), self._made)
        backwards = random.random(self._made) < _BACKWARDS
        photographs, strangers = np.asarray(self.swaps.rows[which]).T
        own = np.array([self._people.another(row, random) for row in photographs.tolist()], np.int64)
        sources = np.where(backwards, own, strangers)
        target, truth = self._both(which, backwards, photographs, strangers)
        matrices, jitter = self.views(self._made, generator)
        target, truth = (varied(each, matrices, jitter, self.crowd.size, self.resolution) for each in (target, truth))
        source = self.varied(sources, generator)
        pairs = Pairs(target, source, target.person == source.person, known=Known(truth.crop, truth.mask))
        return self.with_prior(pairs, sources)

    def _both(
        self, which: NDArray[np.int64], backwards: NDArray[np.bool_], photographs: NDArray[np.int64],
        strangers: NDArray[np.int64],
    ) -> tuple[Looks, Looks]:  # fmt: skip
        """The targets, and the truth: its mask says where that is known."""
        photo, other = (looks_of(self.crowd, rows, self.device) for rows in (photographs, strangers))
        made = torch.from_numpy(np.asarray(self.swaps.picture[which])).to(self.device).permute(0, 3, 1, 2).float() / 255
        sure = torch.from_numpy(np.asarray(self.swaps.sure[which])).to(self.device)[:, None].float() / 255
        back = torch.from_numpy(backwards).to(self.device)

        def either(one: Tensor, two: Tensor) -> Tensor:
            return torch.where(back.view(-1, *[1] * (one.ndim - 1)), one, two)

        target = replace(
            photo,
            person=either(other.person, photo.person),
            code=either(other.code, photo.code),
            crop=either(made, photo.crop),
        )
        return target, replace(photo, crop=either(photo.crop, made), mask=either(torch.ones_like(sure), sure))


def _joined(one: Pairs, other: Pairs) -> Pairs:
    """Two batches, concatenated."""
    assert one.known is not None
    assert other.known is not None
    prior = None
    if one.prior is not None and other.prior is not None:
        prior = torch.cat([one.prior, other.prior])
    return Pairs(
        Looks(*_cat(one.target, other.target)),
        Looks(*_cat(one.source, other.source)),
        torch.cat([one.same, other.same]),
        prior=prior,
        known=Known(*_cat(one.known, other.known)),
    )


def _cat(one: Looks | Known, other: Looks | Known) -> list[Tensor]:
    return [torch.cat([getattr(one, each.name), getattr(other, each.name)]) for each in fields(one)]
