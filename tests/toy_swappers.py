"""Swappers of exactly the interfaces of the networks that people own, which give back what they get.

Each takes who goes in as the real one does, and lays it over its picture with a small weight: a flat colour of the
vector's first three numbers, or the mean colour of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import toy_networks
from onnx import TensorProto, helper, numpy_helper
from toy_networks import Array, file_of

from fsvfx.context import Context
from fsvfx.engines.onnx_swapper import OnnxSwapper, OnnxSwapperSettings
from fsvfx.packages import Packages
from schemas.network import NetworkCard

LENGTH = 512
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALF = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])


@dataclass(frozen=True)
class Row:
    """A row of the tables: names, sizes, ranges."""

    name: str
    size: int
    template: str
    mean_std: tuple[list[float], list[float]] | None = None
    inputs: tuple[str, str] = ("target", "source")
    output: str = "output"
    denorm: bool = False
    identity: dict[str, Any] = field(default_factory=dict)
    converter: bool = False
    adapter: bool = False
    """Its own ArcFace and a second network, both of faces as FFHQ's cut has them, whose vectors are added."""
    mask: str = ""
    picture: int = 0
    opset: int = 13
    half: bool = False
    batch: int | str = 1


TERMS = {"licence": "OpenRAIL-MS", "commercial_use": True}
ADAPTERS = 71
"""Of the adapter's numbers every 71st is picked."""
UNIT = {"length": "unit"}
RAW = {"length": "raw"}
LONG = {**RAW, "converter": {"unit_after": False}}
BUFFER = {"initializer": "buff2fs", "shape": [LENGTH, LENGTH]}
EMAP = {**UNIT, "map": {**BUFFER, "unit_after": True}}
FF_EMAP = {**UNIT, "map": {**BUFFER, "unit_after": False}}

ROWS = (
    Row("inswapper_128", 128, "arcface_128", identity=EMAP),
    Row("inswapper_128_fp16", 128, "arcface_128", identity=FF_EMAP, half=True),
    Row("hyperswap_256", 256, "arcface_128", HALF, denorm=True, identity=UNIT, mask="mask"),
    Row("simswap_256", 256, "arcface_112_v1", IMAGENET, identity=RAW, converter=True),
    Row("simswap_512", 512, "arcface_112_v1", identity=RAW, converter=True),
    Row("ghost_256", 256, "arcface_112_v1", HALF, denorm=True, identity=LONG, converter=True),
    Row("hififace_256", 256, "mtcnn_512", HALF, denorm=True, identity=RAW, converter=True, mask="mask"),
    Row("blendswap_256", 256, "ffhq_512", picture=112),
    Row("uniface_256", 256, "ffhq_512", HALF, denorm=True, picture=256),
    Row("simswap_vm_512", 512, "arcface_128", inputs=("input", "onnx::Gemm_1"), identity=UNIT),
    Row("ghost_vm_256", 256, "arcface_128", HALF, output="1165", denorm=True, identity=RAW),
    Row("instyleswapper_256", 256, "arcface_128", identity=EMAP),
    Row("phase1_256", 256, "arcface_128", inputs=("target256", "source"), output="p2_refined", identity=EMAP),
    Row("reswapper_128", 128, "arcface_128", identity=EMAP, opset=11, batch="n"),
    Row("cscs_256", 256, "ffhq_512", HALF, ("input_1", "input_2"), denorm=True, identity=RAW, adapter=True),
    Row("unknown_64", 64, "arcface_112_v2", batch="batch", opset=17, identity=UNIT),
)
"""What ``toy_networks.said`` is told of each, and what its file has."""


def emap() -> Array:
    """Neither symmetric nor of unit rows: what is multiplied the wrong way round comes out otherwise."""
    return np.random.default_rng(5).standard_normal((LENGTH, LENGTH)).astype(np.float32) / 8


def made(row: Row, folder: Path, *, share: float = 0.0) -> NetworkCard:
    """The row's file in ``folder``, and its card. share: how much of the result is the colour of who goes in."""
    file = folder / f"{row.name}.onnx"
    _write(row, file, share)
    mean, std = row.mean_std or ([0.0] * 3, [1.0] * 3)
    said: dict[str, Any] = {
        "target": {
            "input": row.inputs[0],
            "size": row.size,
            "mean": mean,
            "std": std,
            "cut": {"template": row.template},
        },
        "output": {"name": row.output, "denorm": row.denorm},
        "identity": _identity(row, folder),
    }
    if row.mask:
        said["masks"] = [{"name": row.mask, "of": "swap", "already_blended": row.name.startswith("hyperswap")}]
    return toy_networks.card("swapper", file, row.size, **said)


def _identity(row: Row, folder: Path) -> dict[str, Any]:
    if row.picture:
        template = "arcface_112_v2" if row.picture == 112 else "ffhq_512"
        return {"kind": "picture", "input": row.inputs[1], "size": row.picture, "cut": {"template": template}}
    said = {"kind": "vector", "input": row.inputs[1], "net": {"sha256": toy_networks.ARCFACE}, **row.identity}
    if row.converter:
        said["converter"] = {
            **TERMS,
            "unit_after": True,
            **file_of(converter(folder)),
            **row.identity.get("converter", {}),
        }
    if row.adapter:
        said |= {"net": _of_ffhq(arcface(folder, "own")), "added": _of_ffhq(arcface(folder, "adapter", ADAPTERS))}
    return said


