"""Torch modules as ONNX graphs, and the difference of their output from torch's."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from fsvfx.errors import InputError

if TYPE_CHECKING:
    import onnx

OPSET = 18
"""The first whose Resize averages when shrinking, as the comb's levels need it."""
_MOST = (1 << 31) - (1 << 20)
"""Bytes. Protobuf, ONNX's format, is limited to 2 GiB."""


def traced(module: nn.Module, taken: Mapping[str, Tensor], given: Sequence[str]) -> onnx.ModelProto:
    """The graph of a module in opset OPSET. taken: an example of each input by name, one row per picture, in the
    module's order; any number of rows. given: the outputs' names.

    Raises InputError if no file can hold it.
    """
    inputs = tuple(taken.values())
    rows = torch.export.Dim("n")
    with _quiet(), torch.no_grad():  # with gradients it takes three times as long
        traced = torch.export.export(module, inputs, dynamic_shapes=tuple({0: rows} for _ in inputs))
        program = torch.onnx.export(
            traced, dynamo=True, opset_version=OPSET, input_names=[*taken], output_names=given, verbose=False
        )
    assert program is not None
    size = sum(weight.const_value.nbytes for weight in program.model.graph.initializers.values() if weight.const_value)
    if size > _MOST:
        raise InputError(
            f"The networks have {size / 2**30:.1f} GiB of weights, and an ONNX file holds 2",
            hint="Export a model of smaller dims",
        )
    return program.model_proto


def furthest(content: bytes, module: nn.Module, tried: Iterable[Mapping[str, Tensor]]) -> float:
    """The largest difference between a graph's and a module's outputs for some inputs, in the same order."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    worst = torch.zeros(())
    for inputs in tried:
        with torch.inference_mode():
            wanted = module(*inputs.values())
        found = session.run(None, {name: value.numpy() for name, value in inputs.items()})
        for got, want in zip(found, wanted, strict=True):
            worst = torch.maximum(worst, (torch.from_numpy(got) - want).abs().max())
    return float(worst)


def samples(size: int) -> Iterator[Tensor]:
    """One of noise, three of soft colors, black and white: two batch sizes that differ from the traced one."""
    numbers = torch.Generator().manual_seed(0)
    yield torch.rand(1, 3, size, size, generator=numbers)
    coarse = torch.rand(3, 3, 6, 6, generator=numbers)
    soft = interpolate(coarse, (size, size), mode="bicubic").clamp(0, 1)
    yield torch.cat([soft, torch.zeros(1, 3, size, size), torch.ones(1, 3, size, size)])


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own deprecations and of packages that are not needed."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
