"""Users' own networks, as small as their interfaces allow, and cards for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fsvfx import packages
from fsvfx.digests import sha256_of
from schemas.network import CARDS, NetworkCard

ARCFACE = "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"
FLOAT, HALF, DOUBLE = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE
Shape = Sequence[int | str]
Array = np.ndarray[Any, Any]


def saved(
    path: Path,
    inputs: Mapping[str, Shape],
    nodes: Sequence[onnx.NodeProto],
    outputs: Mapping[str, Shape],
    tensors: Mapping[str, Array] | None = None,
    *,
    types: Mapping[str, int] | None = None,
    opset: int = 13,
    data: str = "",
) -> Path:
    """Write a graph of these. types: of inputs that are not float32. data: a file beside it for the tensors."""
    kinds = types or {}
    graph = helper.make_graph(
        list(nodes),
        "toy",
        [helper.make_tensor_value_info(name, kinds.get(name, FLOAT), shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kinds.get(name, FLOAT), shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in (tensors or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    if data:
        onnx.save(model, path, save_as_external_data=True, location=data, size_threshold=0)
    else:
        onnx.save(model, path)
    return path


def echo(path: Path, size: int = 32, *, batch: int | str = 1, target: str = "target", output: str = "output") -> Path:
    """Gives its picture back; ``source`` (1, 512) has no say."""
    shape = (batch, 3, size, size)
    nodes = [
        helper.make_node("ReduceMean", ["source"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Reshape", ["nothing", "one"], ["flat"]),
        helper.make_node("Add", [target, "flat"], [output]),
    ]
    tensors: dict[str, Array] = {"zero": np.zeros(1, np.float32), "one": np.array([1], np.int64)}
    return saved(path, {target: shape, "source": (1, 512)}, nodes, {output: shape}, tensors)


def file_of(path: Path, *data: Path) -> dict[str, Any]:
    """As a card has it: by its name, beside the card."""
    said = {"path": path.name, "sha256": sha256_of(path), "size": path.stat().st_size}
    return {**said, "data": [file_of(each) for each in data]} if data else said


def said(kind: str, path: Path, size: int, **more: Any) -> dict[str, Any]:
    """A card's statements of a network that takes pictures of ``size``."""
    common = {
        "kind": kind,
        "model": path.stem,
        "file": file_of(path),
        "licence": "MIT",
        "commercial_use": True,
        "source": "made for tests",
        "trained_on": "nothing",
        "consent": "nobody is in it",
        "target": {
            "input": "target",
            "size": size,
            **({"cut": {"template": "arcface_128"}} if kind != "upscaler" else {}),
        },
        "output": {"name": "output"},
    }
    if kind == "swapper":
        common["identity"] = {"kind": "vector", "input": "source", "net": {"sha256": ARCFACE}, "length": "unit"}
    return {**common, **more}


def card(kind: str, path: Path, size: int, **more: Any) -> NetworkCard:
    return CARDS[kind].model_validate(said(kind, path, size, **more))


def placed(root: Path, made: NetworkCard, file: Path, *data: Path) -> Path:
    """The package of a card and its files."""
    return packages.place_network(root, made, {each.name: each for each in (file, *data)})
