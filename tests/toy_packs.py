"""Small networks with exactly the interfaces of insightface's packs, made by onnx's own helpers."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)
FIVE = ((0.36, 0.40), (0.64, 0.40), (0.50, 0.56), (0.39, 0.72), (0.62, 0.72))
"""Where the toy detector's key points are, as shares of its boxes."""
Dim = int | str


def saved(
    file: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Sequence[Dim]],
    outputs: dict[str, Sequence[Dim]],
    weights: dict[str, np.ndarray],
    kind: int = TensorProto.FLOAT,
) -> Path:
    """Opset 11, IR 6, as most published files."""
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    onnx.checker.check_model(model)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)
    return file


def recognition(file: Path, *, numbers: int = 512, size: int = 112, batch: Dim = "n", inside: bool = False) -> Path:
    """Mean colours of an 8 x 8 grid, then a dense layer. inside: it subtracts and divides itself, as old files do."""
    grid = 3 * 64
    head = np.random.default_rng(numbers + size).normal(size=(grid, numbers)).astype(np.float32)
    nodes, given = [], "input.1"
    weights = {"head": head}
    if inside:
        nodes = [
            helper.make_node("Sub", ["input.1", "mean"], ["less"], name="Sub_0"),
            helper.make_node("Mul", ["less", "scale"], ["scaled"], name="Mul_1"),
        ]
        weights |= {"mean": np.array(127.5, np.float32), "scale": np.array(1 / 128, np.float32)}
        given = "scaled"
    nodes += [
        helper.make_node(
            "AveragePool", [given], ["grid"], "pool", kernel_shape=[size // 8] * 2, strides=[size // 8] * 2
        ),
        helper.make_node("Flatten", ["grid"], ["flat"], "flat"),
        helper.make_node("MatMul", ["flat", "head"], ["683"], "head"),
    ]
    return saved(file, nodes, {"input.1": (batch, 3, size, size)}, {"683": (batch, numbers)}, weights)


def detection(file: Path, *, keypoints: bool = True, size: Dim = "side") -> Path:
    """SCRFD's nine maps: a face wherever a cell of 32 px is bright, four cells wide and high."""
    nodes: list[onnx.NodeProto] = []
    weights: dict[str, np.ndarray] = {}
    outputs: dict[str, Sequence[Dim]] = {}
    offsets = np.ravel([(4 * x - 2, 4 * y - 2) for x, y in FIVE])
    parts = {"score": np.full(1, -20.0), "box": np.full(4, 2.0), "points": offsets}
    for part, each in parts.items():
        if part == "points" and not keypoints:
            continue
        for stride in STRIDES:
            name, numbers = f"{part}_{stride}", len(each)
            kernel = np.zeros((2 * numbers, 3, 1, 1), np.float32)
            if part == "score" and stride == 32:
                kernel[0] = 12
            bias = np.tile(each, 2).astype(np.float32)
            weights |= {f"{name}_w": kernel, f"{name}_b": bias, f"{name}_s": np.array([-1, numbers], np.int64)}
            pooled = [stride, stride]
            nodes += [
                helper.make_node("AveragePool", ["input.1"], [f"{name}_p"], kernel_shape=pooled, strides=pooled),
                helper.make_node("Conv", [f"{name}_p", f"{name}_w", f"{name}_b"], [f"{name}_c"]),
                helper.make_node("Transpose", [f"{name}_c"], [f"{name}_t"], perm=[2, 3, 0, 1]),
                helper.make_node("Reshape", [f"{name}_t", f"{name}_s"], [f"{name}_r"]),
                helper.make_node("Sigmoid" if part == "score" else "Identity", [f"{name}_r"], [name]),
            ]
            outputs[name] = ("cells", numbers)
    side = (1, 3, size, size) if isinstance(size, int) else (1, 3, "height", "width")
    return saved(file, nodes, {"input.1": side}, outputs, weights)


def landmarks(file: Path, points: np.ndarray) -> Path:
    """Always the same points (106, 2) or (68, 3), in -1 to 1 of its square."""
    count = 212 if len(points) == 106 else 3309
    flat = np.zeros(count, np.float32)
    flat[-points.size :] = points.ravel()
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["pooled"], "pool"),
        helper.make_node("Flatten", ["pooled"], ["three"], "flat"),
        helper.make_node("Gemm", ["three", "none", "points"], ["fc1"], "fc1"),
    ]
    weights = {"none": np.zeros((3, count), np.float32), "points": flat}
    return saved(file, nodes, {"data": ("None", 3, 192, 192)}, {"fc1": (1, count)}, weights)


def age_and_sex(file: Path) -> Path:
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["pooled"], "pool"),
        helper.make_node("Flatten", ["pooled"], ["fc1"], "flat"),
    ]
    return saved(file, nodes, {"data": ("None", 3, 96, 96)}, {"fc1": ("None", 3)}, {})


def circle(count: int) -> np.ndarray:
    """(count, 2 or 3) in -1 to 1."""
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = 0.5 * np.column_stack([np.cos(turns), np.sin(turns)])
    return (ring if count == 106 else np.column_stack([ring, np.zeros(count)])).astype(np.float32)


def legacy(folder: Path) -> Path:
    """As buffalo_l is: five files, told apart by their shapes."""
    recognition(folder / "w600k_r50.onnx")
    detection(folder / "det_10g.onnx")
    landmarks(folder / "2d106det.onnx", circle(106))
    landmarks(folder / "1k3d68.onnx", circle(68))
    age_and_sex(folder / "genderage.onnx")
    return folder


def newer(folder: Path, **more: object) -> Path:
    """As the packs with manifest.json, version 2; ``more`` of the recognition's entry."""
    detection(folder / "detection/model.onnx")
    file = recognition(folder / "recognition/model.onnx", numbers=256, size=128)
    told: dict[str, object] = {
        "file": "recognition/model.onnx",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "input_size": [128, 128],
        "embedding_dimension": 256,
        "preprocessing": {"mean": 100.0, "std": 50.0},
    }
    manifest = {
        "manifest_version": 2,
        "model_id": "raccoon_s",
        "license": "MODEL.LICENSE",
        "tasks": {
            "detection": {"file": "detection/model.onnx", "preprocessing": {"mean": 127.5, "std": 128.0}},
            "recognition": told | more,
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def signed(file: Path, monkeypatch: pytest.MonkeyPatch, **said: object) -> Path:
    """A MODEL.LICENSE, signed by a key that is trusted in this test; ``said`` in place of a sound one's facts."""
    pytest.importorskip("rfc8785")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from insightface.model_zoo import model_license

    key = Ed25519PrivateKey.generate()
    monkeypatch.setattr(model_license, "_trusted_keys", lambda: (key.public_key(),))
    facts = {"license_version": 1, "license_id": "lic-1", "issuer": "InsightFace", "model_id": "buffalo_l",
             "grant": "commercial", "customer": "A studio", "valid_from": "2020-01-01T00:00:00Z"} | said  # fmt: skip
    signature = key.sign(model_license.canonical_license_bytes(facts))
    whole = facts | {"signature": base64.urlsafe_b64encode(signature).decode().rstrip("=")}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(whole))
    return file
