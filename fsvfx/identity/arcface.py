"""ArcFace from a user's file: insightface's own, or that of any pack; for research, unless licensed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.errors import InputError, ModelError
from fsvfx.identity.contract import Chip, IdentityNetwork, Square
from fsvfx.models import packs
from schemas.pack import Measured, PackNetwork

if TYPE_CHECKING:
    import torch

_CARD = "arcface"
POINTS = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Positions of eyes, nose and corners of the mouth in a chip of 112 px, px: insightface's ``face_align``."""
MESH = (
    (33, 161, 159, 157, 133, 154, 145, 163),
    (362, 384, 386, 388, 263, 390, 374, 381),
    (1,),
    (61,),
    (291,),
)
"""FaceMesh's vertices whose means these points are: contours of the eyes, tip of the nose, corners of the mouth."""
_AT_ONCE = 16


def chip_of(size: int) -> Chip:
    """As cut by insightface's ``face_align``: sizes divisible by 112 contain the five points' square, others a wider
    one."""
    times, shift = (size / 112, 0.0) if size % 112 == 0 else (size / 128, 8.0)
    return Chip(size, tuple((((x + shift) * times + 0.5) / size, (y * times + 0.5) / size) for x, y in POINTS), MESH)


class ArcFace(IdentityNetwork):
    """A ResNet-50 trained on WebFace600K with an angular margin; its 512 numbers at length 1.

    A distance d is a cosine of 1 - d ** 2 / 2. Gradients do not flow through it: it runs in onnxruntime.
    """

    name = "arcface"
    summary = "insightface's ResNet-50, 512 numbers; research only; for judging, where installed"
    source = "ArcFace (Deng et al. 2019, arXiv 1801.07698); insightface's pack buffalo_l"
    weights: tuple[str, ...] = (_CARD,)
    chip: Chip | Square = chip_of(112)
    dimensions = 512
    differentiable: ClassVar[bool] = False

    mean, std = 127.5, 127.5
    """Of values in 0 to 255."""
    at_once = _AT_ONCE

    measured: Measured | None = None
    """Measurements are stored with packs only."""
    _to_measure = "Add its pack with `fsvfx models add`, measure that, and name the pack instead"

    @property
    def same_person(self) -> float:  # type: ignore[override]
        """The measured threshold. Raises ModelError if there is none: each network has its own."""
        if self.measured is None:
            what = f"It is not known at which distance '{self.name}' takes two faces for one person"
            raise ModelError(what, hint=self._to_measure)
        return self.measured.same_person

    @property
    def file(self) -> Path:
        """Raises ModelError."""
        return models.path(_CARD)

    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        """See the contract; (n, dimensions) of length 1."""
        import torch

        given = chips.detach().cpu().numpy() * 255
        return torch.from_numpy(unit(self.raw(given))).to(chips.device)

    def vectors(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See the contract."""
        return unit(self.raw(np.moveaxis(chips, 3, 1)))

    def raw(self, pictures: NDArray[Any]) -> NDArray[np.float32]:
        """The network's raw output, of any length, (n, dimensions), for pictures (n, 3, size, size) RGB in 0 to 255.

        Raises ModelError if the weights are not installed, or have another output.
        """
        session = _session(self.file)
        name, out = session.get_inputs()[0].name, session.get_outputs()[0].name
        given = (np.ascontiguousarray(pictures, np.float32) - np.float32(self.mean)) / np.float32(self.std)
        if session.get_inputs()[0].type == "tensor(uint8)":  # in newer packs, which do the normalization themselves
            given = np.rint(given).astype(np.uint8)
        blocks = [given[start : start + self.at_once] for start in range(0, len(given), self.at_once)]
        found = [np.asarray(session.run([out], {name: block})[0], np.float32) for block in blocks]
        if any(each.shape[1:] != (self.dimensions,) for each in found):
            what = f"The identity network '{self.name}' gave {found[0].shape[1:]} numbers, not {self.dimensions}"
            raise ModelError(what, hint="Add its pack again with `fsvfx models add`")
        return np.concatenate([np.zeros((0, self.dimensions), np.float32), *found])


class PackArcFace(ArcFace):
    """The identity network of a user's pack, as its card describes the file."""

    def __init__(self, pack: str) -> None:
        """Raises InputError if there is no such pack, or none with an identity network; ModelError."""
        card = packs.pack(pack)
        self.name = pack
        network, side = _recognition(pack)
        self.summary = f"insightface's pack {card.model_id}, {network.numbers} numbers; {card.licence}"
        self.source = f"ArcFace (Deng et al. 2019, arXiv 1801.07698); {card.source}"
        self.chip = chip_of(side)
        self.dimensions, self.mean, self.std = network.numbers, network.mean, network.std
        self.at_once = min(network.at_once or _AT_ONCE, _AT_ONCE)
        self.measured = packs.measured(pack)
        self._to_measure = f"Run `fsvfx models measure {pack} FACES` on a folder of people with pictures each"
        of_threshold = (packs.measured_name(pack),) if self.measured else ()
        self.weights = (packs.card_name(pack, "recognition"), *of_threshold)

    @property
    def file(self) -> Path:
        return models.path(packs.card_name(self.name, "recognition"))


def _recognition(pack: str) -> tuple[PackNetwork, int]:
    found = packs.network_of(pack, "recognition")
    if found is None or not found.size:
        usable = ", ".join(packs.with_task("recognition")) or "none"
        raise InputError(f"The pack '{pack}' has no identity network", hint=f"Packs that have one: {usable}")
    return found, found.size


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, d) at length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


@lru_cache(maxsize=4)
def _session(file: Path) -> Any:
    import onnxruntime  # here: rarely needed

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
