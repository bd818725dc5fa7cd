"""Trial swaps: whether a member hides a performer is measured on the delivered face, not on the member's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.banks.bank import Bank
from fsvfx.banks.looks import vectors_by
from fsvfx.colour import PlateColour
from fsvfx.comp.blend import blend
from fsvfx.comp.finish import plate_texture
from fsvfx.comp.matte import shape
from fsvfx.engines.contract import Engine, FaceBatch, Identity
from fsvfx.identity.contract import distance
from fsvfx.identity.registry import network
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]

_USUAL = CompositeSettings()


@dataclass(frozen=True)
class Trial:
    """Some frames of a performer's face, and the engines that swap them: one for each settings in force.

    vectors: of the performer in these frames, in the order of the parts: (k, d) by each of the bank's networks. colour:
    how the plate is read. texture: whether the composite gives soft swaps the plate's pores and wrinkles, which are the
    performer's. Otherwise default composite settings are used, whatever the shot sets, since the choice of a member
    must not depend on grading; occlusion is ignored.
    """

    parts: tuple[tuple[Engine[Any], FaceBatch], ...]
    vectors: Mapping[str, F32]
    colour: PlateColour
    texture: bool = True

    def of(self, bank: Bank, row: int) -> dict[str, float]:
        """By each network, the minimum distance of the delivered face from the performer, as a multiple of the distance
        below which two faces usually belong to one person.

        Raises InputError, ModelError as engines do.
        """
        member = _identity(bank, row)
        made = [self._delivered(engine, faces, member) for engine, faces in self.parts]
        meshes = np.concatenate([faces.landmarks for _, faces in self.parts])
        shown = vectors_by(tuple(self.vectors), np.concatenate(made), meshes)
        return {
            name: float((distance(shown[name], own) / network(name).same_person).min())
            for name, own in self.vectors.items()
        }

    def _delivered(self, engine: Engine[Any], faces: FaceBatch, member: Identity) -> F32:
        """(k, S, S, 3) display light."""
        swap = engine.swap(faces, engine.prepare(member, faces.crops.shape[1]))
        mattes = np.stack([shape(matte, _USUAL) for matte in swap.matte])
        plate, made = (np.asarray(self.colour.decode(each), np.float32) for each in (faces.crops, swap.crops))
        blended = blend(plate, made, mattes, _USUAL, device=engine.device)
        if self.texture:
            blended = np.stack([plate_texture(*each) for each in zip(blended, plate, mattes, strict=True)])
        return np.asarray(self.colour.encode(blended), np.float32)


def _identity(bank: Bank, row: int) -> Identity:
    own = slice(row, row + 1)
    crops = np.asarray(bank.crops[own] / np.float32(255), np.float32)
    return Identity(bank.card.members[row], crops, bank.landmarks[own], bank.sharpness[own], bank.code[own])
