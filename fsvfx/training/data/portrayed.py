"""Pairs with the source's face rendered in the target's performance by a morphable model; some with a later moment.

The kind of material determines the losses that apply to each pair (Cao et al. 2021, UniFaceGAN: dynamic selection of
training samples from pictures and videos): pairs of one person have a truth; pairs of two people have surroundings, and
for the face only the temporal loss. In footage the later moment is the person's next frame; otherwise it is the still
itself, moved with its surroundings, and with the rendered head slightly rotated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn.functional import max_pool2d

from fsvfx.digests import digest_of
from fsvfx.engines.portraits import portrayed
from fsvfx.engines.samples import Later, Pairs, Portrayed
from fsvfx.facesets.crowd import Crowd
from fsvfx.morphable import Morphable
from fsvfx.morphable.portrait import Portrait, carried, drawn, face_part, lit
from fsvfx.training.data import colour
from fsvfx.training.data.ahead import seed_of
from fsvfx.training.data.fitted import FittedCrowd
from fsvfx.training.data.geometry import affines, moved
from fsvfx.training.data.pairs import PairSampler, looks_of, unseen_pairs, unseen_rows, varied
from schemas.augmentation import Augmentation

_NEAR = 8.0
"""Maximum difference in pose, degrees, to a person's next frame: more is a cut, or a gap."""
_MOTION = Augmentation(rotation=3, scale=1.03, shift=0.015, flip=0)
"""Motion of a still from one moment to the next."""
_TURN = 0.07
"""Radians by which its rendered head is additionally rotated around each axis."""
_SOFTER, _TINT, _RIM = 6, 0.12, 0.06
"""Distortions of a face rendered from its own photograph, so that it isn't copied: rounds of smoothing; the share by
which its colors are off; and the maximum share of the picture's side hidden on either side of its edge: strangers'
faces leave such a rim, for which there is no truth."""

Ints = NDArray[np.int64]
F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Drawing:
    """How a face is rendered: row of the performance, person whose face it is, matrix (2, 3) from the picture to the
    crop.

    softer: rounds of smoothing; tint: (3,), factor on its albedo; turn: (3,) radians, in addition to the performance's.
    """

    row: int
    person: int
    matrix: Tensor
    softer: int = 0
    tint: tuple[float, ...] = (1.0, 1.0, 1.0)
    turn: tuple[float, ...] = (0.0, 0.0, 0.0)


class Portraits:
    """Renders a crowd's faces."""

    def __init__(self, crowd: Crowd, fits: FittedCrowd, model: Morphable) -> None:
        self.crowd, self.fits, self.part = crowd, fits, face_part(model)

    def of(self, asked: Drawing, size: int) -> Portrait:
        """In a (size, size) picture."""
        fits, part = self.fits, self.part
        whose, identity = int(self.crowd.person[asked.row]), np.asarray(fits.identity[asked.person])
        points = part.posed(identity, np.asarray(fits.expression[asked.row]))
        placing = fits.placing(asked.row, whose).stepped(np.array([[*asked.turn, 0, 0, 0]]))
        albedo = np.asarray(fits.albedo[asked.person], np.float32) * np.asarray(asked.tint, np.float32)
        colors = lit(part, points, placing, np.asarray(fits.light[asked.row]), part.softened(albedo, asked.softer))
        seen = torch.from_numpy(placing.seen(points))
        return drawn(part, moved(seen, asked.matrix[None], self.crowd.size, size)[0].numpy(), colors, size)

    def next_of(self, row: int, among: NDArray[np.bool_]) -> int | None:
        """The next frame of the same person's footage, if it exists among the allowed rows (m,) and has a similar pose:
        a person's faces are in the order of their footage."""
        after = row + 1
        if after == len(self.crowd) or not among[after] or self.crowd.person[after] != self.crowd.person[row]:
            return None
        apart = np.abs(np.asarray(self.crowd.pose[after]) - np.asarray(self.crowd.pose[row])).max()
        return after if apart < _NEAR else None

    def over(self, pairs: Pairs, drawings: Sequence[Drawing], jitter: Tensor | None) -> tuple[Pairs, list[Portrait]]:
        """Pairs with their portraits, with colors changed like the targets'; and the portraits."""
        found = [self.of(each, pairs.target.crop.shape[-1]) for each in drawings]
        return replace(pairs, portrayed=_shown(found, pairs.target.landmarks, jitter)), found

    def later(
        self,
        before: Sequence[Portrait],
        drawings: Sequence[Drawing],
        jitter: Tensor | None,
        among: NDArray[np.bool_],
        random: np.random.Generator,
        generator: Generator,
        device: str,
    ) -> Later:
        """A moment after the portraits ``before``, rendered according to ``drawings``."""
        motions = affines(_MOTION, len(drawings), generator)
        following = [
            self._following(each, motion, among, random) for each, motion in zip(drawings, motions, strict=True)
        ]
        size = before[0].size
        rows, matrices = np.array([each.row for each in following]), torch.stack([each.matrix for each in following])
        target = varied(looks_of(self.crowd, rows, device), matrices, jitter, self.crowd.size, size)
        after = [self.of(each, size) for each in following]
        places = [carried(*each) for each in zip(before, after, strict=True)]
        at = (np.stack([each for each, _ in places]) + 0.5) * 2 / size - 1
        kept = np.stack([each for _, each in places])[:, None]
        photographed = torch.tensor([one.row != other.row for one, other in zip(drawings, following, strict=True)])
        return Later(
            target,
            _shown(after, target.landmarks, jitter),
            torch.from_numpy(at.astype(np.float32)).to(device),
            torch.from_numpy(kept).to(device),
            photographed.to(device),
        )

    def _following(
        self, asked: Drawing, motion: Tensor, among: NDArray[np.bool_], random: np.random.Generator
    ) -> Drawing:
        """The next frame, or the same one, moved."""
        row = self.next_of(asked.row, among)
        if row is not None:
            return replace(asked, row=row)
        turn, shift = asked.matrix[:, :2], asked.matrix[:, 2:]
        matrix = torch.cat([turn @ motion[:, :2], turn @ motion[:, 2:] + shift], 1)
        return replace(asked, matrix=matrix, turn=tuple(random.uniform(-_TURN, _TURN, 3).tolist()))


