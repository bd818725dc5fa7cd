"""The contract of every kind of deliverable: its settings, the files it makes, and how it writes them.

Installed packages register theirs by an entry point of the group ``fsvfx.deliverables`` that names a subclass of
``FrameKind`` or ``ShotKind``. Manifests may then deliver that kind, and everything else follows from the contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from schemas.base import StrictModel
from schemas.receipts import DeliveredFile
from schemas.templates import fill, frame_path

if TYPE_CHECKING:
    from fsvfx.delivery.subjects import Frame, Shot
    from fsvfx.media import PlateInfo

S = TypeVar("S", bound=StrictModel)


class Problem(NamedTuple):
    """``field``: of the settings; empty for the deliverable itself. ``stops``: whether it prevents a run."""

    field: str
    what: str
    hint: str
    stops: bool = True


@dataclass(frozen=True)
class Surroundings:
    """The parts of the manifest that may constrain a deliverable's settings."""

    has_linear_plate: bool
    is_linear: Callable[[str], bool]
    """Whether a color space is scene-linear."""
    others: tuple[str, ...]
    """Paths of the other deliverables that are files."""
    several: bool
    """Whether a shot replaces more than one face."""
    bare: tuple[str, ...]
    """The identities without references."""


class Kind(ABC, Generic[S]):
    """What frame kinds and shot kinds have in common. Stateless."""

    name: ClassVar[str]
    """The name in manifests: ``kind: exr``."""
    per: ClassVar[Literal["frame", "shot"]]
    version: ClassVar[int] = 1
    """Increase it when the same comp and settings give different bytes: it is part of the key of a delivery."""
    Settings: type[S]
    """Has ``kind`` and ``path``, and any other settings. A field ``color_space`` is checked against the color config,
    and replaced by its full name."""
    endings: ClassVar[tuple[str, ...]] = ()
    """Allowed extensions of its path, in lower case; empty: any."""
    path_fields: ClassVar[tuple[str, ...]] = ()
    """``("performer",)`` if the path may contain ``{performer}``: one file for each."""
    states: ClassVar[Literal["file", "sidecar"]] = "sidecar"
    """Where the scene's ``facts`` are recorded (whether faces were replaced, on whose consent, from which key): in the
    ``file``, by `write`; or in a JSON ``sidecar`` at ``<path>.json``, which fsvfx writes."""
    needs_rate: ClassVar[bool] = False
    """Whether it requires a plate with a frame rate."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Optional packages that its writer imports, by the names in ``fsvfx.extras``: checked before a run."""
    rank: ClassVar[int] = 0
    """Order among shot kinds: each is written after those of lower rank, and sees their files."""
    implied_ending: ClassVar[str] = ""
    """If set and the manifest lists none, one is made beside the first deliverable: ``<shot>.<ending>``."""

    def settings(self, wish: StrictModel) -> S:
        """``wish``, an entry of ``deliver``, as this kind's settings. Raises ValidationError."""
        if isinstance(wish, self.Settings):
            return wish
        return self.Settings.model_validate_json(wish.model_dump_json(exclude={"kind_version"}), strict=True)

    def space(self, settings: S) -> Literal["plate", "comp"] | str | None:
        """The color space of its pictures: a name, ``plate`` or ``comp`` for theirs, None if it has none."""
        return getattr(settings, "color_space", None) or (
            "plate" if "color_space" in self.Settings.model_fields else None
        )

    def reads(self, settings: S) -> tuple[str, ...]:
        """Stages that it reads in addition to ``ingest`` and ``composite``: ``align``, ``fit``, ``references``,
        ``cast``."""
        return ()

    def problems(self, settings: S, around: Surroundings) -> Iterator[Problem]:
        """Inconsistent settings in a manifest, beyond those that the model checks. No I/O."""
        yield from ()

    def rate_problems(self, settings: S, rate: Fraction) -> Iterator[Problem]:
        """Before a run: why this frame rate is not possible."""
        yield from ()

    def plate_problems(self, settings: S, plate: PlateInfo) -> Iterator[Problem]:
        """Before a run: why it can't be made from this plate."""
        yield from ()

    def bytes_per_pixel(self, settings: S) -> float:
        """Approximate size of its files, for the check of free space; 0 if they are small."""
        return 0.0

    def folder(self, settings: S) -> str | None:
        """The folder that contains all of its files, if they have no fixed names; otherwise None."""
        return None

    def templates(self, settings: S, performers: Sequence[str]) -> list[str]:
        """The paths of its files, with everything except the frame number filled in."""
        return [path for named in self._paths(settings, performers) for path in (named, *self._sidecars(named))]

    def files(self, settings: S, performers: Sequence[str], frames: Iterable[int]) -> Iterable[str]:
        """The paths of all its files."""
        named = self.templates(settings, performers)
        return frame_files(named, frames) if self.per == "frame" else named

    def damage(self, path: Path) -> str | None:
        """What is wrong with a delivered file whose digest is right; None if nothing is wrong."""
        return None

    def listed(self, path: Path) -> Iterable[DeliveredFile]:
        """Delivered files listed in the delivered file at ``path``. Raises MachineError."""
        return ()

    def deliver(self, settings: S, scene: Any) -> Iterator[DeliveredFile]:
        """Write all of it for one frame or shot. Raises FsvfxError, OSError."""
        performers = [entry.performer for entry in scene.job.shot.replace]
        for path in self._paths(settings, performers):
            yield from self.placed(path, scene, partial(self.write, settings=settings, scene=scene))

    def placed(self, path: str, scene: Frame | Shot, write: Callable[[Path], None]) -> Iterator[DeliveredFile]:
        """The file made by ``write``, moved into place, and its sidecar."""
        yield scene.place(self.name, path, write)
        for sidecar in self._sidecars(path):
            yield scene.place(self.name, sidecar, scene.write_facts)

    @abstractmethod
    def write(self, path: Path, settings: S, scene: Any) -> None:
        """Write one file at ``path``: a draft with the final extension, which is moved into place when it is complete.

        The same scene and settings must give the same bytes: no dates, no random numbers. Raises OSError, FsvfxError.
        """

    def _paths(self, settings: S, performers: Sequence[str]) -> list[str]:
        path = str(settings.path)  # type: ignore[attr-defined]
        people = performers if "{performer}" in path else [""]
        return [fill(path, performer=person) for person in people]

    def _sidecars(self, path: str) -> tuple[str, ...]:
        return (f"{path}.json",) if self.states == "sidecar" else ()


class FrameKind(Kind[S]):
    """Written chunk by chunk, a file per frame."""

    per = "frame"

    @abstractmethod
    def write(self, path: Path, settings: S, scene: Frame) -> None: ...


class ShotKind(Kind[S]):
    """Written once per shot, when every frame is there or waived."""

    per = "shot"

    @abstractmethod
    def write(self, path: Path, settings: S, scene: Shot) -> None: ...


def frame_files(templates: Iterable[str], frames: Iterable[int]) -> Iterator[str]:
    """The files of a frame kind's ``templates``."""
    return (frame_path(template, frame) for template in templates for frame in frames)
