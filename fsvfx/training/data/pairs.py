"""Pairs of faces for models that swap anybody: first a person, then a face, then a source; read from mapped files,
ahead of use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn.functional import interpolate

from fsvfx.engines.samples import Looks, Pairs
from fsvfx.errors import InputError, Where
from fsvfx.facesets.crowd import Crowd
from fsvfx.facesets.faceset import weights
from fsvfx.printable import counted
from fsvfx.qc.sheet import sampled
from fsvfx.training.data import colour
from fsvfx.training.data.ahead import Batches, seed_of
from fsvfx.training.data.geometry import affines, moved, places, sample
from fsvfx.training.data.shown import Shown
from schemas.augmentation import Augmentation

_LOOKED_AT = 16
"""Number of sources drawn for a target; the first with a similar pose is used, otherwise the nearest."""

Ints = NDArray[np.int64]


class PairSampler(Batches[Pairs]):
    """Endless batches of ``batch`` pairs at (R, R).

    Target: a person, all equally likely, then one of their faces, with rare poses as likely as common ones. Source:
    with probability ``same`` another face of that person (the same face if there is only one), otherwise of another
    person; with a yaw within ``yaw`` degrees of the target's if one of several draws is. Rotation, scale, shift and
    color of targets and sources are varied independently. Held-out people and faces are not drawn. Every batch is
    determined by seed and number.
    """

    ORIGIN = "crowd"
    ANOTHER = (
        "The crowd is not the one that this training began with",
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
        shown: Shown | None = None,
        *,
        same: float = 0.5,
        yaw: float = 90.0,
    ) -> None:
        """shown: makes the model's input from the sources. Raises InputError if there are not two people to train
        on."""
        super().__init__(seed, crowd.digest)
        self.crowd, self.resolution, self.batch, self.settings = crowd, resolution, batch, settings
        self.device, self.shown, self.same, self.yaw = device, shown, same, yaw
        rows = crowd.trained
        people, starts = np.unique(np.asarray(crowd.person)[rows], return_index=True)
        if len(people) < 2:
            raise InputError(
                f"A crowd of {counted(len(people), 'person', 'people')} can't be trained on",
                hint="Give more people, or hold out fewer",
            )
        self._faces = np.split(rows, starts[1:])
        self._chances = [_chances(crowd, own, settings) for own in self._faces]

    @torch.no_grad()
    def make(self, number: int) -> Pairs:
        """The batch of that number."""
        random = np.random.default_rng(seed_of(self.seed, number, "pairs"))
        targets, sources = self.rows(self.batch, random)
        generator = Generator().manual_seed(seed_of(self.seed, number, "views"))
        target, source = (self.varied(rows, generator) for rows in (targets, sources))
        return self.with_prior(Pairs(target, source, target.person == source.person), sources)

    def rows(self, count: int, random: np.random.Generator) -> tuple[Ints, Ints]:
        """Rows of this many targets, and of their sources."""
        drawn = [self._pair(random) for _ in range(count)]
        targets, sources = (np.array(rows, np.int64) for rows in zip(*drawn, strict=True))
        return targets, sources

    def with_prior(self, pairs: Pairs, sources: Ints) -> Pairs:
        """Adds the model's input from the sources, the faces of these rows."""
        return replace(pairs, prior=self.shown.over(pairs.target, sources)) if self.shown else pairs

    def views(self, count: int, generator: Generator) -> tuple[Tensor, Tensor | None]:
        """Rotation, scale and shift (count, 2, 3) for this many faces, and color changes (count, 3, 3)."""
        # Faces are not mirrored: the mesh's points and the code belong to the unmirrored face.
        matrices = affines(self.settings.model_copy(update={"flip": 0.0}), count, generator)
        return matrices, colour.jitters(self.settings, count, generator)

    def varied(self, rows: Ints, generator: Generator) -> Looks:
        """The faces of these rows, randomly varied."""
        matrices, jitter = self.views(len(rows), generator)
        return varied(looks_of(self.crowd, rows, self.device), matrices, jitter, self.crowd.size, self.resolution)

    def _pair(self, random: np.random.Generator) -> tuple[int, int]:
        """Rows of a target and of its source."""
        who = int(random.integers(len(self._faces)))
        target = self._face(who, random)
        yaw = float(self.crowd.pose[target, 0])
        if random.random() < self.same:
            own = self._faces[who]
            others = own[own != target]
            return target, self._turned_alike(yaw, random.permutation(others)) if len(others) else target
        strangers = (who + random.integers(1, len(self._faces), _LOOKED_AT)) % len(self._faces)
        return target, self._turned_alike(yaw, np.array([self._face(int(one), random) for one in strangers]))

    def _face(self, who: int, random: np.random.Generator) -> int:
        own = self._faces[who]
        return int(own[0]) if len(own) == 1 else int(random.choice(own, p=self._chances[who]))

    def _turned_alike(self, yaw: float, rows: Ints) -> int:
        """The first of ``rows`` whose yaw is within the limit; otherwise the nearest."""
        apart = np.abs(np.asarray(self.crowd.pose[rows, 0]) - yaw)
        within = np.flatnonzero(apart <= self.yaw)
        return int(rows[within[0] if len(within) else np.argmin(apart)])


