"""A general model's networks as a plain ONNX swapper: a target, and who goes in as a vector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from fsvfx import models, packages
from fsvfx.engines.anyone.fsgan_model import FsGanModel
from fsvfx.engines.anyone.hear_model import HearModel
from fsvfx.engines.anyone.latent_model import LatentModel
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.exporting import Exported, Source, opened, placed
from fsvfx.engines.onnx_graph import furthest, samples, traced
from fsvfx.engines.portraits import SeesPortraits
from fsvfx.errors import InputError
from fsvfx.faces.embedding import NETWORK
from fsvfx.identity.registry import network
from schemas.package import PackageCard

if TYPE_CHECKING:
    import onnx

TARGET: Final = "target"
SOURCE: Final = "source"
OUTPUTS: Final = ("output", "mask")


def export(package: Path, out: Path, *, force: bool = False) -> Exported:
    """Write the swap to ``out``, for anybody.

    ``target`` is (n, 3, R, R) RGB in [0, 1], any n; ``source`` (n, d): who goes in, as the identity network that the
    package learned by says it, at any length about that network's center. ``output`` is as ``target``; ``mask``
    (n, 1, R, R) of models that learn one. Its metadata name the network, the cut and the terms.

    Raises InputError (it has learned people who exist, needs more than target and vector, ``out`` is there already, too
    large for a file), ModelError (the package is broken), MachineError (the file would not agree with torch, or can't
    be written; an optional package is missing).
    """
    source = opened(package, out, force=force)
    swap, size = _Swap(_plain(source)), source.model.resolution
    _check_nobody(source.card)
    proto = graph_of(swap, size)
    found = furthest(proto.SerializeToString(), swap, _tried(swap, size))
    width = len(swap.model.centre)
    taken = (
        f"{TARGET}: (n, 3, {size}, {size}) float32 RGB in [0, 1], aligned as fsvfx aligns; "
        f"{SOURCE}: (n, {width}) float32, the vector of {NETWORK}'s network"
    )
    return placed(source, proto, out, found, taken, **_who(source))


def graph_of(swap: _Swap, size: int) -> onnx.ModelProto:
    """Raises InputError if no file can hold it."""
    taken = {TARGET: torch.zeros(2, 3, size, size), SOURCE: torch.ones(2, len(swap.model.centre))}
    with torch.no_grad():
        given = OUTPUTS[: len(swap(*taken.values()))]
    return traced(swap, taken, given)


class _Swap(nn.Module):
    """As the engine swaps, as a plain function of tensors."""

    def __init__(self, model: OpenModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, target: Tensor, source: Tensor) -> tuple[Tensor, ...]:
        made = self.model.swap(target, self.model.codes(source))
        return (made.rgb,) if made.mask is None else (made.rgb, made.mask)


def _plain(source: Source) -> OpenModel:
    """Raises InputError if the networks see more than a target and a vector."""
    model, name = source.model, source.card.model
    more = ""
    if not isinstance(model, OpenModel) or isinstance(model, LatentModel | FsGanModel | SeesPortraits):
        more = "reference pictures"
    elif isinstance(model, HearModel):
        more = "the vector of the target's own face, for its second stage"
    elif model.supervision.prior != "none":
        more = f"a picture of the identity on the target's mesh (prior: {model.supervision.prior})"
    if not isinstance(model, OpenModel) or more:
        raise InputError(
            f"'{name}' needs {more}, and ONNX swappers are given a target and a vector",
            hint="Export a simswap, cihn, ipgan or first stage of faceshifter that was trained with prior: none",
        )
    return model


def _check_nobody(card: PackageCard) -> None:
    """Raises InputError if there are people whose consent each run would have to ask for: a file has no roster."""
    real = card.roster.real if card.roster else 0
    if real or card.everybody:
        people = ", ".join(card.everybody) or f"{real} people"
        raise InputError(
            f"'{card.model}' has learned {people} who exist, and an ONNX file has no roster by which they are asked",
            hint="Use the package itself, or export a model that has learned only made-up people",
        )


def _who(source: Source) -> dict[str, str]:
    """Metadata: the network that vectors come from, and what was learned from."""
    one = network(NETWORK)
    seal = source.card.roster
    assert seal is not None, "what has none was refused"
    roster = packages.roster_in(source.package, seal.sha256)
    generators = dict.fromkeys(each.name for one in roster.collections for each in one.generators)
    tests = "".join(f"; record {one.record} is for tests" for one in roster.collections if one.is_test_record)
    return {
        "identity_network": one.name,
        "identity_sha256": models.card(one.weights[0]).sha256,
        "trained_on": f"pictures of {seal.people} made-up people ({', '.join(generators)})",
        "consent": f"none needed: nobody in it exists{tests}",
    }


def _tried(swap: _Swap, size: int) -> Iterator[Mapping[str, Tensor]]:
    """Targets as ``samples`` has them, each with a vector that lies as far from the center as people's do."""
    numbers = torch.Generator().manual_seed(1)
    centre = swap.model.centre
    for pictures in samples(size):
        away = torch.randn(len(pictures), len(centre), generator=numbers)
        yield {TARGET: pictures, SOURCE: centre + 0.5 * away / away.norm(dim=1, keepdim=True)}
