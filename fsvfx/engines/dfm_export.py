"""A package's networks for one person as a ``.dfm``: DeepFaceLab's interface, which DeepFaceLive opens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn

from fsvfx.engines.exporting import Exported, opened_for, placed, whose
from fsvfx.engines.older_opset import older
from fsvfx.engines.onnx_graph import furthest, samples, traced
from fsvfx.engines.trainable import ClosedModel
from fsvfx.errors import InputError
from fsvfx.faces.geometry import crop_matrix
from fsvfx.faces.topology import CANONICAL
from fsvfx.networks.dfl_cuts import coverage_of
from fsvfx.printable import counted

if TYPE_CHECKING:
    import onnx

SUFFIX: Final = ".dfm"
INPUT: Final = "in_face:0"
OUTPUTS: Final = ("out_face_mask:0", "out_celeb_face:0", "out_celeb_face_mask:0")
"""The input face's mask, the swapped face, its mask: tools expect them in this order."""


def export(package: Path, out: Path, *, person: str | None = None, force: bool = False) -> Exported:
    """Write the swap to ``person`` (None: the package's first, the identity) to ``out``.

    ``in_face:0`` is (n, R, R, 3) BGR in [0, 1], any n; the output face has the same form, the masks are (n, R, R, 1).
    The input face's mask comes from the other person's decoder, as in DeepFaceLab's export. In opset 12 if its nodes
    can be expressed there, else in onnx_export's.

    Raises InputError (it has learned no masks or is of more than two people, an unknown person, ``out`` is there
    already, too large), ModelError (the package is broken), MachineError (the file would not agree with torch, or
    can't be written; an optional package is missing).
    """
    pair = opened_for(package, out, person, force=force)
    model, size = pair.model, pair.model.resolution
    made = _Dfm(model, pair.person, _other(pair.person, model))
    made.check_masks()
    proto = graph_of(made, size)
    proto = older(proto) or proto
    found = furthest(proto.SerializeToString(), made, ({INPUT: _as_taken(each)} for each in samples(size)))
    taken = f"{INPUT}: (n, {size}, {size}, 3) float32 BGR in [0, 1], aligned as fsvfx aligns"
    more = {**whose(pair), "face_type": "whole_face", "deepfacelive": deepfacelive()}
    return placed(pair.source, proto, out, found, taken, **more)


def graph_of(made: nn.Module, size: int) -> onnx.ModelProto:
    """Raises InputError if no file can hold it."""
    return traced(made, {INPUT: torch.zeros(2, size, size, 3)}, OUTPUTS)


def deepfacelive() -> str:
    """Settings of DeepFaceLive's face aligner that frame faces as fsvfx's crops do."""
    mesh = np.column_stack([CANONICAL[:, :2] * (20, -20) + 300, CANONICAL[:, 2]])
    coverage, right, down = coverage_of(crop_matrix(mesh, 1024), mesh, 1024)
    return f"coverage {coverage:.1f}, x offset {right:.2f}, y offset {down:.2f}"


class _Dfm(nn.Module):
    """The swap, and the masks by both people's decoders."""

    def __init__(self, model: ClosedModel, person: str, other: str) -> None:
        super().__init__()
        self.model, self.person, self.other = model, person, other

    def check_masks(self) -> None:
        """Raises InputError if there are none."""
        side = self.model.resolution
        with torch.no_grad():
            learned = self.model.predict(torch.zeros(1, 3, side, side), self.person).mask is not None
        if not learned:
            raise InputError(
                "A .dfm has masks, and this model has learned none",
                hint="Export it as .onnx, or train df or liae",
            )

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pictures = faces.permute(0, 3, 1, 2).flip(1)
        swap, own = self.model.predict(pictures, self.person), self.model.predict(pictures, self.other)
        assert swap.mask is not None
        assert own.mask is not None
        return _given(own.mask), _given(swap.rgb.flip(1)), _given(swap.mask)


def _other(person: str, model: ClosedModel) -> str:
    others = [each for each in model.people if each != person]
    if len(others) != 1:
        raise InputError(
            f"A .dfm is made from a pair, and this model has learned {counted(len(model.people), 'person', 'people')}",
            hint="Export it as .onnx",
        )
    return others[0]


def _given(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 2, 3, 1)


def _as_taken(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 2, 3, 1).contiguous()
