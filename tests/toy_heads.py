"""Pairs of drawn heads: turned this way and that, each person's of colors of their own, shaded, on soft grounds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from fsvfx.comp.matte import hull
from fsvfx.engines.anyone.fsnet_networks import drawn
from fsvfx.engines.samples import Known, Looks, Pairs
from fsvfx.faces.topology import CANONICAL

PEOPLE = 6
_EYES, _LIPS = 2, 4
"""Of what is drawn."""


def heads(count: int, seed: int, size: int) -> Pairs:
    """Targets and sources turned each by themselves; the truth is the source's head on the target's mesh, in its light,
    known everywhere. The first half is of one person each."""
    random, fixed = (torch.Generator().manual_seed(each) for each in (seed, 99))
    skins, lips = torch.rand(2, PEOPLE, 3, generator=fixed) * 0.6 + 0.3
    one = torch.randint(PEOPLE, (count,), generator=random)
    same = torch.arange(count) < count // 2
    other = torch.where(same, one, (one + torch.randint(1, PEOPLE, (count,), generator=random)) % PEOPLE)
    there, here = (meshes(torch.rand(count, 4, generator=random) * 2 - 1, size) for _ in range(2))
    ground, shade = (_soft(torch.rand(2, count, *shape, generator=random), size) for shape in ((3, 4, 4), (1, 3, 3)))

    def looks(person: Tensor, mesh: Tensor, which: int) -> Looks:
        mask = torch.stack([torch.from_numpy(hull(each, size)) for each in mesh.numpy()])[:, None]
        marks = drawn(mesh, size)
        skin, lip = (each[person][:, :, None, None] for each in (skins, lips))
        face = torch.lerp(
            skin * (0.7 + 0.6 * shade[which]), lip.expand(-1, -1, size, size), marks[:, _LIPS : _LIPS + 1]
        )
        face = face * (1 - 0.9 * marks[:, _EYES : _EYES + 1])
        crop = torch.lerp(ground[which], face.clamp(0, 1), mask)
        return Looks(person, skins[person].repeat(1, 4), crop, mesh, mask, torch.zeros(count, 3))

    target, source = looks(one, there, 0), looks(other, here, 1)
    truth = looks(other, there, 0)
    return Pairs(target, source, same, known=Known(truth.crop, torch.ones_like(truth.mask)))


def meshes(ways: Tensor, size: int) -> Tensor:
    """(n, 468, 3), px: of ways (n, 4) in [-1, 1], yaw, pitch and shift."""
    made = []
    for yaw, pitch, across, down in ways.tolist():
        y, p = np.radians([30 * yaw, 15 * pitch])
        turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
        nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
        points = CANONICAL @ (nod @ turn).T * np.array([1, -1, -1]) * 0.65 * size / np.ptp(CANONICAL[:, 1])
        made.append(points + np.array([size * (0.5 + 0.05 * across), size * (0.5 + 0.05 * down), 0]))
    return torch.from_numpy(np.stack(made).astype(np.float32))


def _soft(noise: Tensor, size: int) -> Tensor:
    grown = interpolate(noise.flatten(0, 1), size, mode="bilinear")
    return grown.reshape(*noise.shape[:3], size, size)
