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

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from schemas.base import FilePath, Name, Sha256, StrictModel, Text, forbids_commercial_use

Node = Annotated[str, Field(min_length=1, max_length=256)]
"""An input, output or initialiser of a graph, as the file spells it."""
Template = Literal["arcface_112_v1", "arcface_112_v2", "arcface_128", "dfl_whole_face", "ffhq_512", "mtcnn_512"]
DflFace = Literal["half", "mid", "full", "whole_face", "head"]
Share = Annotated[float, Field(ge=-4, le=5)]
Kind = Literal["swapper", "dfm", "restorer", "upscaler"]
Length = Literal["raw", "unit"]


def _three(given: Any) -> Any:
    """A number, or a list as JSON has it."""
    if isinstance(given, list):
        return tuple(given)
    return (given, given, given) if isinstance(given, (int, float)) else given


_Mean = Annotated[float, Field(ge=-4, le=4)]
_Std = Annotated[float, Field(gt=0, le=4)]
Mean = Annotated[tuple[_Mean, _Mean, _Mean], BeforeValidator(_three)]
Std = Annotated[tuple[_Std, _Std, _Std], BeforeValidator(_three)]


class FileOnDisk(StrictModel):
    """A file, by what is in it."""

    path: FilePath
    """Where it lies: beside the card, or absolute. It is not part of the card's digest."""
    sha256: Sha256
    """The sha256 of its bytes."""
    size: int = Field(gt=0)
    """Its size in bytes."""


class OnnxFile(FileOnDisk):
    """An ONNX file."""

    data: tuple[FileOnDisk, ...] = Field((), max_length=64)
    """The files that hold its weights, if they are not in it. They lie in the file's own folder, or below it."""


class LicensedFile(OnnxFile):
    """An ONNX file with terms of its own."""

    licence: Text
    """What it may be used for, in the words of whoever made it."""
    commercial_use: bool | None
    """Whether it may be used commercially; null: nothing says."""

    @property
    def allows_commercial_use(self) -> bool | None:
        """By what it says of it, and by its licence's words; None: nothing says."""
        return False if forbids_commercial_use(self.licence) else self.commercial_use


_WIDE = {
    "arcface_112_v1": 1.2, "arcface_112_v2": 1.15, "arcface_128": 1.15, "dfl_whole_face": 1.15, "ffhq_512": 1.4,
    "mtcnn_512": 1.3, "half": 1.0, "mid": 1.0, "full": 1.0, "whole_face": 1.2, "head": 2.1,
}  # fmt: skip
"""Measured: what 99 in 100 of 697 faces need, one in nine of them turned by more than 25 degrees."""
_WIDE_POINTS = 1.4
_WIDE_FACEMESH = 0.6
"""For each unit of coverage, measured likewise."""


class FaceMeshCut(StrictModel):
    """As DeepFaceLive cuts: the mesh's points that hardly move, laid on the unit square of brows, eyes, nose, mouth."""

    coverage: float = Field(2.2, gt=0.5, le=6)
    """The side, in such squares."""
    up: float = Field(0.08, ge=-1, le=1)
    """How far the centre is moved up, in such squares."""


class Cut(StrictModel):
    """How a face lies in a network's picture. Exactly one of these."""

    template: Template | None = None
    """Five points of the face at the places that this published template has."""
    points: tuple[tuple[Share, Share], ...] | None = Field(None, min_length=5, max_length=5)
    """The same at other places: x, y as shares of the side; the eye at the picture's left, the other one, the tip of
    the nose, the corners of the mouth at the left and at the right."""
    dfl: DflFace | None = None
    """As DeepFaceLab's extractor cuts this face type."""
    facemesh: FaceMeshCut | None = None
    """As DeepFaceLive cuts."""
    aligned: Literal[True] | None = None
    """As fsvfx cuts: the whole of its own crops. So do networks that `fsvfx models export` has written."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for _, value in self) != 1:
            raise ValueError("a cut is exactly one of template, points, dfl, facemesh and aligned")
        return self

    @property
    def wide(self) -> float:
        """How many times as wide as fsvfx's own crops the pictures are that it may be cut from."""
        if self.facemesh is not None:
            return max(1.0, _WIDE_FACEMESH * self.facemesh.coverage + 2 * abs(self.facemesh.up - 0.08) * 0.5)
        if self.points is not None:
            return _WIDE_POINTS
        return _WIDE.get(str(self.template or self.dfl), 1.0)


