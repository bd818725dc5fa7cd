"""A package's networks for one person as an ONNX file, written only if it agrees with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from fsvfx.engines.exporting import Exported, opened_for, placed, whose
from fsvfx.engines.onnx_graph import furthest, samples, traced
from fsvfx.engines.trainable import ClosedModel

if TYPE_CHECKING:
    import onnx

_INPUT = "faces"


def export(package: Path, out: Path, *, person: str | None = None, force: bool = False) -> Exported:
    """Write ``predict`` for ``person`` (None: the package's first, the identity) to ``out``.

    Its input ``faces`` is (n, 3, R, R) RGB in [0, 1], any n; its outputs are ``rgb``, of the same form, and ``mask``
    (n, 1, R, R) for models that learn one. Raises InputError (an unknown person, a model for anybody, ``out`` is there
    already, too large for a file), ModelError (the package is broken), MachineError (the file would not agree with
    torch, or can't be written; an optional package is missing).
    """
    pair = opened_for(package, out, person, force=force)
    size = pair.model.resolution
    taken = f"{_INPUT}: (n, 3, {size}, {size}) float32 RGB in [0, 1], aligned as fsvfx aligns"
    proto = graph_of(pair.model, pair.person)
    found = difference(proto.SerializeToString(), pair.model, pair.person)
    return placed(pair.source, proto, out, found, taken, **whose(pair))


def graph_of(model: ClosedModel, person: str) -> onnx.ModelProto:
    """``model.predict`` for ``person``, for any number of pictures. Raises InputError if no file can hold it."""
    pictures = torch.zeros(2, 3, model.resolution, model.resolution)
    predict = _Predict(model, person)
    with torch.no_grad():
        names = ["rgb", "mask"][: len(predict(pictures))]
    return traced(predict, {_INPUT: pictures}, names)


def difference(content: bytes, model: ClosedModel, person: str) -> float:
    """The largest difference between onnxruntime's and torch's outputs, on noise and on smooth, face-like pictures."""
    return furthest(content, _Predict(model, person), ({_INPUT: each} for each in samples(model.resolution)))


class _Predict(nn.Module):
    """``predict`` as a plain function of tensors."""

    def __init__(self, model: ClosedModel, person: str) -> None:
        super().__init__()
        self.model = model
        self.person = person

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        made = self.model.predict(faces, self.person)
        return (made.rgb,) if made.mask is None else (made.rgb, made.mask)
