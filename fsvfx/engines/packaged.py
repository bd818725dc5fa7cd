"""Engines whose weights come from a model package: their common settings, networks, swaps and mattes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, ValidationError

from fsvfx import packages
from fsvfx.comp.matte import hull
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Prepared, SwapBatch
from fsvfx.engines.mattes import HAZE, around
from fsvfx.errors import ModelError, Where
from fsvfx.faces.resizing import bicubic, resized
from fsvfx.packages import check_engine
from schemas.base import Name, Sha256

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.trainable import Model, Prediction


class PackageSettings(EngineSettings):
    """Settings of every engine with a model package: which one it swaps with."""

    model: Name
    """Name of the model package."""
    sha256: Sha256
    """The sha256 of its weights."""
    batch: int = Field(16, ge=1, le=1024)
    """Faces per batch."""


class MatteSettings(PackageSettings):
    """And where the swap shows, of engines whose networks make whole faces."""

    matte: Literal["learned*mesh", "learned", "mesh"] = "learned*mesh"
    """Where the swap shows: in the learned mask, if the model has one; in the mesh of the plate's face; or where both
    agree. With a learned mask alone, the rim of a wider face can lie on the plate's background, and seamless blending
    then pulls the background's color into it."""


class PackagedEngine(Engine[Prepared]):
    """An engine whose weights were trained by fsvfx and come from a model package: card, hash, networks, mattes.

    Subclasses decide who may be the identity: ``ClosedSet`` the people it was trained on, ``OpenSet`` anybody.
    """

    learns: ClassVar[bool] = True
    uses_gpu: ClassVar[bool] = True
    Settings: ClassVar[type[EngineSettings]] = MatteSettings
    Architecture: ClassVar[type[EngineSettings]]
    """The sizes and losses that a training manifest may set."""
    most_people: ClassVar[int] = 2
    """How many people one model may learn; two is the least."""
    trained_with: ClassVar[tuple[str, ...]] = ()
    """The model cards whose weights its training uses, besides those for finding and recognizing faces."""

    settings: PackageSettings

    @classmethod
    @abstractmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> Model[Any]:
        """The networks, randomly initialized, for these people in this order."""

    @classmethod
    def identities(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        """Which of the people that a package has learned may be the identity: all, unless an engine restricts it."""
        return people

    @classmethod
    def is_second_stage(cls, architecture: EngineSettings) -> bool:
        """Whether these settings train a second stage, on a finished first one that ``start`` names."""
        return False

    @classmethod
    def sees_occluders(cls, architecture: EngineSettings) -> bool:
        """Whether they train on faces with things pasted in front."""
        return False

    @abstractmethod
    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Prepared) -> Prediction:
        """Some ``faces`` swapped, by the networks: pictures are their crops, (n, 3, R, R) in [0, 1] on the device."""

    @property
    def at_once(self) -> int:
        return self.settings.batch

    @cached_property
    def model(self) -> Model[Any]:
        """The package's networks, ready on the device. Raises InputError, ModelError: no such package, or broken."""
        package = self.context.packages.find(self.settings.model, self.settings.sha256)
        return _loaded(type(self), package, self.device)

    def swap(self, faces: FaceBatch, prepared: Prepared) -> SwapBatch:
        """Resamples to the model's size on its device, predicts, and resamples back."""
        import torch

        size = faces.crops.shape[1]
        if not len(faces.crops[faces.wanted]):
            return SwapBatch(faces.crops[:0], faces.crops[:0, ..., 0])
        with torch.inference_mode():
            pictures = torch.from_numpy(faces.crops).to(self.device).permute(0, 3, 1, 2).contiguous()
            made = self.predict(resized(pictures, self.model.resolution), faces, prepared)
            matte = self._matte(made, faces.landmarks[faces.wanted], size)
            return SwapBatch(resized(made.rgb, size).permute(0, 2, 3, 1).cpu().numpy(), matte[:, 0].cpu().numpy())

    def _matte(self, made: Prediction, landmarks: NDArray[np.floating], size: int) -> torch.Tensor:
        import torch

        hulls = torch.stack([torch.from_numpy(hull(points, size)) for points in landmarks])
        mesh = hulls[:, None].to(made.rgb)
        assert isinstance(self.settings, MatteSettings)
        if made.mask is None or self.settings.matte == "mesh":
            return mesh
        learned = bicubic(usable(made.mask, landmarks, size), size)
        return learned if self.settings.matte == "learned" else learned * mesh


@lru_cache(maxsize=4)
def _loaded(kind: type[PackagedEngine[Any]], package: Path, device: str) -> Model[Any]:
    """Once per process."""
    return restored(kind, package).to(device)


def restored(kind: type[PackagedEngine[Any]], package: Path) -> Model[Any]:
    """A package's networks as training left them, on the CPU, for prediction: without what only training needs, in
    float32.

    Raises InputError if they belong to another engine, ModelError if the package is broken or has other networks.
    """
    import torch

    from fsvfx.engines.trainable import strip_training

    card = packages.card_of(package)
    check_engine(card, kind.name)
    weights = packages.weights_in(package, card.sha256)
    try:
        with torch.device("meta"):  # without a random start: that would cost time, and random numbers
            networks = built(kind, card.architecture, card.names)
        known = networks.state_dict().keys()
        strip_training(networks)
        spare = known - networks.state_dict().keys()
        held = {name: _single(value) for name, value in weights.items() if name not in spare}
        networks.load_state_dict(held, assign=True)
    except (RuntimeError, ValidationError) as error:
        raise ModelError(
            f"The weights of '{card.model}' do not fit this version's '{kind.name}': {' '.join(str(error).split())}",
            hint=f"Use the version that trained them: fsvfx {card.fsvfx}",
            where=Where(file=str(package)),
        ) from error
    networks.advance(card.iterations)
    return networks.eval().requires_grad_(False)


def _single(weights: torch.Tensor) -> torch.Tensor:
    """Starters are stored as float16, which CPUs compute slowly."""
    return weights.float() if weights.is_floating_point() else weights


def built(
    kind: type[PackagedEngine[Any]], architecture: Mapping[str, JsonValue], people: tuple[str, ...]
) -> Model[Any]:
    """The networks of a trainable engine, from settings that are already checked."""
    return kind.model_of(kind.Architecture.model_validate(dict(architecture)), people)


def usable(masks: torch.Tensor, landmarks: NDArray[np.floating], size: int) -> torch.Tensor:
    """Learned masks (n, 1, R, R) without haze and without blobs far from the face.

    landmarks: (n, 468, 3) in px of a crop of ``size``. What reaches a little beyond the mesh stays: the identity's face
    may be wider. There is no threshold: what moves smoothly in the mask does so in the matte.
    """
    import torch

    clear = ((masks - HAZE) / (1 - 2 * HAZE)).clamp(0, 1)
    side = masks.shape[-1]
    near = np.stack([around(each, side) for each in landmarks * (side / size)])
    return clear * torch.from_numpy(near)[:, None].to(clear)
