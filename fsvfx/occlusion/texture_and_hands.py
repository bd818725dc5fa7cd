"""The embedded segmenter: compares the face with its own look over time, and finds hands by their landmarks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from fsvfx.occlusion.contract import Faces, Segmentation, Segmenter

if TYPE_CHECKING:
    from fsvfx.occlusion.fronts import Fronts


class TextureAndHands(Segmenter):
    """No segmentation network: works for anything that the face shows uncovered some of the time, and for hands.

    Each frame is flattened and compared with the face's own look. Only where that differs near the face's rim, and in
    some frames in any case, are hands searched and the picture itself examined.
    """

    name: ClassVar[str] = "texture_and_hands"
    version: ClassVar[int] = 6
    summary: ClassVar[str] = (
        "things in front of the face, by its appearance over time; hands, by their landmarks; and glasses"
    )
    source: ClassVar[str] = "our own; hands after MediaPipe Hands (arXiv 2006.10214), edges by He et al. 2013"
    weights: ClassVar[tuple[str, ...]] = ("palm_detection", "hand_landmark")
    reach: ClassVar[int] = 48
    every: ClassVar[int] = 6
    margin: ClassVar[int] = 2

    def segment(self, faces: Faces, others: Faces, *, face: bool) -> Segmentation:
        return self._fronts.of(faces, others, face=face)

    @cached_property
    def _fronts(self) -> Fronts:
        from fsvfx.occlusion.fronts import Fronts  # here: checking a manifest does not need OpenCV

        return Fronts()
