"""arcface: insightface's network, where a user has it: for research, unless the production holds a licence."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.identity.contract import Chip, IdentityNetwork, Square

if TYPE_CHECKING:
    import torch

_CARD, _SIZE = "arcface", 112
_POINTS = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where a chip shows eyes, nose and corners of the mouth, px: insightface's ``face_align``."""
_MESH = ((33, 133, 159, 145), (362, 263, 386, 374), (1,), (61,), (291,))


class ArcFace(IdentityNetwork):
    """A ResNet-50 that was trained on WebFace600K with an angular margin; its 512 numbers at length 1.

    A distance d is a cosine of 1 - d ** 2 / 2. Gradients do not flow through it: it is run by onnxruntime.
    """

    name: ClassVar[str] = "arcface"
    summary: ClassVar[str] = "insightface's ResNet-50, 512 numbers; research only; to judge by, where it is here"
    source: ClassVar[str] = "ArcFace (Deng et al. 2019, arXiv 1801.07698); insightface's pack buffalo_l"
    weights: ClassVar[tuple[str, ...]] = (_CARD,)
    chip: ClassVar[Chip | Square] = Chip(
        _SIZE, tuple(((x + 0.5) / _SIZE, (y + 0.5) / _SIZE) for x, y in _POINTS), _MESH
    )
    dimensions: ClassVar[int] = 512
    same_person: ClassVar[float] = 1.15
    differentiable: ClassVar[bool] = False

    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        """As the contract has it; (n, 512) of length 1."""
        import torch

        given = chips.detach().cpu().numpy()
        return torch.from_numpy(_unit(_run(given * 2 - 1))).to(chips.device)

    def vectors(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As the contract has it."""
        given = np.ascontiguousarray(chips.transpose(0, 3, 1, 2), np.float32)
        return _unit(_run(given / np.float32(127.5) - 1))


def _run(given: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 3, 112, 112) RGB in [-1, 1] -> (n, 512)."""
    session = _session()
    [found] = session.run(None, {session.get_inputs()[0].name: given})
    return np.asarray(found, np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


@lru_cache(maxsize=1)
def _session() -> Any:
    file = models.path(_CARD)
    import onnxruntime  # here: most never need it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