class PortrayedSampler(PairSampler):
    """Batches of pairs with portraits; the first pairs have a later moment.

    strangers: share of pairs of two people; moving: share of those with a later moment.
    """

    ANOTHER = (
        "The crowd, or its fits, are not those that this training began with",
        "Train in another folder, or restore the people and faceset settings that it began with",
    )

    def __init__(
        self,
        crowd: Crowd,
        resolution: int,
        batch: int,
        settings: Augmentation,
        device: str,
        seed: int,
        portraits: Portraits,
        strangers: float,
        moving: float,
    ) -> None:
        super().__init__(crowd, resolution, batch, settings, device, seed, same=1 - strangers)
        self._origin = digest_of([crowd.digest, portraits.fits.digest])
        self.portraits, self._moving = portraits, round(moving * batch)
        self._among = np.zeros(len(crowd), np.bool_)
        self._among[crowd.trained] = True

    @torch.no_grad()
    def make(self, number: int) -> Pairs:
        """The batch of that number."""
        random = np.random.default_rng(seed_of(self.seed, number, "portraits"))
        generator = Generator().manual_seed(seed_of(self.seed, number, "views"))
        targets, sources = self.rows(self.batch, random)
        matrices, jitter = self.views(self.batch, generator)
        looks = looks_of(self.crowd, targets, self.device)
        target = varied(looks, matrices, jitter, self.crowd.size, self.resolution)
        source = self.varied(sources, generator)
        same = target.person == source.person
        people = np.asarray(self.crowd.person)[sources].tolist()
        drawings = [
            _spoiled(Drawing(row, person, matrix), random) if alike else Drawing(row, person, matrix)
            for row, person, matrix, alike in zip(targets.tolist(), people, matrices, same.tolist(), strict=True)
        ]
        pairs, found = self.portraits.over(Pairs(target, source, same), drawings, jitter)
        rims = [_rims(self.resolution, random) if alike else (0, 0) for alike in same.tolist()]
        pairs = replace(pairs, **_hidden(pairs, rims))
        if not (count := self._moving):
            return pairs
        shown = None if jitter is None else jitter[:count]
        later = self.portraits.later(
            found[:count], drawings[:count], shown, self._among, random, generator, self.device
        )
        return replace(pairs, later=replace(later, **_hidden(later, rims[:count])))


def unseen_portrayed(portraits: Portraits, resolution: int, most: int, device: str) -> Pairs:
    """``unseen_pairs`` with portraits, all with a later moment. Raises InputError."""
    crowd = portraits.crowd
    pairs, (targets, sources) = unseen_pairs(crowd, resolution, most, device), unseen_rows(crowd, most)
    people = np.asarray(crowd.person)[sources].tolist()
    drawings = [Drawing(row, person, torch.eye(2, 3)) for row, person in zip(targets.tolist(), people, strict=True)]
    pairs, found = portraits.over(pairs, drawings, None)
    among = np.zeros(len(crowd), np.bool_)
    among[crowd.unseen] = True
    random, generator = np.random.default_rng(0), Generator().manual_seed(0)
    return replace(pairs, later=portraits.later(found, drawings, None, among, random, generator, device))


def _shown(portraits: Sequence[Portrait], landmarks: Tensor, jitter: Tensor | None) -> Portrayed:
    made = portrayed(portraits, landmarks.cpu().numpy())
    made = Portrayed(*(each.to(landmarks.device) for each in (made.drawn, made.cover, made.open)))
    return made if jitter is None else replace(made, drawn=colour.changed(made.drawn, jitter.to(made.drawn)))


def _rims(size: int, random: np.random.Generator) -> tuple[int, int]:
    """px by which a rendered face is shrunk, and its hole in the surroundings enlarged."""
    inner, outer = random.integers(round(_RIM * size) + 1, size=2).tolist()
    return inner, outer


def _hidden(of: Pairs | Later, rims: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Its target and portraits, with hidden rims."""
    assert of.portrayed is not None
    cover, mask = of.portrayed.cover.clone(), of.target.mask.clone()
    for row, (inner, outer) in enumerate(rims):
        cover[row] = -max_pool2d(-cover[row], 2 * inner + 1, 1, inner)
        mask[row] = max_pool2d(mask[row], 2 * outer + 1, 1, outer)
    return {"target": replace(of.target, mask=mask), "portrayed": replace(of.portrayed, cover=cover)}


def _spoiled(asked: Drawing, random: np.random.Generator) -> Drawing:
    tint = 1 + random.uniform(-_TINT, _TINT) + random.uniform(-_TINT, _TINT, 3) / 3
    return replace(asked, softer=int(random.integers(_SOFTER + 1)), tint=tuple(tint.tolist()))