class PictureInput(StrictModel):
    """An input that takes pictures, in display-referred light: ``(value - mean) / std`` of values in [0, 1]."""

    input: Node
    """The input's name in the file."""
    size: int = Field(ge=16, le=2048)
    """The picture's side in pixels."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    """The order of its axes."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """The order of its channels."""
    mean: Mean = (0.0, 0.0, 0.0)
    """What is subtracted of values in [0, 1]: one number, or one for each of red, green and blue."""
    std: Std = (1.0, 1.0, 1.0)
    """What they are then divided by. Of a network that wants [0, 255] it is 0.00392156862745098."""


class FaceInput(PictureInput):
    """An input that takes faces."""

    cut: Cut
    """How the face lies in the picture."""


class PictureSource(FaceInput):
    """The identity as a picture: the best of the references."""

    kind: Literal["picture"] = "picture"
    """The identity is given as a picture."""


_OF_OWN = {"sha256", "network"}
"""What a card says of one of fsvfx's own identity networks."""


class IdentityNet(StrictModel):
    """The network that vectors come from; its pictures are ArcFace's unless the card says otherwise."""

    sha256: Sha256
    """The sha256 of its file. The ArcFace of this machine has to be this file, unless ``file`` names another."""
    same_as: tuple[Sha256, ...] = Field((), max_length=16)
    """Other files with the same weights."""
    file: LicensedFile | None = None
    """A network of its own, in place of this machine's ArcFace."""
    network: Name | None = None
    """One of fsvfx's own identity networks, such as `dlib`, in place of ArcFace. How its pictures are and at which
    distance two are one person's is known, so the card says nothing of it but the sha256 of its weights."""
    size: int = Field(112, ge=16, le=512)
    """The picture's side in pixels."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """The order of the picture's channels."""
    mean: Mean = (0.5, 0.5, 0.5)
    """What is subtracted of values in [0, 1]."""
    std: Std = (0.5, 0.5, 0.5)
    """What they are then divided by."""
    cut: Cut = Cut(template="arcface_112_v2")
    """How the face lies in the picture."""
    same_person: float | None = Field(None, gt=0, le=2)
    """The distance of unit vectors below which two pictures count as one person's, as `fsvfx models measure` found it
    for this very network: references beyond it are left out. Default: it was not measured, and none is left out."""

    @model_validator(mode="after")
    def _own_file(self) -> Self:
        if self.file is not None and self.file.sha256 != self.sha256:
            raise ValueError("sha256 and file.sha256 differ; write the file's in both places")
        said = {name for name, field in type(self).model_fields.items() if getattr(self, name) != field.default}
        spare = sorted(said - _OF_OWN)
        if self.network is not None and spare:
            raise ValueError(f"{', '.join(spare)} can't be said of fsvfx's own network '{self.network}'")
        return self

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what does not count."""
        said: dict[str, Any] = handler(self)
        return said if self.network is None else {name: value for name, value in said.items() if name in _OF_OWN}


class VectorMap(StrictModel):
    """A matrix in the file that vectors are multiplied by before they go in: inswapper's emap."""

    initializer: Node
    """Its name in the file."""
    shape: tuple[Annotated[int, Field(ge=1, le=8192)], Annotated[int, Field(ge=1, le=8192)]]
    """Rows (the vector's numbers) and columns (the input's)."""
    unit_after: bool
    """Whether the product is brought to length 1."""


class Converter(LicensedFile):
    """A network that turns vectors of one kind into another kind."""

    unit_after: bool
    """Whether what it gives is brought to length 1."""


class VectorSource(StrictModel):
    """The identity as a vector."""

    kind: Literal["vector"] = "vector"
    """The identity is given as a vector."""
    input: Node
    """The input's name in the file."""
    net: IdentityNet
    """The network that it comes from."""
    added: IdentityNet | None = None
    """A second network: the vectors of both are brought to length 1 and added."""
    length: Length
    """Whether the vector is brought to length 1 before anything else is done with it."""
    map: VectorMap | None = None
    """A matrix in the file that it is multiplied by."""
    converter: Converter | None = None
    """A network that converts it."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.map is not None and self.converter is not None:
            raise ValueError("a vector goes through a map or through a converter, not both")
        return self


Source = Annotated[PictureSource | VectorSource, Field(discriminator="kind")]


class PictureOutput(StrictModel):
    """The output that gives pictures: layout and channels are the target's."""

    name: Node
    """The output's name in the file."""
    size: int | None = Field(None, ge=16, le=8192)
    """The picture's side in pixels, if it is not the target's."""
    denorm: bool = False
    """Whether values come as they went in, and are brought back: ``value * std + mean``; else they are in [0, 1]."""


class MaskOutput(StrictModel):
    """An output that gives mattes in [0, 1], in the target's layout, with one channel."""

    name: Node
    """The output's name in the file."""
    of: Literal["swap", "plate"]
    """The face that it covers: the swapped one, or the plate's."""
    already_blended: bool = False
    """Whether the network has laid its swap over the target by this mask itself."""


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
    """What it may be used for, in the words of whoever made it."""
    commercial_use: bool | None
    """Whether it may be used commercially; null: nothing says."""
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
    """The lowest precision that a provider may reckon in. Networks with norms written out smear in fp16."""

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
