"""One training iteration of each contestant: the same net, weights, pictures and Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from fsvfx.engines.autoencoder.df_model import DfModel
from fsvfx.engines.autoencoder.original_model import OriginalModel
from fsvfx.engines.autoencoder.settings import DfSettings, OriginalSettings
from fsvfx.engines.trainable import Batch, Model, Side
from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

PAIR = ("a", "b")
Iteration = Callable[[], float]
"""Trains once; returns the loss before the step."""


def model_of(net: str) -> Model:
    torch.manual_seed(0)
    return OriginalModel(OriginalSettings(), PAIR) if net == "original" else DfModel(DfSettings(variant="ud"), PAIR)


def pictures(size: int, count: int) -> Batch:
    """Smooth colors under a square mask."""
    made = torch.Generator().manual_seed(1)
    sides = {}
    for person in PAIR:
        small = torch.rand(count, 3, 8, 8, generator=made)
        target = torch.nn.functional.interpolate(small, (size, size), mode="bicubic").clamp(0, 1)
        mask, priority = torch.zeros(count, 1, size, size), torch.zeros(count, 2, size, size)
        mask[..., size // 6 : -size // 6, size // 6 : -size // 6] = 1
        priority[:, 0, size // 3 : size // 2, size // 4 : -size // 4] = 1
        priority[:, 1, size // 2 : -size // 4, size // 3 : -size // 3] = 1
        sides[person] = Side(target, target, mask, priority)
    return sides


def ours(net: str, count: int, device: str, **values: Any) -> Iteration:
    """The trainer's loop, including its gradient checks."""
    model = model_of(net)
    settings = TrainerSettings(iterations=1000, **({"optimiser": "adam"} | values))
    precision = Precision(settings, device)
    precision.place(model)
    loop = Loop(model, settings, precision)
    batch = precision.batch(pictures(model.resolution, count))

    def iterate() -> float:
        terms = loop.iterate(batch, 0)
        return float(sum(term for name, term in terms.items() if not name.endswith("/gradient")))

    return iterate


def plain_torch(net: str, count: int, device: str) -> Iteration:
    from benchmarks.plain.torch_nets import DfUd, Original

    model, weights = Original() if net == "original" else DfUd(), model_of(net)
    _same_shapes([each.shape for each in model.parameters()], weights)
    with torch.no_grad():
        for weight, other in zip(model.parameters(), weights.parameters()):
            weight.copy_(other)
    model.to(device)
    batch = Precision(TrainerSettings(iterations=1), device).batch(pictures(weights.resolution, count))
    optimiser = torch.optim.Adam(model.parameters(), 5e-5)

    def iterate() -> float:
        optimiser.zero_grad()
        loss = model(batch["a"], batch["b"])
        loss.backward()
        optimiser.step()
        return loss.item()

    return iterate


def on_keras(net: str, count: int, _device: str) -> Iteration:
    """As in Keras' guide to training loops in PyTorch; Keras uses a GPU if it finds one."""
    import keras

    from benchmarks.plain.keras_nets import Net

    model, weights = Net(net), model_of(net)
    values = [_keras_way(each) for each in weights.parameters()]
    _same_shapes([torch.Size(each.shape) for each in model.in_order], values)
    for weight, value in zip(model.in_order, values):
        weight.assign(value.numpy())
    sides = [
        [keras.ops.convert_to_tensor(part.permute(0, 2, 3, 1).contiguous().numpy()) for part in vars(side).values()]
        for side in pictures(weights.resolution, count).values()
    ]
    optimiser = keras.optimizers.Adam(5e-5)

    def iterate() -> float:
        model.zero_grad()
        loss = model.call(*sides)
        loss.backward()
        gradients = [weight.value.grad for weight in model.in_order]
        with torch.no_grad():
            optimiser.apply(gradients, model.in_order)
        return loss.item()

    return iterate


RACERS = {"ours": ours, "torch": plain_torch, "keras": on_keras}


def _keras_way(weight: Tensor) -> Tensor:
    value = weight.detach()
    if value.ndim == 4:
        return value.permute(2, 3, 1, 0)
    return value.t() if value.ndim == 2 else value


def _same_shapes(found: list[torch.Size], wanted: Model | list[Tensor]) -> None:
    shapes = [each.shape for each in (wanted if isinstance(wanted, list) else wanted.parameters())]
    if found != shapes:
        raise ValueError(f"not the same net: {found} against {shapes}")
