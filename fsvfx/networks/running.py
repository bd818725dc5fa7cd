"""Networks from picture to picture: opened and checked against their cards, run on batches, boosted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.networks.boost import calm, parted, woven
from fsvfx.networks.pictures import given_to, made_by, mattes_of, shape_of, unblended
from fsvfx.networks.session import Provider, Session, Shape, session
from schemas.network import DfmCard, NetworkCard, SwapperCard
from schemas.network_pictures import MaskOutput

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Made:
    """A network's output for n faces: pictures (n, N, N, 3) in [0, 1]; mattes (n, N, N), by the face they cover."""

    pictures: F32
    mattes: Mapping[str, F32] = field(default_factory=dict)


@dataclass(frozen=True)
class FaceNetwork:
    """An open network and its card."""

    card: NetworkCard
    session: Session

    def raw(
        self, faces: F32, more: Mapping[str, F32] | None = None, *, constants: Mapping[str, float] | None = None
    ) -> list[NDArray[np.float32]]:
        """Like ``run``, but returns the network's raw output: its picture, then each mask of its card."""
        given: dict[str, NDArray[Any]] = {self.card.target.input: given_to(self.card.target, faces)}
        given |= {**(more or {}), **self._constants(constants or {})}
        return self.session.run(given, [self.card.output.name, *(mask.name for mask in self._masks)])

    @property
    def _masks(self) -> tuple[MaskOutput, ...]:
        return self.card.masks if isinstance(self.card, SwapperCard | DfmCard) else ()

    def run(
        self, faces: F32, more: Mapping[str, F32] | None = None, *, constants: Mapping[str, float] | None = None
    ) -> Made:
        """For faces (n, N, N, 3) RGB in [0, 1], with the card's N. more: additional inputs, a row for each face, or one
        for all. constants: replace the card's."""
        target, output = self.card.target, self.card.output
        pictures, *values = self.raw(faces, more, constants=constants)
        made = made_by(target, pictures, denorm=output.denorm)
        mattes: dict[str, F32] = {}
        for mask, value in zip(self._masks, values, strict=True):
            mattes[mask.of] = mattes_of(target, value)
            if mask.already_blended:
                made = unblended(made, faces, mattes[mask.of])
        return Made(made, mattes)

    def boosted(
        self,
        faces: F32,
        times: int,
        more: Mapping[str, F32] | None = None,
        *,
        constants: Mapping[str, float] | None = None,
    ) -> Made:
        """The same for faces ``times`` larger: (n, times * N, times * N, 3)."""
        if times == 1:
            return self.run(faces, more, constants=constants)
        rows = {
            name: np.repeat(value, times**2, axis=0) if len(value) > 1 else value
            for name, value in (more or {}).items()
        }
        made = self.run(parted(faces, times), rows, constants=constants)
        whole = woven(made.pictures, times)
        calmed = np.stack([np.clip(calm(each, times), 0, 1) for each in whole])
        mattes = {of: woven(matte[..., None], times)[..., 0] for of, matte in made.mattes.items()}
        return Made(calmed, mattes)

    def _constants(self, instead: Mapping[str, float]) -> dict[str, NDArray[np.float64]]:
        return {
            name: _filled(self.session.inputs[name].shape, instead.get(name, value))
            for name, value in self.card.constants.items()
        }


def opened(
    package: Path,
    card: NetworkCard,
    *,
    provider: Provider = "auto",
    device: str = "cpu",
    more: Mapping[str, Shape | None] | None = None,
) -> FaceNetwork:
    """The package's network. more: inputs other than the picture and the constants, and their shapes; None: any.

    Raises ModelError if the file differs, or does not match its card; MachineError for the provider.
    """
    held = session(package, card.file, provider=provider, precision=card.precision, device=device)
    target, output = card.target, card.output
    inputs = {**dict.fromkeys(card.constants), **(more or {}), target.input: shape_of(target)}
    outputs: dict[str, Shape | None] = {output.name: shape_of(target, size=output.size)}
    if isinstance(card, SwapperCard | DfmCard):
        outputs |= {mask.name: shape_of(target, 1, output.size) for mask in card.masks}
    held.check(inputs, outputs)
    return FaceNetwork(card, held)


def _filled(shape: tuple[int | None, ...], value: float | tuple[float, ...]) -> NDArray[np.float64]:
    sizes = [1 if size is None else size for size in shape]
    if isinstance(value, tuple):
        return np.asarray(value, np.float64).reshape(sizes)
    return np.full(sizes, value, np.float64)
