"""The networks of ``original``: one encoder, a decoder for each of two people, at 64 px."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.autoencoder.blocks import Down, Up
from fsvfx.engines.autoencoder.losses import dssim, squared
from fsvfx.engines.autoencoder.settings import OriginalSettings
from fsvfx.engines.trainable import Batch, ClosedModel, Prediction, Side, initialise

_WINDOW = 11


class OriginalModel(ClosedModel):
    """The first deepfakes autoencoder: everything that passes the shared encoder comes out as the decoder's person."""

    resolution = 64

    def __init__(self, settings: OriginalSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.settings = settings
        self.people = people
        self.encoder = nn.Sequential(
            *(Down(before, after) for before, after in zip((3, 128, 256, 512), (128, 256, 512, 1024))),
            nn.Flatten(),
            nn.Linear(4 * 4 * 1024, 1024),
            nn.Linear(1024, 4 * 4 * 1024),
            nn.Unflatten(1, (1024, 4, 4)),
            Up(1024, 512),
        )
        self.decoders = nn.ModuleList(_decoder() for _ in people)
        initialise(self)

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        sides = [batch[person] for person in self.people]
        codes = self.encoder(torch.cat([side.warped for side in sides]))
        parts = torch.split(codes, [len(side.warped) for side in sides])
        made = [decoder(part) for decoder, part in zip(self.decoders, parts)]
        return {person: self._side(rgb, side) for person, rgb, side in zip(("identity", "performer"), made, sides)}

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        return Prediction(self.decoders[self.people.index(person)](self.encoder(pictures)), None)

    def restart(self) -> None:
        initialise(self.encoder[5])
        initialise(self.encoder[6])

    def _side(self, rgb: Tensor, side: Side) -> Tensor:
        eyes, mouth = side.priority[:, :1], side.priority[:, 1:]
        weighted = ((side.mask, 1.0), (eyes, self.settings.eyes), (mouth, self.settings.mouth))
        loss = rgb.new_zeros(())
        for where, weight in weighted:
            shown, wanted = rgb * where, side.target * where
            loss = loss + weight * (dssim(shown, wanted, _WINDOW) + squared(shown, wanted))
        return loss


def _decoder() -> nn.Sequential:
    return nn.Sequential(Up(512, 256), Up(256, 128), Up(128, 64), nn.Conv2d(64, 3, 5, padding=2), nn.Sigmoid())
