"""Networks written by TensorFlow.js: read from small files made here, and run as TensorFlow defines the operations."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fsvfx.errors import ModelError
from fsvfx.identity.tfjs_file import read
from fsvfx.identity.tfjs_torch import TorchGraph

Weights = dict[str, NDArray[Any]]


def op(kind: str, name: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"op": kind, "name": name, "input": list(inputs), "attr": attributes}


def convolution(kind: str, name: str, *inputs: str, stride: int, padding: str = "SAME") -> dict[str, Any]:
    strides = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
    return op(kind, name, *inputs, strides=strides, padding={"s": base64.b64encode(padding.encode()).decode()})


def written(folder: Path, nodes: list[dict[str, Any]], weights: Weights, stored: str = "float32") -> tuple[Path, Path]:
    told = [
        {"name": name, "shape": list(values.shape), "dtype": str(values.dtype)}
        | ({"quantization": {"dtype": stored}} if values.dtype == np.float32 and stored != "float32" else {})
        for name, values in weights.items()
    ]
    packed = b"".join(
        values.astype(stored if values.dtype == np.float32 else values.dtype).tobytes() for values in weights.values()
    )
    constants = [op("Const", name) for name in weights]
    graph = {
        "modelTopology": {"node": [*constants, *nodes]},
        "weightsManifest": [{"paths": ["w.bin"], "weights": told}],
    }
    (folder / "g.json").write_text(json.dumps(graph))
    (folder / "w.bin").write_bytes(packed)
    return folder / "g.json", folder / "w.bin"


def ran(files: tuple[Path, Path], output: str, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(TorchGraph(read(*files), output)(torch.from_numpy(pictures)).numpy(), np.float32)


def by_hand(pictures: NDArray[Any], kernel: NDArray[Any], stride: int, depthwise: bool) -> NDArray[np.float32]:
    """SAME, as TensorFlow's documentation has it, pixel by pixel."""
    n, height, width, _ = pictures.shape
    size = kernel.shape[0]
    rows, columns = -(-height // stride), -(-width // stride)
    down, across = (max((rows - 1) * stride + size - height, 0), max((columns - 1) * stride + size - width, 0))
    padded = np.pad(pictures, ((0, 0), (down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0)))
    made = np.zeros((n, rows, columns, kernel.shape[2] if depthwise else kernel.shape[3]), np.float32)
    for y in range(rows):
        for x in range(columns):
            seen = padded[:, y * stride : y * stride + size, x * stride : x * stride + size]
            spelled = "nijc,ijc->nc" if depthwise else "nijc,ijco->no"
            made[:, y, x] = np.einsum(spelled, seen, kernel[..., 0] if depthwise else kernel)
    return made


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [8, 9])
def test_convolutions_pad_as_tensorflow_does(tmp_path: Path, depthwise: bool, stride: int, size: int) -> None:
    drawn = np.random.default_rng(size * 10 + stride)
    kernel = drawn.normal(size=(3, 3, 2, 1 if depthwise else 4)).astype(np.float32)
    pictures = drawn.normal(size=(2, size, size + 1, 2)).astype(np.float32)
    kind = "DepthwiseConv2dNative" if depthwise else "Conv2D"
    files = written(
        tmp_path, [op("Placeholder", "in"), convolution(kind, "out", "in", "k", stride=stride)], {"k": kernel}
    )
    np.testing.assert_allclose(
        ran(files, "out", pictures), by_hand(pictures, kernel, stride, depthwise), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("Add", lambda x, c: x + c),
        ("Mul", lambda x, c: x * c),
        ("Minimum", np.minimum),
        ("Maximum", np.maximum),
        ("Relu", lambda x, c: np.maximum(x, 0)),
    ],
)
def test_other_operations(tmp_path: Path, kind: str, wanted: Callable[..., Any]) -> None:
    pictures = np.linspace(-2, 2, 24, dtype=np.float32).reshape(1, 2, 4, 3)
    constant = np.array([0.5, -1, 2], np.float32)
    inputs = ("in",) if kind == "Relu" else ("in", "c")
    files = written(tmp_path, [op("Placeholder", "in"), op(kind, "out", *inputs)], {"c": constant})
    np.testing.assert_allclose(ran(files, "out", pictures), wanted(pictures, constant), rtol=1e-6)


@pytest.mark.parametrize("kept", [True, False])
def test_a_mean_over_places_from_weights_of_half_precision(tmp_path: Path, kept: bool) -> None:
    pictures = np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3)
    weights = {"axes": np.array([1, 2], np.int32), "half": np.array([0.1], np.float32)}
    nodes = [
        op("Placeholder", "in"),
        op("Mean", "mean", "in", "axes", keep_dims={"b": kept}),
        op("Mul", "out", "mean", "half"),
        op("Softmax", "unused", "out"),
    ]
    found = ran(written(tmp_path, nodes, weights, "float16"), "out", pictures)
    np.testing.assert_allclose(found, pictures.mean((1, 2), keepdims=kept) * np.float32(np.float16(0.1)), rtol=1e-5)


def test_an_unknown_operation_is_named(tmp_path: Path) -> None:
    files = written(tmp_path, [op("Placeholder", "in"), op("Softmax", "out", "in")], {})
    with pytest.raises(ModelError, match="does not know: Softmax"):
        TorchGraph(read(*files), "out")


@pytest.mark.parametrize(
    "damage",
    [
        lambda graph, weights: graph.write_text("{"),
        lambda graph, weights: graph.write_text("<html>"),
        lambda graph, weights: graph.write_text('{"modelTopology": {}}'),
        lambda graph, weights: weights.write_bytes(weights.read_bytes()[:-1]),
        lambda graph, weights: weights.write_bytes(weights.read_bytes() + b"more"),
    ],
)
def test_damaged_files_are_told(tmp_path: Path, damage: Callable[[Path, Path], Any]) -> None:
    files = written(tmp_path, [op("Placeholder", "in")], {"c": np.ones(3, np.float32)})
    damage(*files)
    with pytest.raises(ModelError, match=r"not a TensorFlow\.js graph model"):
        read(*files)
