"""The two nets as a newcomer to PyTorch would write them from their papers: NCHW, float32, one person after the
other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pixel_shuffle

from benchmarks.plain.losses import dssim, soft_mask
from fsvfx.engines.trainable import Side


class Upscale(nn.Module):
    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4 * out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return pixel_shuffle(leaky_relu(self.conv(x), 0.1), 2)


class ResBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(self.conv2(leaky_relu(self.conv1(x), 0.2)) + x, 0.2)


def downscale(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 5, stride=2, padding=2), nn.LeakyReLU(0.1))


class Original(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            downscale(3, 128),
            downscale(128, 256),
            downscale(256, 512),
            downscale(512, 1024),
            nn.Flatten(),
            nn.Linear(4 * 4 * 1024, 1024),
            nn.Linear(1024, 4 * 4 * 1024),
            nn.Unflatten(1, (1024, 4, 4)),
            Upscale(1024, 512),
        )
        self.decoder_a = self.decoder()
        self.decoder_b = self.decoder()

    def decoder(self) -> nn.Sequential:
        last = nn.Conv2d(64, 3, 5, padding=2)
        return nn.Sequential(Upscale(512, 256), Upscale(256, 128), Upscale(128, 64), last, nn.Sigmoid())

    def forward(self, a: Side, b: Side) -> Tensor:
        rebuilt_a = self.decoder_a(self.encoder(a.warped))
        rebuilt_b = self.decoder_b(self.encoder(b.warped))
        return self.loss(rebuilt_a, a) + self.loss(rebuilt_b, b)

    def loss(self, rebuilt: Tensor, side: Side) -> Tensor:
        total = torch.zeros(())
        for mask, weight in [(side.mask, 1), (side.priority[:, :1], 3), (side.priority[:, 1:], 2)]:
            one, other = rebuilt * mask, side.target * mask
            total = total + weight * (dssim(one, other, 11) + (one - other).square().mean())
        return total


class DfEncoder(nn.Module):
    def __init__(self, e: int) -> None:
        super().__init__()
        self.down1, self.down2 = downscale(3, e), downscale(e, 2 * e)
        self.down3, self.down4 = downscale(2 * e, 4 * e), downscale(4 * e, 8 * e)

    def forward(self, x: Tensor) -> Tensor:
        x = self.down4(self.down3(self.down2(self.down1(x)))).flatten(1)
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-6)


class DfInter(nn.Module):
    def __init__(self, code: int, ae: int, side: int) -> None:
        super().__init__()
        self.dense1, self.dense2 = nn.Linear(code, ae), nn.Linear(ae, side * side * ae)
        self.upscale = Upscale(ae, ae)
        self.shape = (ae, side, side)

    def forward(self, x: Tensor) -> Tensor:
        return self.upscale(self.dense2(self.dense1(x)).unflatten(1, self.shape))


class DfDecoder(nn.Module):
    def __init__(self, ae: int, d: int, m: int) -> None:
        super().__init__()
        self.up1, self.res1 = Upscale(ae, 8 * d), ResBlock(8 * d)
        self.up2, self.res2 = Upscale(8 * d, 4 * d), ResBlock(4 * d)
        self.up3, self.res3 = Upscale(4 * d, 2 * d), ResBlock(2 * d)
        self.mask1, self.mask2 = Upscale(ae, 8 * m), Upscale(8 * m, 4 * m)
        self.mask3, self.mask4 = Upscale(4 * m, 2 * m), Upscale(2 * m, m)
        self.out1 = nn.Conv2d(2 * d, 3, 1)
        self.out2, self.out3, self.out4 = (nn.Conv2d(2 * d, 3, 3, padding=1) for _ in range(3))
        self.out_mask = nn.Conv2d(m, 1, 1)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = self.res3(self.up3(self.res2(self.up2(self.res1(self.up1(z))))))
        quads = torch.stack([self.out1(x), self.out2(x), self.out3(x), self.out4(x)], dim=2)
        mask = self.out_mask(self.mask4(self.mask3(self.mask2(self.mask1(z)))))
        return torch.sigmoid(pixel_shuffle(quads.flatten(1, 2), 2)), torch.sigmoid(mask)


class DfUd(nn.Module):
    """The defaults at 128: ae 256, e 64, d 64, mask 22."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = DfEncoder(64)
        self.inter = DfInter(8 * 8 * 8 * 64, 256, 4)
        self.decoder_a = DfDecoder(256, 64, 22)
        self.decoder_b = DfDecoder(256, 64, 22)

    def forward(self, a: Side, b: Side) -> Tensor:
        loss_a = self.loss(*self.decoder_a(self.inter(self.encoder(a.warped))), a)
        loss_b = self.loss(*self.decoder_b(self.inter(self.encoder(b.warped))), b)
        return loss_a + loss_b

    def loss(self, rebuilt: Tensor, mask: Tensor, side: Side) -> Tensor:
        soft = soft_mask(side.mask)
        one, other = rebuilt * soft, side.target * soft
        loss = 10 * dssim(one, other, int(128 / 11.6)) + 10 * (one - other).square().mean()
        return loss + 10 * (mask - side.mask).square().mean()
