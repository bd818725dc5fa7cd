"""Models for anybody, small, and faces for them; who it is, is the mean color of a face's quarters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fsvfx.engines.anyone.aei_model import AeiModel
from fsvfx.engines.anyone.cihn_model import CihnModel
from fsvfx.engines.anyone.fsgan_model import FsGanModel
from fsvfx.engines.anyone.fsnet_model import FsNetModel
from fsvfx.engines.anyone.ipgan_model import IpGanModel
from fsvfx.engines.anyone.megafs_model import MegaFsModel
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.anyone.rsgan_model import RsGanModel
from fsvfx.engines.anyone.settings import (
    CihnSettings,
    FaceShifterSettings,
    FsGanSettings,
    FsNetSettings,
    IpGanSettings,
    MegaFsSettings,
    RsGanSettings,
    SimSwapSettings,
    TransferSettings,
    UniFaceGanSettings,
)
from fsvfx.engines.anyone.simswap_model import SimSwapModel
from fsvfx.engines.anyone.transfer_model import TransferModel
from fsvfx.engines.anyone.unifacegan_model import UniFaceGanModel
from fsvfx.engines.samples import Known, Later, Looks, Pairs, Portrayed
from fsvfx.identity.contract import Chip, IdentityNetwork
from fsvfx.training import rng

SIZE = 64
FACE = torch.nn.functional.pad(torch.ones(1, 1, SIZE - 16, SIZE - 16), (8, 8, 8, 8))
SMALL: dict[str, Any] = {"resolution": SIZE, "critic_width": 4, "critic_depth": 3}


class Quarters(IdentityNetwork):
    """Mean colours of a face's quarters."""

    name = "quarters"
    chip = Chip(24, ((0.3, 0.35), (0.7, 0.35), (0.5, 0.75)), ((33,), (263,), (61, 291)))
    dimensions = 12
    same_person = 0.2
    differentiable: ClassVar[bool] = True

    @property
    def centre(self) -> NDArray[np.float32]:
        return np.full(12, 0.5, np.float32)

    def embed(self, chips: Tensor) -> Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(chips, 2).flatten(1)


def looks(count: int, seed: int) -> Looks:
    made = torch.Generator().manual_seed(seed)
    small = torch.rand(count, 3, 4, 4, generator=made)
    crop = torch.nn.functional.interpolate(small, SIZE, mode="bilinear")
    landmarks = torch.rand(count, 468, 3, generator=made) * SIZE
    for vertex, place in {33: (20, 24), 263: (44, 24), 61: (26, 46), 291: (38, 46)}.items():
        landmarks[:, vertex, :2] = torch.tensor(place, dtype=torch.float32)
    code = torch.rand(count, 12, generator=made)
    return Looks(torch.arange(count), code, crop, landmarks, FACE.expand(count, 1, -1, -1), torch.zeros(count, 3))


def drawn(count: int, seed: int) -> Portrayed:
    """The middles of ``looks`` of that seed, too dark, with a mouth."""
    inner = torch.nn.functional.pad(torch.ones(count, 1, 42, 42), (11, 11, 11, 11))
    mouth = torch.nn.functional.pad(torch.ones(count, 1, 4, 12), (26, 26, 44, 16))
    return Portrayed(looks(count, seed).crop * inner / 2, inner, mouth)


def later(count: int, seed: int) -> Later:
    """A moment after the first of ``pairs``: nothing has moved; the first one is a photograph."""
    still = torch.nn.functional.affine_grid(torch.eye(2, 3).repeat(count, 1, 1), [count, 1, SIZE, SIZE], False)
    target, shown = (_first(each, count) for each in (looks(2 * count, seed), drawn(2 * count, seed)))
    return Later(target, shown, still, shown.cover, torch.arange(count) == 0)


def _first(of: Any, count: int) -> Any:
    return replace(of, **{name: value[:count] for name, value in vars(of).items()})


def pairs(count: int = 4, seed: int = 0) -> Pairs:
    """The first half of one person each; the first half, too, has a moment later."""
    target, source = looks(count, seed), looks(count, seed + 100)
    same = torch.arange(count) < count // 2
    code = torch.where(same[:, None], target.code, source.code)
    shown, moved = drawn(count, seed), later(count // 2, seed)
    return Pairs(target, replace(source, code=code), same, portrayed=shown, later=moved)


def told(count: int = 4) -> Pairs:
    """With a prior; the truth of the first is known everywhere, of the second in its left half."""
    batch, truth, prior = pairs(count), looks(count, 300).crop, looks(count, 400).crop
    sure = torch.zeros(count, 1, SIZE, SIZE)
    sure[0], sure[1, ..., : SIZE // 2] = 1, 1
    return replace(batch, prior=prior, known=Known(truth, sure))


def simswap(**values: Any) -> SimSwapModel:
    rng.seed(3)
    return SimSwapModel(SimSwapSettings(**{**SMALL, "width": 4, "halvings": 2, "blocks": 2, **values}), ("ada", "bea"))


def faceshifter(**values: Any) -> AeiModel:
    rng.seed(3)
    known = FaceShifterSettings.model_fields
    chosen = {"encoder_width": 4, "generator_width": 64, "attributes": 0.0, **values}
    return AeiModel(FaceShifterSettings(**SMALL, **{n: v for n, v in chosen.items() if n in known}), ("ada", "bea"))


def cihn(**values: Any) -> CihnModel:
    rng.seed(3)
    return CihnModel(
        CihnSettings(**{**SMALL, "width": 4, "halvings": 3, "identity": 0.1, "held_open": 0, **values}), ("ada", "bea")
    )


def fsnet(**values: Any) -> FsNetModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "latent": 8, "identity": 0.1, **values}
    return FsNetModel(FsNetSettings(**chosen), ("ada", "bea"))


def fsgan(**values: Any) -> FsGanModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "identity": 0.1, **values}
    return FsGanModel(FsGanSettings(**chosen), ("ada", "bea"))


def ipgan(**values: Any) -> IpGanModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "latent": 8, **values}
    return IpGanModel(IpGanSettings(**chosen), ("ada", "bea"))


def megafs(**values: Any) -> MegaFsModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "code": 8, "structure": 4, "identity": 0.1, **values}
    return MegaFsModel(MegaFsSettings(**chosen), ("ada", "bea"))


def megafs_transfer(**values: Any) -> TransferModel:
    """Its second stage, of the same sizes."""
    rng.seed(3)
    chosen = TransferSettings(**{"identity": 0.1, **values})
    return TransferModel(MegaFsSettings(**SMALL, width=4, code=8, structure=4, transfer=chosen), ("ada", "bea"))


def rsgan(**values: Any) -> RsGanModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "latent": 8, "identity": 0.1, **values}
    return RsGanModel(RsGanSettings(**chosen), ("ada", "bea"))


def unifacegan(**values: Any) -> UniFaceGanModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "identity": 0.03, **values}
    return UniFaceGanModel(UniFaceGanSettings(**chosen), ("ada", "bea"))


PAIRED: list[Callable[..., OpenModel]] = [simswap, faceshifter]
"""Those that learn pixels only where a truth is known."""
SHOWN: list[Callable[..., OpenModel]] = [*PAIRED, cihn, ipgan]
"""Those whose generator sees the target, and a prior beside it."""
MODELS = [*SHOWN, fsnet, rsgan, fsgan, megafs, unifacegan]
