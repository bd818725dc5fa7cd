"""Published kinds of networks, as their authors' and other programs run them: the facts that their files lack.

After FaceFusion 3.8, VisoMaster Fusion and insightface 2.1. A family is recognized by its file's hash, by unique
features, or by the file's name together with its shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from fsvfx.networks.files import Graph, Port

ARCFACE: Final = "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"
"""w600k_r50 of insightface's buffalo_l, the identity network of nearly all of them."""
ARCFACE_AGAIN: Final = "f1f79dc3b0b79a69f94799af1fffebff09fbd78fd96a275fd8f0cbbea23270d1"
"""The same weights, as saved again by FaceFusion."""
HASHES: Final = {
    "e4a3f08c753cb72d04e10aa0f7dbe3deebbf39567d4ead6dce08e98aa49e16af": "inswapper",
    "0fa95f167682b4f61edf24f8d66c46b4ab130e8be058f00c8150e6d0170ca72f": "inswapper",
    "c0e98a8a03a238f461ed3d2570e426b49f46745ee400854a60dceeb70c246add": "hyperswap",
}

RANGES: Final = {
    "0..1": (0.0, 1.0),
    "-1..1": (0.5, 0.5),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0..255": (0.0, 1 / 255),
}
"""Mean and std of values in [0, 1]."""


@dataclass(frozen=True)
class Family:
    """range, cut: of the target; denorm: of the output; vector: length, map, converter, for networks that take one;
    needs: additional files that the user names. licence: according to FaceFusion, and non_commercial whether that
    excludes commercial use; empty if unknown: the user is asked."""

    name: str
    kind: str
    licence: str
    non_commercial: bool
    source: str
    range: str
    cut: str
    denorm: bool
    length: str = "unit"
    unit_after: bool = True
    needs: tuple[str, ...] = ()
    source_cut: str = ""
    source_range: str = "0..1"
    blended: bool = False
    constants: dict[str, float] = field(default_factory=dict)


_IN = "github.com/deepinsight/insightface"
_SIMSWAP = ("neuralchen 2020, Non-Commercial", True, "github.com/neuralchen/SimSwap")
_GHOST = ("ai-forever 2022, Apache-2.0", False, "github.com/ai-forever/ghost")
_ALL: Final = (
    Family("inswapper", "swapper", "InsightFace 2023, Non-Commercial", True, _IN, "0..1", "arcface_128", False),
    Family("reswapper", "swapper", "", False, "github.com/somanchiu/ReSwapper", "0..1", "arcface_128", False),
    Family("instyleswapper", "swapper", "", False, "VisoMaster's models", "0..1", "arcface_128", False),
    Family(
        "hyperswap", "swapper", "FaceFusion 2025, ResearchRAIL-MS", True, "github.com/facefusion/facefusion-labs",
        "-1..1", "arcface_128", True, blended=True,
    ),
    Family("simswap", "swapper", *_SIMSWAP, "imagenet", "arcface_112_v1", False, "raw", True, ("converter",)),
    Family("simswap_unofficial", "swapper", *_SIMSWAP, "0..1", "arcface_112_v1", False, "raw", True, ("converter",)),
    Family(
        "simswap_visomaster", "swapper", *_SIMSWAP,
        "0..1", "arcface_128", False, "unit", True, ("identity_net",), source_range="imagenet",
    ),
    Family("ghost", "swapper", *_GHOST, "-1..1", "arcface_112_v1", True, "raw", False, ("converter",)),
    Family(
        "ghost_visomaster", "swapper", *_GHOST,
        "-1..1", "arcface_112_v1", True, "raw", False, ("identity_net",), source_range="-1..1",
    ),
    Family(
        "hififace", "swapper", "GuijiAI 2021, unknown", False, "github.com/GuijiAI/HiFiFace",
        "-1..1", "mtcnn_512", True, "raw", True, ("converter",),
    ),
    Family(
        "cscs", "swapper", "", False, "github.com/ICTMCG/CSCS",
        "-1..1", "ffhq_512", True, "raw", False, ("identity_net", "adapter"),
        source_cut="ffhq_512", source_range="-1..1",
    ),
    Family(
        "blendswap", "swapper", "mapooon 2023, Non-Commercial", True, "github.com/mapooon/BlendFace",
        "0..1", "ffhq_512", False, source_cut="arcface_112_v2",
    ),
    Family(
        "uniface", "swapper", "xc-csc101 2022, unknown", False, "github.com/xc-csc101/UniFace",
        "-1..1", "ffhq_512", True, source_cut="ffhq_512",
    ),
    Family("dfm", "dfm", "", False, "DeepFaceLab", "0..1", "whole_face", False),
    Family("fsvfx", "dfm", "", False, "fsvfx", "0..1", "aligned", False),
    Family("fsvfx_swapper", "swapper", "", False, "fsvfx", "0..1", "aligned", False, "raw"),
    Family(
        "codeformer", "restorer", "", False, "github.com/sczhou/CodeFormer",
        "-1..1", "ffhq_512", True, constants={"w": 0.7, "weight": 0.7},
    ),
    Family("gfpgan", "restorer", "", False, "github.com/TencentARC/GFPGAN", "-1..1", "ffhq_512", True),
    Family("restoreformer", "restorer", "", False, "github.com/wzhouxiff/RestoreFormer", "-1..1", "ffhq_512", True),
    Family("gpen", "restorer", "", False, "github.com/yangxy/GPEN", "-1..1", "ffhq_512", True),
    Family("esrgan", "upscaler", "", False, "github.com/xinntao/Real-ESRGAN", "0..1", "", False),
)  # fmt: skip
FAMILIES: Final = {one.name: one for one in _ALL}

