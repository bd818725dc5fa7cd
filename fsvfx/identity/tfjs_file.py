"""Reads networks written by TensorFlow.js: a JSON file of nodes, and their weights in one binary file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import ModelError, Where


@dataclass(frozen=True)
class Node:
    """An operation. attributes: its parameters, as numbers, lists of numbers and text."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """nodes: ordered so that each comes after its inputs. weights: constants, by name; f32 or i32."""

    nodes: tuple[Node, ...]
    weights: Mapping[str, NDArray[Any]]


def read(graph: Path, weights: Path) -> Graph:
    """A graph model with its weights in one file, as f32, i32, or f32 stored as f16.

    Raises ModelError if the files are not such a model.
    """
    try:
        told = json.loads(graph.read_bytes())
        nodes = tuple(_node(each) for each in told["modelTopology"]["node"] if each["op"] != "Const")
        return Graph(nodes, _weights(told["weightsManifest"][0]["weights"], weights.read_bytes()))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelError(
            f"This is not a TensorFlow.js graph model that fsvfx can read: {error}",
            hint="Run `fsvfx models pull` again",
            where=Where(file=str(graph)),
        ) from error


def _node(told: Mapping[str, Any]) -> Node:
    attributes = {name: _value(value) for name, value in told.get("attr", {}).items()}
    return Node(told["name"], told["op"], tuple(told.get("input", ())), attributes)


def _value(told: Mapping[str, Any]) -> Any:
    """From protobuf's JSON, where integers are text."""
    for kind, value in told.items():
        if kind == "i":
            return int(value)
        if kind == "list":
            return [int(each) for each in value.get("i", ())] or value.get("s", [])
        return value
    return None


def _weights(told: list[Mapping[str, Any]], packed: bytes) -> dict[str, NDArray[Any]]:
    found, at = {}, 0
    for each in told:
        stored = np.dtype(each.get("quantization", each)["dtype"]).newbyteorder("<")
        count = int(np.prod(each["shape"], dtype=np.int64))
        values = np.frombuffer(packed, stored, count, at)
        found[each["name"]] = values.astype(np.dtype(each["dtype"])).reshape(each["shape"])
        at += values.nbytes
    if at != len(packed):
        raise ValueError(f"the weights are {len(packed)} bytes, but the graph expects {at}")
    return found
