"""The two nets in Keras, layer by layer as in ``torch_nets``; channels last, Keras' default."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from benchmarks.plain.losses import gaussian


def upscale(x: Any, out: int) -> Any:
    return shuffled(layers.LeakyReLU(0.1)(layers.Conv2D(4 * out, 3, padding="same")(x)))


def shuffled(x: Any) -> Any:
    """Depth to space."""
    height, width, channels = x.shape[1:]
    parted = layers.Reshape((height, width, channels // 4, 2, 2))(x)
    moved = layers.Permute((1, 4, 2, 5, 3))(parted)
    return layers.Reshape((2 * height, 2 * width, channels // 4))(moved)


def downscale(x: Any, out: int) -> Any:
    padded = layers.ZeroPadding2D(2)(x)
    return layers.LeakyReLU(0.1)(layers.Conv2D(out, 5, strides=2)(padded))


def res_block(x: Any, channels: int) -> Any:
    first = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 3, padding="same")(x))
    return layers.LeakyReLU(0.2)(layers.Add()([layers.Conv2D(channels, 3, padding="same")(first), x]))


def code(x: Any, narrow: int, shape: tuple[int, int, int]) -> Any:
    """Flattened in PyTorch's order, so that the same weights have the same meaning."""
    dense = layers.Dense(int(np.prod(shape)))(layers.Dense(narrow)(x))
    return layers.Permute((2, 3, 1))(layers.Reshape(shape)(dense))


def original() -> tuple[Any, Any]:
    given = layers.Input((64, 64, 3))
    x = given
    for width in (128, 256, 512, 1024):
        x = downscale(x, width)
    x = code(layers.Flatten()(layers.Permute((3, 1, 2))(x)), 1024, (1024, 4, 4))
    return keras.Model(given, upscale(x, 512)), original_decoder


def original_decoder() -> Any:
    given = layers.Input((8, 8, 512))
    x = given
    for width in (256, 128, 64):
        x = upscale(x, width)
    return keras.Model(given, layers.Conv2D(3, 5, padding="same", activation="sigmoid")(x))


def df_ud() -> tuple[Any, Any]:
    given = layers.Input((128, 128, 3))
    x = given
    for width in (64, 128, 256, 512):
        x = downscale(x, width)
    x = layers.Flatten()(layers.Permute((3, 1, 2))(x))
    x = layers.Lambda(lambda x: x * ops.rsqrt(ops.mean(ops.square(x), axis=1, keepdims=True) + 1e-6))(x)
    return keras.Model(given, upscale(code(x, 256, (256, 4, 4)), 256)), df_decoder


def df_decoder() -> Any:
    given = layers.Input((8, 8, 256))
    x = given
    for width in (512, 256, 128):
        x = res_block(upscale(x, width), width)
    mask = given
    for width in (176, 88, 44, 22):
        mask = upscale(mask, width)
    quads = [layers.Conv2D(3, 1)(x), *(layers.Conv2D(3, 3, padding="same")(x) for _ in range(3))]
    parted = [layers.Reshape((*quad.shape[1:], 1))(quad) for quad in quads]
    joined = layers.Reshape((64, 64, 12))(layers.Concatenate(axis=-1)(parted))
    rgb = layers.Activation("sigmoid")(shuffled(joined))
    return keras.Model(given, [rgb, layers.Conv2D(1, 1, activation="sigmoid")(mask)])


class Net(keras.Model):  # type: ignore[misc]
    """Encoder and two decoders; a side is (warped, target, mask, priority), channels last."""

    def __init__(self, net: str) -> None:
        super().__init__()
        self.net = net
        self.encoder, decoder = original() if net == "original" else df_ud()
        self.decoder_a, self.decoder_b = decoder(), decoder()

    @property
    def in_order(self) -> list[Any]:
        """The weights in the order of PyTorch's net: Keras lists a decoder's branches by depth, not by creation."""
        made = [self.encoder.trainable_weights]
        for decoder in (self.decoder_a, self.decoder_b):
            layers = [layer for layer in decoder.layers if layer.trainable_weights]
            layers.sort(key=lambda layer: int(layer.name.rpartition("_")[2]) if "_" in layer.name else 0)
            made += [layer.trainable_weights for layer in layers]
        return [weight for some in made for weight in some]

    def call(self, a: Any, b: Any) -> Any:
        loss = self.original_loss if self.net == "original" else self.df_loss
        made_a, made_b = self.decoder_a(self.encoder(a[0])), self.decoder_b(self.encoder(b[0]))
        return loss(made_a, *a[1:]) + loss(made_b, *b[1:])

    def original_loss(self, made: Any, target: Any, mask: Any, priority: Any) -> Any:
        total = 0.0
        for where, weight in [(mask, 1), (priority[..., :1], 3), (priority[..., 1:], 2)]:
            one, other = made * where, target * where
            total = total + weight * (dssim(one, other, 11) + ops.mean(ops.square(one - other)))
        return total

    def df_loss(self, made: Any, target: Any, mask: Any, _priority: Any) -> Any:
        rgb, found = made
        soft = ops.clip(blurred(ops.pad(mask, ((0, 0), (8, 8), (8, 8), (0, 0))), 17, 4), 0, 0.5) * 2
        one, other = rgb * soft, target * soft
        loss = 10 * dssim(one, other, 11) + 10 * ops.mean(ops.square(one - other))
        return loss + 10 * ops.mean(ops.square(found - mask))


def blurred(x: Any, size: int, sigma: float) -> Any:
    window = ops.convert_to_tensor(gaussian(size, sigma).numpy())
    kernel = ops.tile(window[:, :, None, None], (1, 1, x.shape[-1], 1))
    return ops.depthwise_conv(x, kernel, padding="valid")


def dssim(one: Any, other: Any, size: int) -> Any:
    mean, wanted = blurred(one, size, 1.5), blurred(other, size, 1.5)
    light = (2 * mean * wanted + 0.01**2) / (ops.square(mean) + ops.square(wanted) + 0.01**2)
    crossed = 2 * (blurred(one * other, size, 1.5) - mean * wanted)
    squares = blurred(ops.square(one) + ops.square(other), size, 1.5)
    similarity = light * (crossed + 0.03**2) / (squares - ops.square(mean) - ops.square(wanted) + 0.03**2)
    return ops.mean((1 - similarity) / 2)
