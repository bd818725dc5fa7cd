"""The input of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.errors import InputError

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Trial:
    """Held-out faces, and the data on the people.

    faces: the performer's, held out; footage: the name of each one's, if there are several. identity: the identity to
    swap in. people: embeddings (k, 128) of all people by name, including the identity and the performer
    (``embeddings_of``). own: held-out faces of the identity, for the swap onto itself. truth: the true swap of
    ``faces``, (n, S, S, 3) in [0, 1], if there is one.
    """

    faces: FaceBatch
    identity: Identity
    performer: str
    people: Mapping[str, F32]
    own: FaceBatch | None = None
    truth: F32 | None = None
    footage: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises InputError if something is missing or inconsistent."""
        if not len(self.faces.crops):
            raise nothing_held_out(self.performer)
        absent = {self.identity.name, self.performer} - set(self.people)
        if absent:
            raise InputError(
                f"No embeddings of {', '.join(sorted(absent))}",
                hint="Give those of the identity and of the performer, too",
            )
        if self.truth is not None and self.truth.shape != self.faces.crops.shape:
            raise InputError("The true swap is not of the faces' shape", hint="Cut it as the faces are cut")


def nothing_held_out(performer: str) -> InputError:
    return InputError(
        f"There is no held-out face of '{performer}' to evaluate on",
        hint="Hold some out of training: faceset.held_out above 0",
    )