_NAMES: Final = (
    (r"reswapper", "reswapper"),
    (r"instyle", "instyleswapper"),
    (r"inswapper", "inswapper"),
    (r"hyperswap", "hyperswap"),
    (r"simswap.*(512|unoff)", "simswap_unofficial"),
    (r"simswap", "simswap"),
    (r"ghost", "ghost"),
    (r"hififace", "hififace"),
    (r"blendswap|blendface", "blendswap"),
    (r"uniface", "uniface"),
    (r"cscs", "cscs"),
    (r"codeformer", "codeformer"),
    (r"gfpgan", "gfpgan"),
    (r"restoreformer", "restoreformer"),
    (r"gpen", "gpen"),
    (r"esrgan", "esrgan"),
)
"""File names, and the family: only if the shapes match as well."""


def family_of(graph: Graph) -> tuple[Family | None, str]:
    """The family, and how it was recognized."""
    if (name := HASHES.get(graph.sha256)) is not None:
        return FAMILIES[name], "by the file's hash"
    for name, why in _by_signature(graph):
        return FAMILIES[name], why
    called = graph.file.stem.lower()
    for pattern, name in _NAMES:
        if re.search(pattern, called) and _fits(graph, FAMILIES[name]):
            return FAMILIES[name], "by the file's name, and its inputs fit; --say family=other if it is none of them"
    return None, ""


def map_of(graph: Graph) -> tuple[str, tuple[int, int]] | None:
    """inswapper's emap: a square matrix of the vector's length that no node reads; its usual name is tried first."""
    length = next((port.length for port in graph.inputs if port.length is not None and port.length > 1), None)
    found = [name for name in graph.unused if graph.initialisers[name] == (length, length)]
    found.sort(key=lambda name: name != "buff2fs")
    return (found[0], (length or 0, length or 0)) if found else None


def pictures(graph: Graph) -> list[Port]:
    """Inputs that take pictures."""
    return [port for port in graph.inputs if port.layout is not None]


def vectors(graph: Graph) -> list[Port]:
    """Inputs that take an identity vector."""
    return [port for port in graph.inputs if port.layout is None and (port.length or 0) > 1]


def _by_signature(graph: Graph) -> Iterator[tuple[str, str]]:
    names = {port.name for port in graph.inputs}
    outputs = [port.name for port in graph.outputs]
    called = graph.file.stem.lower()
    if graph.metadata.get("fsvfx.cut") == "aligned":
        kind = "fsvfx_swapper" if vectors(graph) else "fsvfx"
        yield kind, "by its metadata: `fsvfx models export` wrote it"
    if any(name.startswith("in_face") for name in names) and any("celeb" in name for name in outputs):
        yield "dfm", "by its inputs and outputs, which have DeepFaceLab's names"
    if map_of(graph) is not None and pictures(graph):
        of_name = next((name for pattern, name in _NAMES[:3] if re.search(pattern, called)), "inswapper")
        yield of_name, f"by the matrix '{(map_of(graph) or ('',))[0]}', which no node reads: inswapper's emap"
    if "onnx::Gemm_1" in names:
        yield "simswap_visomaster", "by its input 'onnx::Gemm_1'"
    if {"781", "1165", "1549"} & {*outputs} and vectors(graph):
        yield "ghost_visomaster", f"by its output '{outputs[0]}'"
    if names == {"input_1", "input_2"} and vectors(graph):
        yield "cscs", "by its inputs 'input_1' and 'input_2'"
    sides = sorted(port.side or 0 for port in pictures(graph))
    if names == {"source", "target"} and sides == [112, 256]:
        yield "blendswap", "by its two pictures, of 112 and 256 px"
    if names == {"source", "target"} and sides == [256, 256]:
        yield "uniface", "by its two pictures of 256 px"


def _fits(graph: Graph, family: Family) -> bool:
    if family.kind == "swapper":
        return len(pictures(graph)) + len(vectors(graph)) == 2 and bool(pictures(graph)) and len(graph.inputs) == 2
    return len(pictures(graph)) == 1 and not vectors(graph)


def numbers(name: str) -> tuple[Any, Any]:
    """Mean and std of a range by its name, or of ``MEAN/STD``, each one number or three with commas.

    Raises ValueError.
    """
    if name in RANGES:
        return RANGES[name]
    mean, slash, std = name.partition("/")
    if not slash:
        raise ValueError(name)
    each = [[float(part) for part in text.split(",")] for text in (mean, std)]
    if any(len(one) not in (1, 3) for one in each):
        raise ValueError(name)
    first, second = (one[0] if len(one) == 1 else tuple(one) for one in each)
    return first, second
