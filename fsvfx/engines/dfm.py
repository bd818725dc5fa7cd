"""``dfm``: a face that DeepFaceLab has learned, by the ``.dfm`` file that DeepFaceLive runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fsvfx.engines.contract import EngineSettings, FaceBatch, Family, Identity
from fsvfx.engines.own_network import NetworkSettings, OwnNetwork
from fsvfx.errors import InputError, Where

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.networks.running import Made
    from schemas.network import DfmCard

    F32 = NDArray[np.float32]

_MORPH = "morph_value"
_SIGMA = 2.0
"""Of what sharpening takes for blurred, in the network's pixels: FaceFusion's."""


class DfmSettings(NetworkSettings):
    """Settings of ``dfm``."""

    matte: Literal["learned*mesh", "learned", "mesh"] = "learned"
    """Where the swap shows: in the masks that the network learned, if its card names any; in the mesh of the plate's
    face; or where both agree."""
    masks: Literal["both", "swap", "plate"] = "both"
    """Which of the learned masks: the swapped face's, the plate's, or where both agree (the smaller value)."""
    morph: float | None = Field(None, ge=0, le=1)
    """Of networks with a morph input (AMP): 0 is the performer, 1 the identity. Default: what the card says."""
    sharpen: float = Field(0.0, ge=0, le=2)
    """How much the face is sharpened before the network sees it. Of soft plates; FaceFusion's is 0.75."""


class Dfm(OwnNetwork[str]):
    """One person's face, which is in the weights: needs no reference pictures, only that person's consent.

    The face lies in the network's picture as its card says: as DeepFaceLab's own extractor cuts the face type, or as
    DeepFaceLive does. Both masks that it learned are mattes.
    """

    name: ClassVar[str] = "dfm"
    version: ClassVar[int] = 2
    family: ClassVar[Family] = "one_to_one"
    summary: ClassVar[str] = "your own DeepFaceLab network, as the .dfm that DeepFaceLive runs"
    source: ClassVar[str] = "DeepFaceLab's export (Perov et al. 2020); DeepFaceLive"
    needs_references: ClassVar[bool] = False
    runs: ClassVar[Literal["swapper", "dfm"] | None] = "dfm"
    prepares_by: ClassVar[tuple[str, ...] | None] = ("model", "sha256")
    Settings: ClassVar[type[EngineSettings]] = DfmSettings

    settings: DfmSettings
    card: DfmCard

    def prepare(self, identity: Identity, size: int) -> str:
        """Raises InputError for somebody else than the card's first, ModelError if the card can't be read."""
        from fsvfx.packages import check_knows

        check_knows(self.settings.model, self.card.people[:1], identity.name)
        return identity.name

    def made(self, pictures: F32, faces: FaceBatch, prepared: str) -> Made:
        from dataclasses import replace

        masks, seen = self._masks, sharpened(pictures, self.settings.sharpen)
        made = self.network.boosted(seen, self.settings.boost, constants=self._morph)
        return replace(made, mattes={of: matte for of, matte in made.mattes.items() if of in masks})

    @property
    def _masks(self) -> tuple[str, ...]:
        """Raises InputError if the card lacks the one that is asked for."""
        there = tuple(mask.of for mask in self.card.masks)
        asked = self.settings.masks
        if asked == "both" or self.settings.matte == "mesh":
            return there
        if asked not in there:
            raise InputError(
                f"The card of '{self.card.model}' names no mask of the {asked}'s face",
                hint="Name the output under masks in its card, or leave out masks",
                where=Where(field="settings.masks"),
            )
        return (asked,)

    @property
    def _morph(self) -> dict[str, float]:
        """In place of the card's constant. Raises InputError if there is no such input."""
        asked = self.settings.morph
        if asked is None:
            return {}
        found = [name for name in self.card.constants if name.startswith(_MORPH)]
        if not found:
            raise InputError(
                f"The network '{self.card.model}' can't morph: its card names no input {_MORPH}",
                hint="Remove morph; or, if the file has that input, name it under constants in its card",
                where=Where(field="settings.morph"),
            )
        return {found[0]: asked}


def sharpened(pictures: F32, amount: float) -> F32:
    """(n, N, N, 3), unsharp masked, in [0, 1]."""
    import cv2
    import numpy as np

    if not amount:
        return pictures
    blurred = np.stack([cv2.GaussianBlur(each, (0, 0), _SIGMA) for each in pictures])
    return np.asarray(np.clip(pictures + np.float32(amount) * (pictures - blurred), 0, 1), np.float32)
