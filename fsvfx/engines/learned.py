"""Engines that learn: what their settings, networks and swap have in common. Each has a file and a name of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from fsvfx import packages
from fsvfx.comp.mattes import hull
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.errors import InputError, Where

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.trainable import Model

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PackageSettings(EngineSettings):
    """Settings of every engine that learns: which model package it swaps with, and how."""

    model: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    """The model package's name."""
    sha256: Sha256
    """Of its weights: what was trained is what runs."""
    matte: Literal["learned", "mesh"] = "learned"
    """Where the swap shows: the mask that the model learned, if it learns one; or the face's mesh."""
    batch: int = Field(16, ge=1, le=1024)
    """Faces that go through the networks at once."""


class LearnedEngine(Engine):
    """An engine whose weights are trained on the people whom it swaps."""

    family: ClassVar[Literal["image", "model3d", "one_to_one", "any_to_any"]] = "one_to_one"
    needs_references: ClassVar[bool] = False
    Settings: ClassVar[type[EngineSettings]] = PackageSettings
    Architecture: ClassVar[type[EngineSettings]]
    """What a training manifest may say of its sizes and losses."""
    most_people: ClassVar[int] = 2
    """How many people one model may learn; two is the least."""

    settings: PackageSettings

    @classmethod
    @abstractmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> Model:
        """The networks, at their random start, for these people in this order."""

    @property
    def model(self) -> Model:
        """The package's networks, ready on the device. Raises InputError, ModelError: no such package, or broken."""
        return _loaded(type(self), self.settings.model, self.settings.sha256, self.device)

    def swap(self, faces: FaceBatch, identity: Identity) -> SwapBatch:
        """The face of ``identity.name``, whom the package must know; its reference pictures are not looked at."""
        import torch

        self._check_knows(identity.name)
        size = faces.crops.shape[-1]
        parts = [self._part(faces.crops[at : at + self.settings.batch], identity.name) for at in self._starts(faces)]
        rgb = torch.cat([part[0] for part in parts])
        masks = [part[1] for part in parts if part[1] is not None]
        if self.settings.matte == "learned" and masks:
            return SwapBatch(rgb, torch.cat(masks))
        hulls = [torch.from_numpy(hull(points, size)) for points in faces.landmarks.cpu().numpy()]
        return SwapBatch(rgb, torch.stack(hulls)[:, None].to(rgb))

    def _starts(self, faces: FaceBatch) -> range:
        return range(0, len(faces.crops), self.settings.batch)

    def _part(self, crops: torch.Tensor, person: str) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Some crops, in the model's size and back: rgb, and the mask if one is learned."""
        import torch

        model = self.model
        with torch.inference_mode():
            made = model.predict(_resized(crops, model.resolution), person)
            size = crops.shape[-1]
            return _resized(made.rgb, size), None if made.mask is None else _resized(made.mask, size)

    def _check_knows(self, person: str) -> None:
        known = self.model.people
        if person not in known:
            raise InputError(
                f"The model package '{self.settings.model}' knows {', '.join(known)}, not '{person}'",
                mend="Name one of them as the identity, or a package that knows this person",
                where=Where(field="settings.model"),
            )


@lru_cache(maxsize=4)
def _loaded(kind: type[LearnedEngine], model: str, sha256: str, device: str) -> Model:
    """Once per process."""
    card = packages.card_of(packages.find(model, sha256))
    if card.engine != kind.name:
        raise InputError(
            f"The model package '{model}' is of engine '{card.engine}', not '{kind.name}'",
            mend=f"Write engine: {card.engine}",
            where=Where(field="engine"),
        )
    networks = built(kind, card.architecture, card.names)
    networks.load_state_dict(packages.weights_of(model, sha256))
    networks.advance(card.iterations)
    return networks.to(device).eval().requires_grad_(False)


def built(kind: type[LearnedEngine], architecture: Mapping[str, JsonValue], people: tuple[str, ...]) -> Model:
    """The networks of an engine that learns, of settings that are checked already."""
    return kind.model_of(kind.Architecture.model_validate(dict(architecture)), people)


def _resized(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """(n, C, S, S) -> (n, C, size, size), in [0, 1]; without aliasing."""
    from torch.nn.functional import interpolate

    if pictures.shape[-1] == size:
        return pictures.clamp(0, 1)
    return interpolate(pictures, (size, size), mode="bicubic", antialias=True).clamp(0, 1)
