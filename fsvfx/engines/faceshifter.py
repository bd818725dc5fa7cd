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
    """Whether the second stage puts back what the first one loses of hands, hair and glasses in front of the face. By
    default it does where the package has one."""


class FaceShifter(OpenSet):
    """The target's attributes from a U-Net; a generator that decides by learned masks where they, and where the
    identity's code, set the look. A second network puts back what that loses of the target: it sees the swap, and by
    how much the first stage misses the target when it is to make it of its own code.

    Li et al. 2019 (arXiv 1912.13457): AEI-Net, and HEAR-Net, which is trained when the first stage is finished. What
    differs: codes come from an identity network that a production may use (128 numbers, taken about many people's mean)
    in place of ArcFace; what is pasted in front of faces in training are drawn shapes and the user's cut-outs, in place
    of ShapeNet's objects and EgoHands; faces for it are not chosen by their errors; it sees no adversary, as there.
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
        """Raises InputError where a second stage is asked for that the package lacks."""
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
