"""A tiny model, a toy feed and settings for the trainer's tests."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from fsvfx.engines.trainable import Batch, ClosedModel, Pace, Prediction, Side
from schemas.trainer import TrainerSettings

PAIR = ("ada", "bea")


class ToyModel(ClosedModel):
    """An encoder and two decoders of a layer each; ``adversary``: a second turn, with weights of its own."""

    people, resolution = PAIR, 16

    def __init__(self, width: int = 4, *, adversary: bool = False) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(3, width, 3, padding=1)
        self.decoders = nn.ModuleList(nn.Conv2d(width, 3, 3, padding=1) for _ in PAIR)
        self.critic = nn.Conv2d(3, 1, 3) if adversary else None
        self.paces: dict[str, Pace] = {}

    def turns(self) -> tuple[str, ...]:
        return ("generator", "critic") if self.critic else ("generator",)

    def pace(self, turn: str) -> Pace:
        return self.paces.get(turn, Pace())

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        if turn == "critic" and self.critic:
            return list(self.critic.parameters())
        resting = [] if random_warp else list(self.decoders[1].parameters())
        own = [*self.encoder.parameters(), *self.decoders.parameters()]
        return [weight for weight in own if all(weight is not other for other in resting)]

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        made = {person: self.predict(side.warped, person).rgb for person, side in batch.items()}
        if turn == "critic" and self.critic:
            return {"critic": (self.critic(made["ada"]) - self.critic(batch["ada"].target)).mean()}
        terms = {person: (rgb - batch[person].target).square().mean() for person, rgb in made.items()}
        return terms | ({"fooled": -0.01 * self.critic(made["ada"]).mean()} if self.critic else {})

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        return Prediction(torch.sigmoid(self.decoders[PAIR.index(person)](self.encoder(pictures))), None)


def toy_model(width: int = 4, *, adversary: bool = False) -> ToyModel:
    torch.manual_seed(7)
    return ToyModel(width, adversary=adversary)


class ToyFeed:
    """Smooth colours, slightly noisy to the model; not numbers at iteration ``poisoned``."""

    def __init__(self, batch: int = 2, seed: int = 3, poisoned: int | None = None) -> None:
        self.batch, self.poisoned, self.count = batch, poisoned, 0
        self.random = torch.Generator().manual_seed(seed)

    def __next__(self) -> Batch:
        self.count += 1
        return {person: self._side() for person in PAIR}

    def state(self) -> dict[str, Any]:
        return {"random": self.random.get_state(), "count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        self.random.set_state(state["random"])
        self.count = state["count"]

    def _side(self) -> Side:
        small = torch.rand(self.batch, 3, 4, 4, generator=self.random)
        target = interpolate(small, (16, 16), mode="bilinear")
        mask = torch.zeros(self.batch, 1, 16, 16)
        mask[..., 3:13, 3:13] = 1
        warped = target + 0.01 * torch.rand(target.shape)  # of the global random numbers
        if self.count == self.poisoned:
            target = target * torch.nan
        return Side(warped, target, mask, mask.repeat(1, 2, 1, 1))


def settings(**values: Any) -> TrainerSettings:
    return TrainerSettings(**({"iterations": 4, "batch": 1, "log_every": 1, "lr": 1e-2} | values))