def varied(looks: Looks, matrices: Tensor, jitter: Tensor | None, size: int, resolution: int) -> Looks:
    """Faces of ``size`` px, cut by ``matrices`` (b, 2, 3) at (R, R), colors changed by ``jitter`` (b, 3, 3)."""
    device = looks.crop.device
    planes = sample(torch.cat([looks.crop, looks.mask], 1), places(matrices, resolution).to(device))
    crop, mask = planes[:, :3], planes[:, 3:]
    if jitter is not None:
        crop = colour.changed(crop, jitter.to(device))
    points = moved(looks.landmarks, matrices.to(device), size, resolution)
    return replace(looks, crop=crop, landmarks=points, mask=mask)


def unseen_pairs(crowd: Crowd, resolution: int, most: int, device: str, shown: Shown | None = None) -> Pairs:
    """Up to ``most`` people who are held out, or have held-out frames (``Crowd.unseen``), unmodified; the source of
    each is the next one's face, with a similar yaw.

    Raises InputError if there are not two.
    """
    targets, sources = unseen_rows(crowd, most)
    pairs = pairs_of(crowd, targets, sources, resolution, device)
    return replace(pairs, prior=shown.over(pairs.target, sources)) if shown else pairs


def pairs_of(crowd: Crowd, targets: Ints, sources: Ints, resolution: int, device: str) -> Pairs:
    """The faces of these rows, unmodified."""
    target, source = (_resized(looks_of(crowd, each, device), resolution) for each in (targets, sources))
    return Pairs(target, source, target.person == source.person)


def unseen_rows(crowd: Crowd, most: int) -> tuple[Ints, Ints]:
    """The targets and sources of ``unseen_pairs``. Raises InputError if there are not two people."""
    rows = crowd.unseen
    owners = np.asarray(crowd.person)[rows]
    people = np.unique(owners)
    if len(people) < 2 and not crowd.held_out.any():
        raise InputError(
            f"{counted(len(people), 'person has', 'people have')} frames held out, and previews need two",
            hint="Give two people footage of some length, or raise faceset.held_out; or hold out people",
            where=Where(field="learn.held_out"),
        )
    if len(people) < 2:
        raise InputError(
            f"{'One' if len(people) else 'None'} of the crowd's people is held out, and previews need two",
            hint="Name some in learn.held_out.people, or raise its share",
            where=Where(field="learn.held_out"),
        )
    chosen = np.array(sampled(people.tolist(), most))
    targets = np.array([rows[owners == who][0] for who in chosen])
    sources = []
    for target, who in zip(targets, chosen, strict=True):
        others = rows[owners == people[(np.searchsorted(people, who) + 1) % len(people)]]
        apart = np.abs(np.asarray(crowd.pose[others, 0]) - float(crowd.pose[target, 0]))
        sources.append(others[np.argmin(apart)])
    return targets, np.array(sources, np.int64)


def _resized(looks: Looks, size: int) -> Looks:
    planes = torch.cat([looks.crop, looks.mask], 1)
    before = planes.shape[-1]
    planes = interpolate(planes, (size, size), mode="bilinear", antialias=True).clamp(0, 1)
    flat = (looks.landmarks[..., :2] + 0.5) * size / before - 0.5
    landmarks = torch.cat([flat, looks.landmarks[..., 2:] * size / before], -1)
    return replace(looks, crop=planes[:, :3], mask=planes[:, 3:], landmarks=landmarks)


def looks_of(crowd: Crowd, rows: Ints, device: str) -> Looks:
    """Unmodified faces, at the crowd's own size."""
    crops = torch.from_numpy(np.asarray(crowd.crops[rows])).to(device).permute(0, 3, 1, 2).float() / 255
    mask = torch.from_numpy(np.asarray(crowd.mask[rows])).to(device)[:, None].float() / 255
    floats = (torch.from_numpy(np.asarray(each[rows])).to(device) for each in (crowd.code, crowd.landmarks, crowd.pose))
    code, landmarks, pose = floats
    person = torch.from_numpy(np.asarray(crowd.person[rows]).astype(np.int64)).to(device)
    return Looks(person, code, crops, landmarks, mask, pose)


def _chances(crowd: Crowd, rows: Ints, settings: Augmentation) -> NDArray[np.float64]:
    """The probability of each of a person's faces."""
    pose = np.asarray(crowd.pose[rows])
    return weights(pose, np.zeros(len(rows), np.bool_), balanced=settings.balance_poses)
