"""``.dfm`` files of exactly DeepFaceLab's interface, as small as can be: the face that goes in comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import toy_networks
from onnx import helper
from toy_networks import Array

from fsvfx.context import Context
from fsvfx.engines.dfm import Dfm, DfmSettings
from fsvfx.packages import Packages
from schemas.network import CARDS, NetworkCard

WIDTHS = {"plate": 0.8, "swap": 0.7}
"""Shares of the picture's width that the masks have, from the left, if none are given."""


def mask(size: int, share: float) -> Array:
    """(1, S, S, 1): 1 on the left."""
    return np.repeat((np.arange(size) < share * size).astype(np.float32)[None, None, :, None], size, axis=1)


def made(
    path: Path,
    size: int = 128,
    *,
    morph: bool = False,
    tint: tuple[float, float, float] = (0, 0, 0),
    drawn: Array | None = None,
    masks: dict[str, Array] | None = None,
    batch: int | str = "n",
) -> Path:
    """Write one. tint: added, blue first. drawn: (S, S, 3), what comes out in place of the face. morph: times which
    the tint is added."""
    held = {"plate": mask(size, 1), "swap": mask(size, 1)} | (masks or {})
    add = np.array(tint, np.float32).reshape(1, 1, 1, 3) if drawn is None else drawn[None].astype(np.float32)
    faces, one = (batch, size, size, 3), (batch, size, size, 1)
    nodes = [
        helper.make_node("ReduceMean", ["in_face:0"], ["mean"], axes=[3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Mul", ["in_face:0", "keep"], ["kept"]),
        helper.make_node("Mul", ["add", "morph_value:0"] if morph else ["add", "one"], ["more"]),
        helper.make_node("Add", ["nothing", "plate"], ["out_face_mask:0"]),
        helper.make_node("Add", ["kept", "more"], ["out_celeb_face:0"]),
        helper.make_node("Add", ["nothing", "swap"], ["out_celeb_face_mask:0"]),
    ]
    tensors: dict[str, Array] = {
        **held,
        "zero": np.zeros(1, np.float32),
        "one": np.ones(1, np.float32),
        "keep": np.full(1, drawn is None, np.float32),
        "add": add,
    }
    inputs: dict[str, Any] = {"in_face:0": faces, **({"morph_value:0": (1,)} if morph else {})}
    outputs = {"out_face_mask:0": one, "out_celeb_face:0": faces, "out_celeb_face_mask:0": one}
    return toy_networks.saved(path, inputs, nodes, outputs, tensors, opset=12)


def said(path: Path, size: int, cut: Any = "whole_face", **more: Any) -> dict[str, Any]:
    """A card's statements of one."""
    lies = {"dfl": cut} if isinstance(cut, str) else cut
    target = {"input": "in_face:0", "size": size, "layout": "nhwc", "channels": "bgr", "cut": lies}
    masks = [
        {"name": "out_face_mask:0", "of": "plate"},
        {"name": "out_celeb_face_mask:0", "of": "swap"},
    ]
    common = toy_networks.said("dfm", path, size, target=target, output={"name": "out_celeb_face:0"}, masks=masks)
    return {**common, "consent": "the lead's own record", "people": ["lead"], **more}


def card(path: Path, size: int, cut: Any = "whole_face", **more: Any) -> NetworkCard:
    return CARDS["dfm"].model_validate(said(path, size, cut, **more))


def engine(file: Path, card: NetworkCard, **settings: Any) -> Dfm:
    """Of a file under its card, in a package beside it."""
    toy_networks.placed(file.parent / "packages", card, file)
    said = DfmSettings(model=card.model, sha256=card.digest, **settings)
    return Dfm(said, Context(Packages(file.parent / "packages")))