def _of_ffhq(file: Path) -> dict[str, Any]:
    """A further network in a card."""
    given = file_of(file)
    return {"sha256": given["sha256"], "file": {**TERMS, **given}, "cut": {"template": "ffhq_512"}}


def converter(folder: Path) -> Path:
    """Twice the vector's numbers, turned round."""
    turn = np.ascontiguousarray(np.eye(LENGTH, dtype=np.float32)[::-1] * 2)
    nodes = [helper.make_node("MatMul", ["input", "turn"], ["output"])]
    shape = (1, LENGTH)
    return toy_networks.saved(folder / "crossface.onnx", {"input": shape}, nodes, {"output": shape}, {"turn": turn})


def arcface(folder: Path, name: str = "arcface", step: int = 73) -> Path:
    """ArcFace's interface: 512 of a picture's numbers, every 73rd of them, so that other pictures are others."""
    picks = np.arange(LENGTH, dtype=np.int64) * step
    nodes = [
        helper.make_node("Reshape", ["input.1", "flat"], ["all"]),
        helper.make_node("Gather", ["all", "picks"], ["683"], axis=1),
    ]
    tensors = {"flat": np.array([0, -1], np.int64), "picks": picks}
    given, result = {"input.1": ("None", 3, 112, 112)}, {"683": ("None", LENGTH)}
    return toy_networks.saved(folder / f"{name}.onnx", given, nodes, result, tensors)


def _write(row: Row, file: Path, share: float) -> None:
    target, source = row.inputs
    kind = TensorProto.FLOAT16 if row.half else TensorProto.FLOAT
    number = np.float16 if row.half else np.float32
    shape: tuple[int | str, ...] = (row.batch, 3, row.size, row.size)
    who: tuple[int | str, ...] = (row.batch, 3, row.picture, row.picture) if row.picture else (row.batch, LENGTH)
    tensors: dict[str, Array] = {"keep": np.array(1 - share, number), "share": np.array(share, number)}
    nodes, shown = [], target
    given = source
    if row.half:  # inputs and outputs stay float32
        nodes += [helper.make_node("Cast", [name], [f"{name}_half"], to=kind) for name in (target, source)]
        shown, given = f"{target}_half", f"{source}_half"
    if row.picture:
        nodes.append(helper.make_node("ReduceMean", [given], ["colour"], axes=[2, 3], keepdims=1))
    else:
        tensors |= {"three": np.arange(3, dtype=np.int64), "flat": np.array([-1, 3, 1, 1], np.int64)}
        nodes += [
            helper.make_node("Gather", [given, "three"], ["first"], axis=1),
            helper.make_node("Reshape", ["first", "flat"], ["colour"]),
        ]
    nodes += [
        helper.make_node("Mul", [shown, "keep"], ["kept"]),
        helper.make_node("Mul", ["colour", "share"], ["laid"]),
    ]
    result = "whole" if row.half else row.output
    nodes.append(helper.make_node("Add", ["kept", "laid"], [result if row.denorm or not row.mean_std else "normal"]))
    if row.mean_std and not row.denorm:  # it gives [0, 1] by itself
        tensors |= {
            name: np.array(each, number).reshape(1, 3, 1, 1) for name, each in zip(("mean", "std"), row.mean_std)
        }
        nodes.append(helper.make_node("Mul", ["normal", "std"], ["wide"]))
        nodes.append(helper.make_node("Add", ["wide", "mean"], [result]))
    if row.half:
        nodes.append(helper.make_node("Cast", ["whole"], [row.output], to=TensorProto.FLOAT))
    outputs = {row.output: shape}
    if row.mask:
        tensors["disc"] = disc(row.size)[None, None]
        nodes += [helper.make_node("Identity", ["disc"], [row.mask])]
        outputs[row.mask] = (1, 1, row.size, row.size)
    if "map" in row.identity:  # no node uses it, and others come after it
        tensors |= {"buff2fs": emap().astype(number), "last": np.array(3, np.float32)}
    toy_networks.saved(file, {target: shape, source: who}, nodes, outputs, tensors, opset=row.opset)


def engine(folder: Path, card: NetworkCard, **settings: Any) -> OnnxSwapper:
    """Of a card whose files lie in ``folder``."""
    toy_networks.placed(folder / "packages", card, *(folder / file.path for file in card.files))
    said = OnnxSwapperSettings(model=card.model, sha256=card.digest, **settings)
    return OnnxSwapper(said, Context(Packages(folder / "packages")))


def disc(size: int) -> Array:
    """A soft disc in the middle."""
    y, x = np.mgrid[:size, :size] / (size - 1) - 0.5
    return np.asarray(np.clip((0.42 - np.hypot(x, y)) / 0.06, 0, 1), np.float32)


def reordered(file: Path) -> None:
    """The same network with its initialisers in another order."""
    model = onnx.load(file)
    held = [numpy_helper.to_array(one) for one in model.graph.initializer]
    names = [one.name for one in model.graph.initializer]
    del model.graph.initializer[:]
    for name, value in reversed(list(zip(names, held, strict=True))):
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    onnx.save(model, file)
