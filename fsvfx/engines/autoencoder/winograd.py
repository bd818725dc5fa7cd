"""3 x 3 convolutions by Winograd's minimal filtering (Lavin and Gray 2016, arXiv 1509.09308), for training on CPUs.

Tiles of m x m positions cost (m + 2)^2 multiplications for each pair of channels instead of 9 m^2: a quarter at m = 4.
GPU libraries do this by themselves, oneDNN does not on CPUs. The same function as ``conv2d`` except for float32
rounding, which is no worse (a few 1e-6 of the result in both). Arrays here are positions x channels, channels last.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

_POINTS = {
    2: (
        ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
        ((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)),
        ((1, 1, 1, 0), (0, 1, -1, -1)),
    ),
    4: (
        ((4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
         (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1)),
        ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
         (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1)),
        ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)),
    ),
}  # fmt: skip
"""By m: the transforms of inputs, weights and products along one axis, as in the paper's sections 4.1 and 4.3."""

_FEWEST = 32
"""With fewer channels, the transforms cost more than they save."""


def tile_for(x: Tensor, weight: Tensor) -> int:
    """The fastest ``m`` for convolving ``x`` by ``weight`` (K, C, 3, 3) in a training step; 0: don't use this method.

    Measured (``benchmarks/training.py``): small pictures have few tiles, which have to pay for the transform of the
    weights.
    """
    trains = torch.is_grad_enabled() and weight.requires_grad and not torch.compiler.is_compiling()
    suits = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    if not (trains and suits and min(weight.shape[:2]) >= _FEWEST):
        return 0
    sides = x.shape[-2:]
    if min(sides) >= 16 and not any(side % 4 for side in sides):
        return 4
    return 0 if any(side % 2 for side in sides) else 2


def convolve(x: Tensor, weight: Tensor, bias: Tensor, m: int) -> Tensor:
    """``conv2d(x, weight, bias, padding=1)`` of float32 on a CPU.

    x: (b, C, H, W), sides multiples of ``m`` (2 or 4). weight: (K, C, 3, 3). Returns (b, K, H, W), channels last.
    """
    made: Tensor = _Winograd.apply(x, weight, bias, m)  # type: ignore[no-untyped-call]
    return made


class _Winograd(Function):
    """V, U, M: inputs, weights and products in Winograd's space, with (m + 2)^2 places each."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, m: int) -> Tensor:
        inputs, weights, products = _transforms(m)
        batch, _, height, width = x.shape
        v = (inputs @ _tiles(x, m)).view(len(inputs), -1, x.shape[1])
        u = _each(weights, weight.permute(0, 2, 3, 1).flatten(1, 2))
        y = products @ torch.bmm(v, u.permute(1, 2, 0)).flatten(1)
        ctx.save_for_backward(v, u)
        ctx.m, ctx.shape = m, x.shape
        placed = y.view(m, m, batch, height // m, width // m, -1).permute(2, 3, 0, 4, 1, 5)
        return placed.reshape(batch, height, width, -1).add_(bias).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        v, u = ctx.saved_tensors
        m = ctx.m
        inputs, weights, products = _transforms(m)
        grown = (products.t() @ _blocks(grad, m)).view(len(inputs), -1, grad.shape[1])
        of_x = of_weight = of_bias = None
        if ctx.needs_input_grad[1]:
            of_u = torch.bmm(grown.transpose(1, 2), v).transpose(0, 1)
            of_weight = _each(weights.t(), of_u).view(-1, 3, 3, v.shape[2]).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[0]:
            of_v = torch.bmm(grown, u.transpose(0, 1))
            of_x = _untiled(inputs.t() @ of_v.flatten(1), ctx.shape, m)
        if ctx.needs_input_grad[2]:
            of_bias = grad.sum(dim=(0, 2, 3))
        return of_x, of_weight, of_bias, None


def _tiles(x: Tensor, m: int) -> Tensor:
    """Pictures (b, C, H, W) to overlapping tiles: ((m + 2)^2, b * H/m * W/m * C)."""
    batch, channels, height, width = x.shape
    padded = x.new_zeros(batch, height + 2, width + 2, channels)
    padded[:, 1:-1, 1:-1] = x.permute(0, 2, 3, 1)
    image, row, place, _ = padded.stride()
    shape = (m + 2, m + 2, batch, height // m, width // m, channels)
    return padded.as_strided(shape, (row, place, image, m * row, m * place, 1)).reshape((m + 2) ** 2, -1)


def _untiled(tiles: Tensor, shape: torch.Size, m: int) -> Tensor:
    """The sum of overlapping tiles: the reverse of ``_tiles``."""
    batch, channels, height, width = shape
    down, across = height // m, width // m
    tiles = tiles.view(m + 2, m + 2, batch, down, across, channels).permute(2, 3, 0, 4, 1, 5)
    padded = tiles.new_zeros(batch, down + 1, m, across + 1, m, channels)
    for i in (0, 1):  # pixels beyond a tile's end belong to the next one
        for j in (0, 1):
            part = tiles[:, :, m * i : m * i + m, :, m * j : m * j + m]
            padded[:, i : i + down, : 2 if i else m, j : j + across, : 2 if j else m] += part
    whole = padded.view(batch, height + m, width + m, channels)
    return whole[:, 1 : height + 1, 1 : width + 1].permute(0, 3, 1, 2)


def _blocks(x: Tensor, m: int) -> Tensor:
    """Pictures (b, K, H, W) to tiles side by side: (m^2, b * H/m * W/m * K)."""
    batch, channels, height, width = x.shape
    parted = x.permute(0, 2, 3, 1).reshape(batch, height // m, m, width // m, m, channels)
    return parted.permute(2, 4, 0, 1, 3, 5).reshape(m * m, -1)


def _each(transform: Tensor, filters: Tensor) -> Tensor:
    """``transform`` (a, t) of every filter (K, t, C): (K, a, C)."""
    return torch.bmm(transform.expand(len(filters), *transform.shape), filters)


@lru_cache
def _transforms(m: int) -> tuple[Tensor, Tensor, Tensor]:
    """Along both axes at once: of inputs ((m+2)^2, (m+2)^2), weights ((m+2)^2, 9) and products (m^2, (m+2)^2)."""
    inputs, weights, products = (torch.tensor(each, dtype=torch.float64) for each in _POINTS[m])
    return tuple(torch.kron(each, each).float() for each in (inputs, weights, products))  # type: ignore[return-value]
