"""TensorFlow.js graphs in torch: the dozen operations used by the supported networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fsvfx.errors import ModelError
from fsvfx.identity.tfjs_file import Graph, Node


class TorchGraph(nn.Module):
    """Runs a graph on a batch of pictures (n, H, W, 3); internally pictures use torch's layout."""

    def __init__(self, graph: Graph, output: str) -> None:
        """output: the node whose value is returned. Raises ModelError for an unknown operation."""
        super().__init__()
        self.output = output
        self.nodes = _up_to(output, graph.nodes)
        if unknown := sorted({node.op for node in self.nodes} - {*_OPERATIONS, "Placeholder"}):
            raise ModelError(
                f"The network has operations that fsvfx does not know: {', '.join(unknown)}",
                hint="Run `fsvfx models pull` again; if that doesn't help, report it",
            )
        self.names = tuple(graph.weights)
        for place, values in enumerate(graph.weights.values()):
            self.register_buffer(f"weight{place}", torch.tensor(values))

    def forward(self, pictures: Tensor) -> Tensor:
        known: dict[str, Tensor] = dict(zip(self.names, self.buffers(), strict=True))
        for node in self.nodes:
            if node.op == "Placeholder":
                known[node.name] = pictures
            else:
                known[node.name] = _OPERATIONS[node.op](node, [known[name] for name in node.inputs])
        return known[self.output]


def _up_to(output: str, nodes: Sequence[Node]) -> list[Node]:
    """The nodes that the output depends on."""
    wanted = {output}
    kept = []
    for node in reversed(nodes):
        if node.name in wanted:
            kept.append(node)
            wanted.update(node.inputs)
    return kept[::-1]


def _convolution(node: Node, given: Sequence[Tensor]) -> Tensor:
    pictures, kernel = given
    return _convolved(node, pictures, kernel.permute(3, 2, 0, 1), groups=1)


def _depthwise(node: Node, given: Sequence[Tensor]) -> Tensor:
    pictures, kernel = given
    return _convolved(node, pictures, kernel.permute(2, 3, 0, 1), groups=kernel.shape[2])


def _convolved(node: Node, pictures: Tensor, kernel: Tensor, groups: int) -> Tensor:
    """Pictures and result (n, H, W, C). TensorFlow's SAME puts the odd pixel of padding at the bottom and the right."""
    stride = node.attributes["strides"][1]
    planes = pictures.permute(0, 3, 1, 2)
    if node.attributes["padding"] == _SAME:
        planes = F.pad(planes, [side for size, k in _sides(planes, kernel) for side in _same(size, k, stride)])
    return F.conv2d(planes, kernel, stride=stride, groups=groups).permute(0, 2, 3, 1)


_SAME = "U0FNRQ=="
"""Base64 of SAME."""


def _sides(planes: Tensor, kernel: Tensor) -> list[tuple[int, int]]:
    """Sizes of picture and kernel, last axis first, as ``pad`` expects them."""
    return [(planes.shape[axis], kernel.shape[axis]) for axis in (3, 2)]


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    more = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return more // 2, more - more // 2


def _mean(node: Node, given: Sequence[Tensor]) -> Tensor:
    pictures, axes = given
    return pictures.mean(tuple(axes.flatten().tolist()), keepdim=bool(node.attributes.get("keep_dims")))


_OPERATIONS: dict[str, Callable[[Node, Sequence[Tensor]], Tensor]] = {
    "Add": lambda node, given: given[0] + given[1],
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Maximum": lambda node, given: torch.maximum(given[0], given[1]),
    "Mean": _mean,
    "Minimum": lambda node, given: torch.minimum(given[0], given[1]),
    "Mul": lambda node, given: given[0] * given[1],
    "Relu": lambda node, given: given[0].relu(),
}
