"""One iteration, in the configured precision: each turn of the model minimizes its terms over its own weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm

from fsvfx.engines.trainable import Model
from fsvfx.errors import InputError
from fsvfx.training.optimisers import optimiser_of, rate_at
from schemas.trainer import TrainerSettings

Losses = Callable[[Any, str], dict[str, Tensor]]
_HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Loop:
    """A model and its optimizers, one for each turn. ``losses``: the model's forward, or a wrapper around it."""

    def __init__(
        self, model: Model[Any], settings: TrainerSettings, precision: Precision, losses: Losses | None = None
    ) -> None:
        self.model, self.settings, self.precision = model, settings, precision
        self.losses: Losses = losses or model
        self.paces = {turn: model.pace(turn) for turn in model.turns()}
        self.optimisers = {
            turn: optimiser_of(settings, model.parameters_of(turn), pace.betas) for turn, pace in self.paces.items()
        }
        self._moved: set[int] | None = None

    def iterate(self, batch: Any, step: int) -> dict[str, Tensor]:
        """The iteration after ``step`` of them: its terms, named ``turn/term``, and the norm of each gradient.

        Turns that are skipped in this iteration have none.
        """
        self.model.advance(step)
        batch = self.precision.batch(batch)
        terms: dict[str, Tensor] = {}
        for turn, pace in self.paces.items():
            if step >= pace.begins and (step - pace.begins) % pace.every == 0:
                terms |= self._turn(turn, batch, pace.rate * rate_at(step, self.settings))
        self.precision.scaler.update()
        return terms

    def state(self) -> dict[str, Any]:
        """The state of the optimizers, by the weights' names."""
        names = {id(weight): name for name, weight in self.model.named_parameters()}
        moments = {
            turn: {names[id(weight)]: state for weight, state in optimiser.state.items()}
            for turn, optimiser in self.optimisers.items()
        }
        return {"kind": self.settings.optimiser, "moments": moments, "scaler": self.precision.scaler.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises InputError if the optimizer differs."""
        if state["kind"] != self.settings.optimiser:
            raise InputError(
                f"The checkpoint was made with optimiser {state['kind']}, the settings say {self.settings.optimiser}",
                hint=f"Set optimiser: {state['kind']}, or train in another folder",
            )
        weights = dict(self.model.named_parameters())
        for turn, moments in state["moments"].items():
            if turn not in self.optimisers:
                continue  # its adversary was switched off
            for name, moment in moments.items():
                self.optimisers[turn].state[weights[name]] = {
                    key: _beside(weights[name], value) for key, value in moment.items()
                }
        if state["scaler"] and self.precision.scaler.is_enabled():
            self.precision.scaler.load_state_dict(state["scaler"])

    def _turn(self, turn: str, batch: Any, rate: float) -> dict[str, Tensor]:
        optimiser = self.optimisers[turn]
        moved = self.model.parameters_of(turn, random_warp=self.settings.random_warp)
        self._own(moved)
        with self.precision.autocast():
            terms = self.losses(batch, turn)
        total = torch.stack([term.float() for term in terms.values()]).sum()
        self.precision.scaler.scale(total).backward()  # type: ignore[no-untyped-call]
        length = self._length(turn, moved)
        for group in optimiser.param_groups:
            group["lr"] = rate
        self.precision.scaler.step(optimiser)
        optimiser.zero_grad(set_to_none=True)
        return {f"{turn}/{name}": term.detach() for name, term in terms.items()} | length

    def _own(self, moved: Iterable[nn.Parameter]) -> None:
        """Only these get gradients."""
        wanted = {id(weight) for weight in moved}
        if wanted != self._moved:
            for weight in self.model.parameters():
                weight.requires_grad_(id(weight) in wanted)
            self._moved = wanted

    def _length(self, turn: str, moved: list[nn.Parameter]) -> dict[str, Tensor]:
        """The gradient's norm before clipping; none in fp16, whose scaler skips infinite ones."""
        self.precision.scaler.unscale_(self.optimisers[turn])
        if self.settings.clip is not None:
            length = clip_grad_norm_(moved, self.settings.clip)
        elif not self.precision.scaler.is_enabled():
            length = get_total_norm([weight.grad for weight in moved if weight.grad is not None])
        return {} if self.precision.scaler.is_enabled() else {f"{turn}/gradient": length}


def _beside(weight: nn.Parameter, value: Any) -> Any:
    """A saved moment in the weight's device and layout."""
    if isinstance(value, Tensor) and value.shape == weight.shape and value.ndim:
        return torch.empty_like(weight, dtype=value.dtype).detach().copy_(value)
    return value


class Precision:
    """A device and the settings of numeric precision on it. Raises InputError if the device does not support them."""

    def __init__(self, settings: TrainerSettings, device: str) -> None:
        self.device = torch.device(device)
        self.half = _HALVES.get(settings.amp)
        self.layout = torch.channels_last if settings.channels_last else torch.contiguous_format
        if self.device.type == "cuda" and settings.amp == "bf16" and not torch.cuda.is_bf16_supported():
            raise InputError("This GPU does not support bf16", hint="Use amp: fp16 or off")
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=settings.amp == "fp16")
        """Keeps fp16's gradients in range. It skips steps to find the range."""

    def autocast(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, dtype=self.half, enabled=self.half is not None)

    def place(self, model: nn.Module) -> None:
        """Onto the device, in its layout."""
        model.to(self.device)
        for parameter in model.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=self.layout)

    def batch(self, batch: Any) -> Any:
        """Onto the device, in its layout."""
        moved: Any = self._moved(batch)
        return moved

    def _moved(self, part: Any) -> Any:
        """Moves tensors in any of the mappings and dataclasses that make up a model's batches."""
        if isinstance(part, Tensor):
            layout = self.layout if part.ndim == 4 else torch.preserve_format
            return part.to(self.device, memory_format=layout, non_blocking=True)
        if isinstance(part, Mapping):
            return {name: self._moved(value) for name, value in part.items()}
        if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{field.name: self._moved(getattr(part, field.name)) for field in fields(part)})
        return part
