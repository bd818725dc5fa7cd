"""``dfm``: a face learned by DeepFaceLab, from a ``.dfm`` file as DeepFaceLive runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fsvfx.engines.contract import EngineSettings, FaceBatch, Family, Identity, Unserved
from fsvfx.engines.own_network import NetworkSettings, OwnNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.networks.running import Made
    from schemas.network import DfmCard, NetworkCard

    F32 = NDArray[np.float32]

_MORPH = "morph_value"
_SIGMA = 2.0
"""Sigma of the unsharp mask's blur, in the network's pixels: FaceFusion's."""


class DfmSettings(NetworkSettings):
    """Settings of ``dfm``."""

    matte: Literal["learned*mesh", "learned", "mesh"] = "learned"
    """Where the swap shows: in the masks that the network learned, if its card names any; in the mesh of the plate's
    face; or where both agree."""
    masks: Literal["both", "swap", "plate"] = "both"
    """Which of the learned masks: the swapped face's, the plate's, or where both agree (the smaller value)."""
    morph: float | None = Field(None, ge=0, le=1)
    """For networks with a morph input (AMP): 0 is the performer, 1 the identity. Default: what the card says."""
    sharpen: float = Field(0.0, ge=0, le=2)
    """How much the face is sharpened before the network sees it. For soft plates; FaceFusion uses 0.75."""


class Dfm(OwnNetwork[str]):
    """One person's face, which is in the weights: needs no reference pictures, only that person's consent.

    The face is framed as its card says: as by DeepFaceLab's extractor for the face type, or by DeepFaceLive. Both
    learned masks can be mattes.
    """

    name: ClassVar[str] = "dfm"
    version: ClassVar[int] = 3
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
        """Raises InputError for anybody but the card's first person, ModelError if the card can't be read."""
        from fsvfx.packages import check_knows

        check_knows(self.settings.model, self.card.people[:1], identity.name)
        return identity.name

    def made(self, pictures: F32, faces: FaceBatch, prepared: str) -> Made:
        from dataclasses import replace

        asked, seen = self.settings.masks, sharpened(pictures, self.settings.sharpen)
        made = self.network.boosted(seen, self.settings.boost, constants=self._morph)
        return replace(made, mattes={of: matte for of, matte in made.mattes.items() if asked in ("both", of)})

    @classmethod
    def unserved(cls, settings: EngineSettings, card: NetworkCard) -> Iterator[Unserved]:
        """A mask or a morph that the network does not have."""
        assert isinstance(settings, DfmSettings)
        of = {mask.of for mask in card.masks} if card.kind == "dfm" else set()
        if settings.masks not in ("both", *of) and settings.matte != "mesh":
            what = f"The card of '{card.model}' names no mask of the {settings.masks}'s face"
            yield Unserved("masks", what, "Name the output under masks in its card, or leave out masks")
        if settings.morph is not None and _morph_of(card) is None:
            what = f"The network '{card.model}' can't morph: its card names no input {_MORPH}"
            hint = "Remove morph; or, if the file has that input, name it under constants in its card"
            yield Unserved("morph", what, hint)

    @property
    def _morph(self) -> dict[str, float]:
        """In place of the card's constant."""
        name, asked = _morph_of(self.card), self.settings.morph
        return {} if asked is None or name is None else {name: asked}


def _morph_of(card: NetworkCard) -> str | None:
    """The input that morphs."""
    return next((name for name in card.constants if name.startswith(_MORPH)), None)


def sharpened(pictures: F32, amount: float) -> F32:
    """(n, N, N, 3), unsharp masked, in [0, 1]."""
    import cv2
    import numpy as np

    if not amount:
        return pictures
    blurred = np.stack([cv2.GaussianBlur(each, (0, 0), _SIGMA) for each in pictures])
    return np.asarray(np.clip(pictures + np.float32(amount) * (pictures - blurred), 0, 1), np.float32)
