"""``onnx_swapper``: a user's own ONNX network that puts anybody's face on the target's, run under its card."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue

from fsvfx.engines.contract import EngineSettings, FaceBatch, Family, Identity, Unserved
from fsvfx.engines.own_network import NetworkSettings, OwnNetwork
from fsvfx.errors import InputError, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.networks.running import Made
    from fsvfx.networks.session import Shape
    from fsvfx.networks.vectors import Vectors
    from schemas.network import NetworkCard, SwapperCard
    from schemas.network_identity import VectorSource

    F32 = NDArray[np.float32]


class OnnxSwapperSettings(NetworkSettings):
    """Settings of ``onnx_swapper``."""

    likeness: float = Field(0.5, ge=0, le=1)
    """Above 0.5: away from the plate's face, below: towards it; FaceFusion's weight. For networks that take vectors."""
    away: float = Field(0.0, ge=0, le=1)
    """How much of the plate's face is subtracted from the identity; VisoMaster's likeness. For the same networks."""


@dataclass(frozen=True)
class Given:
    """The identity: (1, d), a vector before it is mapped or converted, or (1, N, N, 3) RGB in [0, 1]."""

    value: F32
    figures: Mapping[str, JsonValue] = field(default_factory=dict)


class OnnxSwapper(OwnNetwork[Given]):
    """A network that somebody else has trained, such as inswapper, run as its card declares.

    Several reference pictures are averaged as vectors; networks that take a picture get the best one.
    """

    name: ClassVar[str] = "onnx_swapper"
    version: ClassVar[int] = 3
    family: ClassVar[Family] = "any_to_any"
    summary: ClassVar[str] = "anybody for anybody, by your own ONNX network: inswapper, hyperswap, SimSwap and others"
    source: ClassVar[str] = "the network's own, as its card says"
    runs: ClassVar[Literal["swapper", "dfm"] | None] = "swapper"
    prepares_by: ClassVar[tuple[str, ...] | None] = ("model", "sha256", "provider")
    Settings: ClassVar[type[EngineSettings]] = OnnxSwapperSettings

    settings: OnnxSwapperSettings
    card: SwapperCard

    @classmethod
    def unserved(cls, settings: EngineSettings, card: NetworkCard) -> Iterator[Unserved]:
        """Settings for vectors, if the network takes none; vectors of a network that this version of fsvfx lacks."""
        assert isinstance(settings, OnnxSwapperSettings)
        if card.kind != "swapper":
            return
        if card.identity.kind == "vector":
            yield from _unknown(card.identity)
            return
        for name, is_said in (("likeness", settings.likeness != 0.5), ("away", settings.away != 0)):
            if is_said:
                what = f"The network '{card.model}' takes a picture of the identity, so {name} has no effect"
                yield Unserved(name, what, "Remove it")

    @cached_property
    def vectors(self) -> Vectors | None:
        """The processing of the card's vectors, checked; None if it takes a picture. Raises ModelError."""
        from fsvfx.networks.vectors import Vectors
        from schemas.network_identity import VectorSource

        said = self.card.identity
        if not isinstance(said, VectorSource):
            return None
        way = Vectors(self.package, self.card.file, said, self.settings.provider, self.device)
        way.check(self.network.session.inputs[said.input].shape)
        return way

    def further(self) -> dict[str, Shape | None]:
        from fsvfx.networks.pictures import shape_of
        from schemas.network_identity import PictureSource

        said = self.card.identity
        return {said.input: shape_of(said) if isinstance(said, PictureSource) else None}

    def prepare(self, identity: Identity, size: int) -> Given:
        """Raises InputError if there is no usable picture, ModelError if a network is missing or does not fit."""
        from fsvfx.engines.open_set import worth_of

        if not len(identity.crops):
            raise identity.no_pictures
        worth, way = worth_of(identity), self.vectors
        if way is None:
            return self._picture(identity, int(worth.argmax()))
        try:
            mean = way.mean(self._of(identity, way), worth)
        except ValueError as error:
            raise identity.no_pictures from error
        told: dict[str, JsonValue] = {"identity_pictures": mean.pictures, "identity_left_out": mean.left_out}
        if way.same_person is None and mean.pictures > 1:
            told["identity_threshold"] = "not measured"
        return Given(mean.vector[None], told)

    def made(self, pictures: F32, faces: FaceBatch, prepared: Given) -> Made:
        source = self._source(faces, prepared)
        return self.network.boosted(pictures, self.settings.boost, {self.card.identity.input: source})

    def figures(self, prepared: Given) -> dict[str, JsonValue]:
        return {**super().figures(prepared), **prepared.figures}

    def _of(self, identity: Identity, way: Vectors) -> F32:
        """(m, d) of the references; those of the stages' own network are already known."""
        from fsvfx.engines.open_set import vectors_of

        return vectors_of(identity, way.own.name) if way.own else way.taken(identity.crops, identity.landmarks)

    def _picture(self, identity: Identity, best: int) -> Given:
        """The best reference, in the network's input form."""
        from fsvfx.networks.pictures import cut_faces
        from schemas.network_identity import PictureSource

        said, one = self.card.identity, slice(best, best + 1)
        assert isinstance(said, PictureSource)
        return Given(cut_faces(identity.crops[one], identity.landmarks[one], said.cut, said.size).pictures)

    def _source(self, faces: FaceBatch, prepared: Given) -> F32:
        """The identity input of the network: one row, or one per face."""
        from fsvfx.networks.pictures import given_to
        from schemas.network_identity import PictureSource

        said, way = self.settings, self.vectors
        if isinstance(self.card.identity, PictureSource):
            return given_to(self.card.identity, prepared.value)
        assert way is not None
        ready = way.ready(prepared.value)
        if said.likeness == 0.5 and not said.away:
            return ready
        plate = way.of(faces.crops[faces.wanted], faces.landmarks[faces.wanted])
        return weighted(ready, plate, said.likeness, said.away, way.centre)


def _unknown(said: VectorSource) -> Iterator[Unserved]:
    """fsvfx's own identity network, if it is not the one that the card names."""
    if said.net.network is None:
        return
    from fsvfx.networks.vectors import registered

    try:
        registered(said.net)
    except (InputError, ModelError) as error:
        yield Unserved("model", error.what, error.hint)


def weighted(identity: F32, plate: F32, likeness: float, away: float, centre: F32 | float = 0.0) -> F32:
    """Vectors (n, d) of the identity (1, d), moved away from or towards those of the plate's faces (n, d).

    likeness: FaceFusion's weight w, ``v (1 - a) + t a`` with a from .35 to -.35. away: VisoMaster's, ``v - f t``,
    relative to ``centre`` (d,). Both vectors have gone through the same map or converter.
    """
    share = 0.35 - 0.7 * likeness
    moved: F32 = (identity * (1 - share) + plate * share - away * (plate - centre)).astype(identity.dtype)
    return moved
