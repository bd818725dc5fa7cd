"""``style_transfer``: face swapping as the transfer of a style: one feed-forward network for each identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.closed_set import ClosedSet
from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.style.settings import StyleSettings

if TYPE_CHECKING:
    from fsvfx.engines.trainable import ClosedModel


class StyleTransfer(ClosedSet):
    """A network that gives any face the identity's features, and leaves pose, expression and light as they are.

    Korshunova et al. 2017, Fast Face-swap Using Convolutional Neural Networks (arXiv 1611.09577): branches from 8 px up
    (section 2.1), 1 M parameters at 128 px; losses of content, of each place's nearest patch in the same place of the
    16 photographs most alike, of light and of total variation (2.2). The performers are its examples of content.

    Rebuilt from what is known of the paper, layers and weights partly from memory. What differs:

    - Features are those of dlib's face network, at the same shares of the picture's size as VGG19's relu3_1, relu4_1
      and relu4_2: the weights are at hand and may be used commercially. It was trained for identity, not for things: a
      quarter of the channels, hardly any color, and what tells no person from another may be missing.
    - The light network is trained on rendered heads, not on Extended Yale B.
    - The network adds to the picture, where the paper draws it anew; a short training then begins with a face.
    - Cuts are upright, not warped to a frontal view, so patches are looked for next to their place, too. Pictures are
      alike by where face, eyes and mouth lie, and by their light. Style is asked for in the face alone.
    - Blending is the composite stage's, as for every engine.
    """

    name: ClassVar[str] = "style_transfer"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "a network for one identity, by nearest patches of photographs; anybody performs; trained"
    source: ClassVar[str] = "Korshunova et al. 2017, Fast Face-swap Using Convolutional Neural Networks"
    Architecture: ClassVar[type[EngineSettings]] = StyleSettings
    most_people: ClassVar[int] = 32

    @classmethod
    def identities(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        """The identity alone."""
        return people[:1]

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> ClosedModel:
        from fsvfx.engines.style.style_model import StyleModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, StyleSettings)
        return StyleModel(architecture, people)
