"""How users' own swappers are told who goes in: a picture, or a vector and the networks that it comes from."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from schemas.base import Name, Sha256, StrictModel
from schemas.network_files import LicensedFile
from schemas.network_pictures import Cut, FaceInput, Mean, Node, Std

Length = Literal["raw", "unit"]


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
    """A network of its own, instead of this machine's ArcFace."""
    network: Name | None = None
    """One of fsvfx's own identity networks, such as `dlib`, instead of ArcFace. fsvfx knows its pictures and its
    distance for one person, so the card gives only the sha256 of its weights."""
    size: int = Field(112, ge=16, le=512)
    """The picture's side in pixels."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """The order of the picture's channels."""
    mean: Mean = (0.5, 0.5, 0.5)
    """What is subtracted from values in [0, 1]."""
    std: Std = (0.5, 0.5, 0.5)
    """What they are then divided by."""
    cut: Cut = Cut(template="arcface_112_v2")
    """How the face is framed in the picture."""
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
            raise ValueError(f"{', '.join(spare)} can't be set for fsvfx's own network '{self.network}'")
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
