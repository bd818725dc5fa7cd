"""Trees of dicts, lists, numbers, tensors and arrays, split into JSON and tensors, and joined again."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

_TENSOR, _ARRAY, _TUPLE, _PAIRS = "$tensor", "$array", "$tuple", "$pairs"


def split(tree: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The tree as JSON; its tensors go into ``tensors`` under ``name`` and the way to them, on the CPU."""
    match tree:
        case Tensor():
            tensors[name] = tree.detach().cpu().contiguous().clone()
            return {_TENSOR: name}
        case np.ndarray():
            tensors[name] = torch.from_numpy(np.ascontiguousarray(tree))
            return {_ARRAY: name}
        case np.generic():
            return tree.item()
        case dict() if all(isinstance(key, str) and not key.startswith("$") for key in tree):
            return {key: split(value, f"{name}/{key}", tensors) for key, value in tree.items()}
        case dict():
            pairs = tree.items()
            return {_PAIRS: [[key, split(value, f"{name}/{key}", tensors)] for key, value in pairs]}
        case list() | tuple():
            parts = [split(value, f"{name}/{place}", tensors) for place, value in enumerate(tree)]
            return parts if isinstance(tree, list) else {_TUPLE: parts}
        case None | bool() | int() | float() | str():
            return tree
    raise TypeError(f"{name} is a {type(tree).__name__}, which a checkpoint can't hold")


def join(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """The opposite of ``split``. Raises KeyError for a tensor that is not there."""
    if isinstance(tree, list):
        return [join(value, tensors) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if _TENSOR in tree:
        return tensors[tree[_TENSOR]]
    if _ARRAY in tree:
        return tensors[tree[_ARRAY]].numpy()
    if _TUPLE in tree:
        return tuple(join(value, tensors) for value in tree[_TUPLE])
    if _PAIRS in tree:
        return {key: join(value, tensors) for key, value in tree[_PAIRS]}
    return {key: join(value, tensors) for key, value in tree.items()}
