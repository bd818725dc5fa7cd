"""The pictures that users' own networks take and give: how a face lies in them, their size, channels and numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import StrictModel

Node = Annotated[str, Field(min_length=1, max_length=256)]
"""An input, output or initialiser of a graph, as the file spells it."""
Template = Literal["arcface_112_v1", "arcface_112_v2", "arcface_128", "dfl_whole_face", "ffhq_512", "mtcnn_512"]
DflFace = Literal["half", "mid", "full", "whole_face", "head"]
Share = Annotated[float, Field(ge=-4, le=5)]


def _three(given: Any) -> Any:
    """A number, or a list as JSON has it."""
    if isinstance(given, list):
        return tuple(given)
    return (given, given, given) if isinstance(given, (int, float)) else given


_Mean = Annotated[float, Field(ge=-4, le=4)]
_Std = Annotated[float, Field(gt=0, le=4)]
Mean = Annotated[tuple[_Mean, _Mean, _Mean], BeforeValidator(_three)]
Std = Annotated[tuple[_Std, _Std, _Std], BeforeValidator(_three)]


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
    """How far the center is moved up, in such squares."""


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
    """What is subtracted from values in [0, 1]: one number, or one for each of red, green and blue."""
    std: Std = (1.0, 1.0, 1.0)
    """What they are then divided by. For a network that takes [0, 255] it is 0.00392156862745098."""


class FaceInput(PictureInput):
    """An input that takes faces."""

    cut: Cut
    """How the face is framed in the picture."""


class PictureOutput(StrictModel):
    """The output that gives pictures: layout and channels are the target's."""

    name: Node
    """The output's name in the file."""
    size: int | None = Field(None, ge=16, le=8192)
    """The picture's side in pixels, if it is not the target's."""
    denorm: bool = False
    """Whether the output is normalized like the input, and converted back by ``value * std + mean``; otherwise it is in
    [0, 1]."""


class MaskOutput(StrictModel):
    """An output that gives mattes in [0, 1], in the target's layout, with one channel."""

    name: Node
    """The output's name in the file."""
    of: Literal["swap", "plate"]
    """The face that it covers: the swapped one, or the plate's."""
    already_blended: bool = False
    """Whether the network has already blended its swap over the target with this mask."""
