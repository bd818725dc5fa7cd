"""Face detectors: their common contract, and the table that lists them. One file each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from fsvfx import extras
from fsvfx.errors import InputError
from fsvfx.models import packs

if TYPE_CHECKING:  # not needed to check a manifest
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Detections:
    """The detections in one picture, best first.

    boxes: (k, 4) f32 x0 y0 x1 y1 px; scores: (k,) f32 in [0, 1]; keypoints: (k, p, 2) f32 px, of which the first two
    are the eyes, left one in the upright picture first.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    keypoints: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, which: NDArray[np.generic]) -> Detections:
        """A subset, by index or mask."""
        return Detections(self.boxes[which], self.scores[which], self.keypoints[which])

    @classmethod
    def none(cls, points: int = 5) -> Detections:
        import numpy as np

        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, points, 2), np.float32))


class Detector(Protocol):
    """Finds upright faces in a whole picture."""

    def detect(self, rgb: NDArray[np.uint8]) -> Detections:
        """rgb: (H, W, 3) u8, display-referred."""


@dataclass(frozen=True)
class _Kind:
    """path: ``module:class`` in this package, called with the minimum score, and a user's pack if the detector comes
    from one; weights: the model cards that it uses; needs: optional packages that it imports."""

    path: str
    weights: tuple[str, ...]
    needs: tuple[str, ...] = ()
    pack: str = ""


_KINDS = {
    "blazeface": _Kind("blazeface:BlazeFace", ("blazeface_short", "blazeface_full")),
    "yunet": _Kind("yunet:YuNet", ("yunet",)),
    "insightface": _Kind("scrfd:Scrfd", ("insightface",), needs=("insightface",)),
}
"""The table of detectors. A new one needs a file here, an entry, and its name in ``schemas.manifest.Faces``."""
NAMES = tuple(_KINDS)


def detector(name: str = "blazeface", min_score: float = 0.5) -> Detector:
    """A detector by name: one of ``NAMES``, or a pack that the user has added.

    Raises ModelError if its weights are missing, MachineError if an optional package is, InputError for an unknown
    name.
    """
    known = _known(name)
    extras.require(*known.needs, what=f"Detector '{name}'")
    module, _, kind = known.path.partition(":")
    made: Detector = getattr(import_module(f"{__name__}.{module}"), kind)(min_score, *filter(None, [known.pack]))
    return made


def weights_of(name: str) -> tuple[str, ...]:
    """The model cards that a detector uses. Raises InputError for an unknown name."""
    return _known(name).weights


def needs_of(name: str) -> tuple[str, ...]:
    """The optional packages that a detector needs. Raises InputError for an unknown name."""
    return _known(name).needs


def check(name: str) -> None:
    """Raises InputError for an unknown name."""
    _known(name)


def _known(name: str) -> _Kind:
    if name in _KINDS:
        return _KINDS[name]
    if packs.is_pack(name) and packs.network_of(name, "detection") is not None:
        return _Kind("scrfd:Scrfd", (packs.card_name(name, "detection"),), needs=("insightface",), pack=name)
    available = ", ".join((*NAMES, *packs.with_task("detection")))
    hint = f"Available: {available}. insightface's packs are added with `fsvfx models add FOLDER`"
    raise InputError(f"No detector named '{name}'", hint=hint)
