"""Reads dlib's face recognition network from its own file (``dlib_face_recognition_resnet_model_v1.dat``), without
dlib.

Source: the serialization in dlib's dnn headers (dlib.net). Integers: a control byte (low four bits: number of bytes
that follow; 0x80: negative), then those bytes, little-endian. Texts: their length, then bytes. Reals: integers m and e,
for m * 2^e. Tensors: a version, four sizes, raw float32. Aliases of tensors: a version and four sizes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import ModelError, Where

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """weight: (out, in, k, k) f32; bias: (out,) f32; the affine layer after it is folded in."""

    weight: Floats
    bias: Floats
    stride: int
    padding: int


@dataclass(frozen=True)
class Resnet:
    """The layers in order. stem: on RGB 0..255, with the file's means and scale folded in; then 3x3 max pooling of
    stride 2.

    blocks: pairs of convolutions; one whose first has a stride of 2 downsamples: its skip connection is a 2x2 mean, and
    the smaller of both is padded with zeros at the bottom, the right and the last channels. head: (256, 128), on the
    mean over all pixels.
    """

    stem: Convolution
    blocks: tuple[tuple[Convolution, Convolution], ...]
    head: Floats


def read(path: Path) -> Resnet:
    """Raises ModelError if the file contains something else."""
    try:
        return _resnet(_Reader(path.read_bytes()))
    except (ValueError, IndexError, struct.error) as error:
        raise ModelError(
            f"The file is not dlib's face recognition network: {error}",
            hint="Run `fsvfx models pull dlib_embedding`",
            where=Where(file=str(path)),
        ) from error


class _Reader:
    """A position in the file's bytes that advances."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def left(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        self._at += count
        if len(found) < count:
            raise ValueError("it ends too early")
        return found

    def integer(self) -> int:
        control = self.take(1)[0]
        size = int.from_bytes(self.take(control & 0x0F), "little")
        return -size if control & 0x80 else size

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def text(self) -> str:
        return self.take(self.integer()).decode("ascii", "replace")

    def real(self) -> float:
        mantissa, exponent = self.integers(2)
        return mantissa * 2.0**exponent

    def reals(self, count: int) -> list[float]:
        return [self.real() for _ in range(count)]

    def tensor(self) -> Floats:
        """Flat."""
        _, *sizes = self.integers(5)
        return np.frombuffer(self.take(4 * int(np.prod(sizes))), "<f4")

    def alias(self) -> list[int]:
        return self.integers(5)[1:]


def _resnet(file: _Reader) -> Resnet:
    means = _head_of_file(file)
    convolutions: list[Convolution] = []
    head: Floats | None = None
    while file.left():
        kind = file.text()
        if kind == "con_4":
            convolutions.append(_convolution(file))
        elif kind == "affine_":
            convolutions[-1] = _folded(convolutions[-1], _affine(file))
        elif kind == "fc_2":
            head = _fully_connected(file)
        elif kind in ("max_pool_2", "avg_pool_2"):
            file.integers(6)
        elif kind not in ("relu_", "add_prev_"):
            raise ValueError(f"it has a layer '{kind[:20]}'")
        _end_of_layer(file, first=len(convolutions) == 1 and kind == "con_4")
    if head is None or len(convolutions) % 2 == 0:
        raise ValueError("layers are missing")
    stem, *rest = convolutions
    return Resnet(_centred(stem, means), tuple(pairwise(rest))[::2], head)


def _head_of_file(file: _Reader) -> list[float]:
    """The part before the layers: the means of red, green and blue."""
    version, loss = file.integer(), file.text()
    if (version, loss) != (1, "loss_metric_2"):
        raise ValueError(f"it begins with '{loss[:20]}'")
    file.reals(2)
    while file.integer() != 3:  # a version per nested layer; the innermost one's is 3
        pass
    if (kind := file.text()) != "input_rgb_image_sized":
        raise ValueError(f"it takes '{kind[:30]}'")
    means = file.reals(3)
    file.integers(2)
    return means


def _end_of_layer(file: _Reader, first: bool) -> None:
    """Three flags and three empty tensors; after the first layer, the number of samples per input."""
    file.take(3)
    for _ in range(3):
        file.tensor()
    if first:
        file.integer()


def _convolution(file: _Reader) -> Convolution:
    values = file.tensor()
    _, _, _, stride, _, padding, _ = file.integers(7)
    filters, _ = file.alias(), file.alias()
    file.reals(4)
    count = int(np.prod(filters))
    return Convolution(values[:count].reshape(filters), values[count:], stride, padding)


def _affine(file: _Reader) -> tuple[Floats, Floats]:
    values = file.tensor()
    file.alias(), file.alias(), file.integer()
    gamma, beta = np.split(values, 2)
    return gamma, beta


def _fully_connected(file: _Reader) -> Floats:
    outputs, inputs = file.integers(2)
    values = file.tensor()
    file.alias(), file.alias(), file.integer(), file.reals(4)
    return values[: inputs * outputs].reshape(inputs, outputs)


def _folded(one: Convolution, affine: tuple[Floats, Floats]) -> Convolution:
    gamma, beta = affine
    return Convolution(one.weight * gamma[:, None, None, None], one.bias * gamma + beta, one.stride, one.padding)


def _centred(stem: Convolution, means: list[float]) -> Convolution:
    """Folds the means into the stem: it takes RGB 0..255; it was trained on (RGB - means) / 256. Exact, since there is
    no padding."""
    weight = stem.weight.astype(np.float64) / 256
    bias = stem.bias - np.einsum("oikl,i->o", weight, np.array(means))
    return Convolution(weight.astype(np.float32), bias.astype(np.float32), stem.stride, stem.padding)
