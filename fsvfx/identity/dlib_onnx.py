"""dlib's network as an ONNX graph, for onnxruntime on one thread: 7 to 9 ms a face."""

from __future__ import annotations

from typing import Any

import numpy as np

from fsvfx.identity import onnx_file
from fsvfx.identity.dlib_file import Convolution, Resnet

INPUT, OUTPUT = "chips", "vectors"


def session(network: Resnet, size: int) -> Any:
    """An ``onnxruntime.InferenceSession``: (n, 3, size, size) f32 RGB 0..255 -> (n, 128) f32."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph(network, size), options, providers=["CPUExecutionProvider"])


def graph(network: Resnet, size: int) -> bytes:
    """The bytes of an ONNX file."""
    made = _Graph()
    side = _after(size, 7, network.stem)
    here = made.add("Relu", made.convolve(INPUT, network.stem))
    here = made.add("MaxPool", here, kernel_shape=[3, 3], strides=[2, 2])
    side = (side - 3) // 2 + 1
    for first, second in network.blocks:
        here, side = _block(made, here, side, first, second)
    mean = made.add("Flatten", made.add("GlobalAveragePool", here))
    made.nodes.append(onnx_file.node("MatMul", (mean, made.tensor(network.head)), OUTPUT))
    given, result = onnx_file.value(INPUT, 3, size, size), onnx_file.value(OUTPUT, network.head.shape[1])
    return onnx_file.model(made.nodes, made.tensors, given, result)


def _block(made: _Graph, here: str, side: int, first: Convolution, second: Convolution) -> tuple[str, int]:
    inner = _after(side, 3, first)
    long = made.convolve(made.add("Relu", made.convolve(here, first)), second)
    short, outer = here, side
    if first.stride == 2:
        short, outer = made.add("AveragePool", here, kernel_shape=[2, 2], strides=[2, 2]), side // 2
    larger = max(inner, outer)
    channels = first.weight.shape[0] - first.weight.shape[1]
    long = made.padded(long, 0, larger - inner)
    short = made.padded(short, channels, larger - outer)
    return made.add("Relu", made.add("Add", long, short)), larger


def _after(side: int, kernel: int, one: Convolution) -> int:
    return (side + 2 * one.padding - kernel) // one.stride + 1


class _Graph:
    """Nodes and weights so far; every result has a name."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def add(self, op: str, *inputs: str, **attributes: int | list[int]) -> str:
        name = f"r{len(self.nodes)}"
        self.nodes.append(onnx_file.node(op, inputs, name, **attributes))
        return name

    def tensor(self, values: Any) -> str:
        name = f"w{len(self.tensors)}"
        self.tensors.append(onnx_file.tensor(name, values))
        return name

    def convolve(self, here: str, one: Convolution) -> str:
        kernel = list(one.weight.shape[2:])
        weights = self.tensor(one.weight), self.tensor(one.bias)
        return self.add("Conv", here, *weights, kernel_shape=kernel, strides=[one.stride] * 2, pads=[one.padding] * 4)

    def padded(self, here: str, channels: int, pixels: int) -> str:
        if not channels and not pixels:
            return here
        after = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)
        return self.add("Pad", here, self.tensor(after))
