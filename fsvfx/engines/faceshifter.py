"""``faceshifter``: FaceShifter: attributes and identity laid over each other, pixel by pixel; trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from fsvfx.engines.anyone.settings import FaceShifterSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch
from fsvfx.engines.open_set import OpenSet, Source
from fsvfx.engines.packaged import MatteSettings
from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import vectors_in

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.open_model import OpenModel
    from fsvfx.engines.trainable import Prediction


class FaceShifterPackage(MatteSettings):
    """Settings of ``faceshifter``."""

    occlusions: Literal["restored", "as_swapped"] | None = None
    """Whether the second stage restores hands, hair and glasses in front of the face, which the first one loses. By
    default it does where the package has one."""


class FaceShifter(OpenSet):
    """A U-Net encodes the target's attributes; a generator decides by learned masks where these, and where the
    identity's code, determine the look. A second network restores what that loses of the target: it sees the swap, and
    the first stage's error when it rebuilds the target from the target's own code.

    Li et al. 2019 (arXiv 1912.13457): AEI-Net, and HEAR-Net, which is trained after the first stage. What differs:
    codes come from an identity network that a production may use (128 numbers, relative to many people's mean) instead
    of ArcFace; drawn shapes and the user's cut-outs are pasted in front of faces in training, instead of ShapeNet's
    objects and EgoHands; faces for it are not chosen by their errors; it has no adversary, as in the paper.
    """

    name: ClassVar[str] = "faceshifter"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = "anybody for anybody: identity and attributes joined by learned masks; trained"
    source: ClassVar[str] = "FaceShifter (Li et al. 2019)"
    Settings: ClassVar[type[EngineSettings]] = FaceShifterPackage
    Architecture: ClassVar[type[EngineSettings]] = FaceShifterSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> OpenModel:
        from fsvfx.engines.anyone.aei_model import AeiModel  # here: reading settings need not wait for torch
        from fsvfx.engines.anyone.hear_model import HearModel

        assert isinstance(architecture, FaceShifterSettings)
        return HearModel(architecture, people) if architecture.hear else AeiModel(architecture, people)

    @classmethod
    def is_second_stage(cls, architecture: EngineSettings) -> bool:
        assert isinstance(architecture, FaceShifterSettings)
        return architecture.hear is not None

    @classmethod
    def sees_occluders(cls, architecture: EngineSettings) -> bool:
        return cls.is_second_stage(architecture)

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        """Raises InputError if the settings ask for a second stage that the package lacks."""
        import torch

        from fsvfx.engines.anyone.hear_model import HearModel

        assert isinstance(self.settings, FaceShifterPackage)
        model, asked = self.model, self.settings.occlusions
        if not isinstance(model, HearModel):
            if asked == "restored":
                raise _no_second_stage(self.settings.model)
            return super().predict(pictures, faces, prepared)
        if asked == "as_swapped":
            return super().predict(pictures, faces, prepared)
        wanted = pictures[faces.wanted]
        own = vectors_in(np.asarray(faces.crops[faces.wanted]), faces.landmarks[faces.wanted], self.network)
        given = (torch.from_numpy(prepared.mean.vector)[None], torch.from_numpy(own))
        codes, own_codes = (model.codes(each.to(wanted)) for each in given)
        return model.restored(wanted, codes.expand(len(wanted), -1), own_codes)


def _no_second_stage(model: str) -> InputError:
    return InputError(
        f"The model package '{model}' has no second stage that could restore what is in front of faces",
        hint="Remove occlusions, or train one from this package: architecture: {hear: {}}, start: ...",
        where=Where(field="settings.occlusions"),
    )
