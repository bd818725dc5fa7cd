"""The true swap of held-out faces, where the footage is of synthetic actors: the identity does it all again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsvfx.actors import Moment, actor, perform, render
from fsvfx.actors.clip import shown
from fsvfx.errors import InputError
from fsvfx.evaluation.pictures import u8
from fsvfx.faces.looks import display_crop
from fsvfx.facesets.footage import Footage, resized
from schemas.actors import ActedClip
from schemas.job import ShotJob

if TYPE_CHECKING:
    import torch

F32 = NDArray[np.float32]

_ALIKE = 0.01
"""Mean difference up to which a face is the one that was rendered, of the display range."""


@dataclass(frozen=True)
class Acted:
    """Footage of an actor: how it was made, its faces as they were cut out, and as which shot."""

    clip: ActedClip
    footage: Footage
    shot: ShotJob

    def as_by(self, name: str, frame: int, size: int) -> F32:
        """A frame acted by the actor of that name, its face cut out as the performer's was: (size, size, 3) display."""
        moment = _moments(self.clip.frames, self.clip.seed)[frame - self.clip.first]
        picture = u8(shown(render(actor(name), moment, self.clip.size).rgb))
        aligned, plate = self.footage.aligned, self.shot.shot.plate
        cut = display_crop(
            picture,
            aligned.matrix(frame),
            len(aligned.crop(frame)),
            plate.color_space,
            self.shot.colour_config,
            plate.exposure,
        )
        return resized(np.asarray(cut, np.float32), size).clip(0, 1)


def true_swap_of(
    identity: str, acted: Mapping[str, Acted], sources: Sequence[tuple[str, int]], faces: torch.Tensor
) -> torch.Tensor:
    """(n, 3, S, S) in [0, 1], of faces (n, 3, S, S) and the footage and the frame of each.

    Raises InputError if the first of them is not what the actor did: truth that does not fit is none. ModelError.
    """
    import torch

    size = faces.shape[-1]
    name, frame = sources[0]
    again = acted[name].as_by(acted[name].clip.actor, frame, size)
    apart = float(np.abs(faces[0].permute(1, 2, 0).numpy() - again).mean())
    if apart > _ALIKE:
        raise InputError(
            f"'{name}' is not what actors.yaml says: frame {frame} rendered anew differs by {apart:.3f}",
            hint="Make the footage again with fsvfx actors, and train again; or take actors.yaml away",
        )
    made = np.stack([acted[name].as_by(identity, frame, size) for name, frame in sources])
    return torch.from_numpy(made).permute(0, 3, 1, 2).contiguous()


@lru_cache(maxsize=64)
def _moments(frames: int, seed: int) -> list[Moment]:
    return perform(frames, seed)
