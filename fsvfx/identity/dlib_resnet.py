"""dlib's 128-d face recognition network (dlib.net, King 2017; CC0 weights)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.identity import dlib_file, dlib_onnx
from fsvfx.identity.contract import Chip, IdentityNetwork, mean_of

if TYPE_CHECKING:
    import torch

    from fsvfx.identity.dlib_torch import TorchResnet

_CARD = "dlib_embedding"
_PADDING = 0.25
_FIVE = ((0.8595674595992, 0.2134981538014), (0.6460604764104, 0.2289674387677), (0.1205750620789, 0.2137274526848),
         (0.3340850613712, 0.2290642403242), (0.4901123135679, 0.6277975316475))  # fmt: skip
"""The corners of the eyes and the base of the nose in the unit square of a face (``get_face_chip_details`` of dlib)."""
_MESH = ((263,), (362,), (33,), (133,), (2,))
_AT_ONCE = 16


class DlibResnet(IdentityNetwork):
    """29 convolutions, trained on about 3 million pictures of 7485 people."""

    name: str = "dlib"
    summary: str = "dlib's face recognition ResNet, 128 numbers; CC0"
    source: str = "dlib.net, King 2017"
    weights: tuple[str, ...] = (_CARD,)
    chip: Chip = Chip(
        150, tuple(((x + _PADDING) / (1 + 2 * _PADDING), (y + _PADDING) / (1 + 2 * _PADDING)) for x, y in _FIVE), _MESH
    )
    dimensions: int = 128
    same_person: float = 0.6
    differentiable: ClassVar[bool] = True

    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        """See the contract. Gradients agree with finite differences."""
        found: torch.Tensor = self._module.to(chips.device)(chips * 255)
        return found

    def maps(self, pictures: torch.Tensor) -> Iterator[torch.Tensor]:
        """The outputs of its residual blocks for (n, 3, S, S) display RGB in [0, 1], one after the other: first 32
        channels at a quarter of S, from the fourth on 64 at an eighth. S is free; faces in its chips are 150 px."""
        return self._module.to(pictures.device).maps(pictures * 255)

    def vectors(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """With onnxruntime, on one thread; torch is not imported."""
        planes = np.ascontiguousarray(np.moveaxis(chips, 3, 1), np.float32)
        found = [
            self._session.run([dlib_onnx.OUTPUT], {dlib_onnx.INPUT: planes[start : start + _AT_ONCE]})[0]
            for start in range(0, len(planes), _AT_ONCE)
        ]
        return np.concatenate([np.zeros((0, self.dimensions), np.float32), *found])

    @cached_property
    def centre(self) -> NDArray[np.float32]:
        """Its vectors all point in a similar direction: cosines about zero are .98 for one person and .85 for two."""
        return mean_of(self.name)

    @cached_property
    def _session(self) -> Any:
        return dlib_onnx.session(dlib_file.read(models.path(_CARD)), self.chip.size)

    @cached_property
    def _module(self) -> TorchResnet:
        from fsvfx.identity.dlib_torch import TorchResnet

        return TorchResnet(dlib_file.read(models.path(_CARD)))
