"""Encoder, inter and decoder of DeepFaceLab's SAEHD family, with its variants -u -d -t -c."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from fsvfx.engines.autoencoder.blocks import Activation, Down, Residual, ToPicture, Up, cosine, leaky, pixel_norm
from fsvfx.engines.trainable import Prediction


@dataclass(frozen=True)
class Plan:
    """Sizes of a family member.

    resolution: of the pictures. e, d, m: channels of encoder, decoder and mask decoder at their widest layer. u: unit
    codes. doubled (-d): the decoder's last doubling happens in the output layer. t: deeper, with residual blocks. act:
    the activation of -c.
    """

    resolution: int
    ae: int
    e: int
    d: int
    m: int
    variant: str = ""

    @property
    def unit_code(self) -> bool:
        return "u" in self.variant

    @property
    def doubled(self) -> bool:
        return "d" in self.variant

    @property
    def deep(self) -> bool:
        return "t" in self.variant

    @property
    def act(self) -> Activation:
        return cosine if "c" in self.variant else leaky

    @property
    def code(self) -> int:
        """Length of the encoder's flat code."""
        side = self.resolution // (32 if self.deep else 16)
        return side * side * 8 * self.e

    @property
    def lowest(self) -> int:
        """Height of the inter's first feature map."""
        return self.resolution // (32 if self.doubled else 16)


class Encoder(nn.Module):
    """Pictures (b, 3, R, R) to codes (b, n)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        e, act = plan.e, plan.act
        widths = [e, 2 * e, 4 * e, 8 * e, 8 * e] if plan.deep else [e, 2 * e, 4 * e, 8 * e]
        layers: list[nn.Module] = [Down(before, after, act) for before, after in zip([3, *widths], widths)]
        if plan.deep:
            layers = [layers[0], Residual(e, act), *layers[1:], Residual(8 * e, act)]
        self.layers = nn.Sequential(*layers)
        self.unit_code = plan.unit_code

    def forward(self, pictures: Tensor) -> Tensor:
        code: Tensor = self.layers(pictures).flatten(1)
        return pixel_norm(code) if self.unit_code else code


class Inter(nn.Module):
    """Codes (b, n) through the bottleneck to the decoder's input (b, out, side, side)."""

    def __init__(self, plan: Plan, out: int) -> None:
        super().__init__()
        self.shape = (out, plan.lowest, plan.lowest)
        self.squeeze = nn.Linear(plan.code, plan.ae)
        self.spread = nn.Linear(plan.ae, out * plan.lowest**2)
        self.up: nn.Module = nn.Identity() if plan.deep else Up(out, out, plan.act)

    def forward(self, code: Tensor) -> Tensor:
        grown: Tensor = self.up(self.spread(self.squeeze(code)).unflatten(1, self.shape))
        return grown


class Decoder(nn.Module):
    """The inter's feature map (b, channels, side, side) to a face and its mask."""

    def __init__(self, plan: Plan, channels: int) -> None:
        super().__init__()
        times = [8, 8, 4, 2] if plan.deep else [8, 4, 2]
        act = plan.act
        self.face = _stack(channels, [k * plan.d for k in times], act, residual=True)
        masks = [k * plan.m for k in (*times, 1)] if plan.doubled else [k * plan.m for k in times]
        self.mask = _stack(channels, masks, act, residual=False)
        self.to_rgb = ToPicture(2 * plan.d, 3, doubled=plan.doubled)
        self.to_mask = ToPicture(masks[-1], 1)

    def forward(self, x: Tensor) -> Prediction:
        return Prediction(self.to_rgb(self.face(x)), self.to_mask(self.mask(x)))


def _stack(channels: int, widths: list[int], act: Activation, *, residual: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip([channels, *widths], widths):
        layers.append(Up(before, after, act))
        if residual:
            layers.append(Residual(after, act))
    return nn.Sequential(*layers)
