"""A crowd's single faces, which of them may be swapped, and a linear prior fitted to all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.priors import Face, Priors
from fsvfx.errors import InputError, Where
from fsvfx.facesets.crowd import Crowd

_FRONTAL = 25.0
"""Degrees of yaw up to which faces are used to fit the linear prior."""
_LEAST, _MOST = 20, 3000
"""With fewer frontal faces it can't be fitted; more add nothing, and each takes 55 kB."""
_ALIKE, _LOOKED_AT = 15.0, 24
"""Maximum difference in yaw, degrees, within a pair; number of strangers tried to find one."""

Ints = NDArray[np.int64]


class Faces:
    """Reads and samples them."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self._people, self._yaw = np.asarray(crowd.person), np.asarray(crowd.pose[:, 0])

    def of(self, row: int) -> Face:
        """The face of that row."""
        crop = np.asarray(self.crowd.crops[row], np.float32) / np.float32(255)
        mesh, code = (np.asarray(each[row], np.float32) for each in (self.crowd.landmarks, self.crowd.code))
        return Face(row, crop, mesh, code)

    def stranger(self, row: int, rows: Ints, random: np.random.Generator) -> int:
        """Another person's face among ``rows``, with a similar pose if possible."""
        drawn = random.choice(rows[self._people[rows] != self._people[row]], _LOOKED_AT)
        apart = np.abs(self._yaw[drawn] - self._yaw[row])
        within = np.flatnonzero(apart <= _ALIKE)
        return int(drawn[within[0] if len(within) else np.argmin(apart)])

    def another(self, row: int, random: np.random.Generator) -> int:
        """Another face of the same person with a similar pose, if there is one; otherwise the same face."""
        own = self.crowd.faces_of(int(self._people[row]))
        others = [each for each in own if each != row and abs(self._yaw[each] - self._yaw[row]) <= 2 * _ALIKE]
        return int(random.choice(others)) if others else row

    def priors(self) -> Priors:
        """Fitted to frontal faces that training may see. Raises InputError if there are too few."""
        frontal = self.crowd.trained[np.abs(self._yaw[self.crowd.trained]) < _FRONTAL]
        if len(frontal) < _LEAST:
            raise InputError(
                f"{len(frontal)} of the crowd's faces are seen from the front: too few to learn what faces look like",
                hint=f"Add people: {_LEAST} such faces are the minimum, hundreds are better",
                where=Where(field="learn"),
            )
        return Priors([self.of(row) for row in frontal[:: -(-len(frontal) // _MOST)].tolist()])
