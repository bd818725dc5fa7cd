"""Users' own networks: the card that says what an ONNX file is, takes and gives, and what it may be used for.

Such a package is a folder ``NAME/VERSION/`` with ``network.yaml``, the card, and the files that it names; these may
also stay where they lie. A manifest names the card by its digest, which covers the files' sha256: another statement
about the same file is another network, and its swaps have other keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Name, StrictModel, Text, forbids_commercial_use
from schemas.network_files import LicensedFile, OnnxFile
from schemas.network_identity import IdentityNet, Source, VectorSource
from schemas.network_pictures import FaceInput, MaskOutput, Node, PictureInput, PictureOutput

Kind = Literal["swapper", "dfm", "restorer", "upscaler"]
Constant = float | Annotated[tuple[float, ...], Field(min_length=1, max_length=4096)]


class _Network(StrictModel):
    """What all cards have."""

    schema_version: Literal[1] = 1
    """Version of the card format: 1."""
    model: Name
    """Name of the package and of its folder."""
    file: OnnxFile
    """The network."""
    licence: Text
    """What it may be used for, in the words of its makers."""
    commercial_use: bool | None
    """Whether it may be used commercially; null: unknown."""
    source: Text
    """Who made it, and where it comes from."""
    trained_on: Text
    """What it has learned from."""
    consent: Text
    """What is known of the consent of the people it has learned from."""
    people: tuple[Name, ...] = Field((), max_length=256)
    """People whose faces are in the weights, by their names in manifests: their consent is asked for."""
    constants: dict[Node, Constant] = Field(default_factory=dict, max_length=16)
    """Further inputs, each with what it is always given: a number for all of it, or its numbers."""
    precision: Literal["fp32", "fp16"] = "fp32"
    """The lowest precision that a provider may compute in. Networks whose norms are written out as single operations
    smear in fp16."""

    @property
    def allows_commercial_use(self) -> bool | None:
        """By what it says of it, and by its licence's words; None: nothing says."""
        return False if forbids_commercial_use(self.licence) else self.commercial_use

    @property
    def licensed(self) -> tuple[LicensedFile, ...]:
        """The files that it needs besides, with terms of their own."""
        return ()

    @property
    def files(self) -> tuple[OnnxFile, ...]:
        """All that it needs, the network first."""
        return (self.file, *self.licensed)

    @property
    def machine_nets(self) -> tuple[IdentityNet, ...]:
        """The networks of this machine, ArcFace or a pack's, by which it is told who goes in."""
        return ()

    @property
    def digest(self) -> str:
        """Hex sha256 of all that it says but where files lie; what is left out is as what is said by default."""
        said = _without_paths(self.model_dump(mode="json", exclude_defaults=True))
        text = json.dumps({"card": type(self).__name__, **said}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class SwapperCard(_Network):
    """A network that puts anybody's face on the target's: inswapper and its like."""

    kind: Literal["swapper"] = "swapper"
    """It puts a given face on the target's."""
    target: FaceInput
    """The performer's face."""
    identity: Source
    """Whose face goes in."""
    output: PictureOutput
    """The swapped face."""
    masks: tuple[MaskOutput, ...] = Field((), max_length=2)
    """Mattes that it learned."""

    @property
    def licensed(self) -> tuple[LicensedFile, ...]:
        return tuple(_licensed(self.identity)) if isinstance(self.identity, VectorSource) else ()

    @property
    def machine_nets(self) -> tuple[IdentityNet, ...]:
        nets = (self.identity.net, self.identity.added) if isinstance(self.identity, VectorSource) else ()
        return tuple(net for net in nets if net is not None and net.file is None)


class DfmCard(_Network):
    """A face that DeepFaceLab has learned, as DeepFaceLive runs it."""

    kind: Literal["dfm"] = "dfm"
    """It makes one person's face in the target's performance."""
    people: tuple[Name, ...] = Field(min_length=1, max_length=256)
    """The person whose face it makes, by the name in manifests, then others it has learned: all are asked."""
    target: FaceInput
    """The performer's face."""
    output: PictureOutput
    """The swapped face."""
    masks: tuple[MaskOutput, ...] = Field((), max_length=2)
    """Mattes that it learned."""


class RestorerCard(_Network):
    """A network that makes a face clearer: GFPGAN and its like."""

    kind: Literal["restorer"] = "restorer"
    """It makes faces clearer."""
    target: FaceInput
    """The face."""
    output: PictureOutput
    """The clearer face."""


class UpscalerCard(_Network):
    """A network that makes pictures larger."""

    kind: Literal["upscaler"] = "upscaler"
    """It makes pictures larger."""
    target: PictureInput
    """The picture; larger ones are taken in tiles of this size."""
    output: PictureOutput
    """The larger picture; its size is a multiple of the target's."""

    @model_validator(mode="after")
    def _larger(self) -> Self:
        if self.output.size is None or self.output.size % self.target.size or self.output.size <= self.target.size:
            raise ValueError("output.size must be a multiple of target.size, such as 1024 of 256")
        return self

    @property
    def times(self) -> int:
        """How many times as large."""
        return (self.output.size or 0) // self.target.size


NetworkCard = SwapperCard | DfmCard | RestorerCard | UpscalerCard
CARDS: dict[str, type[NetworkCard]] = {
    "swapper": SwapperCard,
    "dfm": DfmCard,
    "restorer": RestorerCard,
    "upscaler": UpscalerCard,
}
"""By their kinds."""


def _licensed(source: VectorSource) -> Iterator[LicensedFile]:
    for net in (source.net, source.added):
        if net is not None and net.file is not None:
            yield net.file
    if source.converter is not None:
        yield source.converter


def _without_paths(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _without_paths(value) for name, value in said.items() if name != "path"}
    if isinstance(said, list):
        return [_without_paths(value) for value in said]
    return said
