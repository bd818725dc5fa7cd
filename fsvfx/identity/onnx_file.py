"""The few messages of an ONNX file that a plain network needs (onnx.proto3 of onnx/onnx, IR version 8).

Written here so that workers need not import ``onnx`` (0.3 s) to build one small graph from given weights.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_FLOAT, _INT64 = 1, 7
_OPSET, _IR = 13, 8


def tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    """TensorProto."""
    kind = _INT64 if values.dtype == np.int64 else _FLOAT
    dims = b"".join(_number(1, size) for size in values.shape)
    raw = np.ascontiguousarray(values).tobytes()
    return b"".join([dims, _number(2, kind), _bytes(8, name.encode()), _head(9, raw), raw])


def node(op: str, inputs: Iterable[str], output: str, **attributes: int | list[int]) -> bytes:
    """NodeProto with one output, of the default domain."""
    given = b"".join(_bytes(1, name.encode()) for name in inputs)
    settings = b"".join(_bytes(5, _attribute(name, value)) for name, value in attributes.items())
    return given + _bytes(2, output.encode()) + _bytes(4, op.encode()) + settings


def model(nodes: Iterable[bytes], tensors: Iterable[bytes], given: bytes, result: bytes) -> bytes:
    """ModelProto of one graph. given, result: ``value``."""
    parts = [part for each in nodes for part in (_head(1, each), each)]
    parts += [part for each in tensors for part in (_head(5, each), each)]
    parts += [_bytes(2, b"graph"), _bytes(11, given), _bytes(12, result)]
    size = _varint(7 << 3 | 2) + _varint(sum(map(len, parts)))
    return b"".join([_number(1, _IR), _bytes(8, _number(2, _OPSET)), size, *parts])  # weights are copied once


def value(name: str, *sizes: int) -> bytes:
    """ValueInfoProto of float32; a free first size, then ``sizes``."""
    shape = _bytes(1, _bytes(2, b"n")) + b"".join(_bytes(1, _number(1, size)) for size in sizes)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, shape)))


def _attribute(name: str, given: int | list[int]) -> bytes:
    if isinstance(given, int):
        return _bytes(1, name.encode()) + _number(3, given) + _number(20, 2)
    return _bytes(1, name.encode()) + b"".join(_number(8, each) for each in given) + _number(20, 7)


def _number(field: int, given: int) -> bytes:
    return _varint(field << 3) + _varint(given)


def _bytes(field: int, given: bytes) -> bytes:
    return _head(field, given) + given


def _head(field: int, given: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(given))


def _varint(given: int) -> bytes:
    out = bytearray()
    while given > 0x7F:
        out.append(given & 0x7F | 0x80)
        given >>= 7
    return bytes([*out, given])
