"""The contract of every kind of deliverable: what it is asked for, which files it makes, and how it writes them.

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
    """``field``: of the settings; empty for the deliverable itself. ``stops``: whether a run may not start with it."""

    field: str
    what: str
    hint: str
    stops: bool = True


@dataclass(frozen=True)
class Surroundings:
    """What of the manifest the settings of a deliverable may have to fit."""

    has_linear_plate: bool
    is_linear: Callable[[str], bool]
    """Whether a color space is scene-linear."""
    others: tuple[str, ...]
    """Paths of the other deliverables that are files."""
    several: bool
    """Whether a shot replaces more than one face."""
    bare: tuple[str, ...]
    """The people who go in and have no references."""


class Kind(ABC, Generic[S]):
    """What frame kinds and shot kinds have in common. Stateless."""

    name: ClassVar[str]
    """As manifests write it: ``kind: exr``."""
    per: ClassVar[Literal["frame", "shot"]]
    version: ClassVar[int] = 1
    """Raise it when the same comp and settings give other bytes: it is part of the key of a delivery."""
    Settings: type[S]
    """Has ``kind`` and ``path``, and whatever else a manifest may say. A field ``color_space`` is checked against the
    color config, and its full name filled in."""
    endings: ClassVar[tuple[str, ...]] = ()
    """Endings that its path may have, in lower case; empty: any."""
    path_fields: ClassVar[tuple[str, ...]] = ()
    """``("performer",)`` if the path may hold ``{performer}``: one file for each."""
    states: ClassVar[Literal["file", "sidecar"]] = "sidecar"
    """Where the scene's ``facts`` are recorded (whether faces were replaced, on whose consent, from which key): in the
    ``file``, by `write`; or in a JSON ``sidecar`` at ``<path>.json``, which fsvfx writes."""
    needs_rate: ClassVar[bool] = False
    """Whether it can't be made of a plate without a frame rate."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Optional packages that its writer imports, by the names in ``fsvfx.extras``: looked for before a run."""
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
        """The color space of its pictures: a name, ``plate`` or ``comp`` for theirs, None for what has none."""
        return getattr(settings, "color_space", None) or (
            "plate" if "color_space" in self.Settings.model_fields else None
        )

    def reads(self, settings: S) -> tuple[str, ...]:
        """Stages that it reads besides ``ingest`` and ``composite``: ``align``, ``fit``, ``references``, ``cast``."""
        return ()

    def problems(self, settings: S, around: Surroundings) -> Iterator[Problem]:
        """What does not go together in a manifest, beyond what the model says. No I/O."""
        yield from ()

    def rate_problems(self, settings: S, rate: Fraction) -> Iterator[Problem]:
        """Before a run: why it can't have this frame rate."""
        yield from ()

    def plate_problems(self, settings: S, plate: PlateInfo) -> Iterator[Problem]:
        """Before a run: why it can't be made of this plate."""
        yield from ()

    def bytes_per_pixel(self, settings: S) -> float:
        """About how large its files get, for the check of free space; 0 for what is small."""
        return 0.0

    def folder(self, settings: S) -> str | None:
        """The folder in which all that it makes lies, where its files have no names of their own; else None."""
        return None

    def templates(self, settings: S, performers: Sequence[str]) -> list[str]:
        """The paths of its files, filled in but for the frame number."""
        return [path for named in self._paths(settings, performers) for path in (named, *self._sidecars(named))]

    def files(self, settings: S, performers: Sequence[str], frames: Iterable[int]) -> Iterable[str]:
        """The paths of all its files."""
        named = self.templates(settings, performers)
        return frame_files(named, frames) if self.per == "frame" else named

    def damage(self, path: Path) -> str | None:
        """What is wrong with a delivered file whose digest is right; None if nothing is."""
        return None

    def listed(self, path: Path) -> Iterable[DeliveredFile]:
        """Delivered files that the delivered file at ``path`` lists. Raises MachineError."""
        return ()

    def deliver(self, settings: S, scene: Any) -> Iterator[DeliveredFile]:
        """Write all of it for one frame or shot. Raises FsvfxError, OSError."""
        performers = [entry.performer for entry in scene.job.shot.replace]
        for path in self._paths(settings, performers):
            yield from self.placed(path, scene, partial(self.write, settings=settings, scene=scene))

    def placed(self, path: str, scene: Frame | Shot, write: Callable[[Path], None]) -> Iterator[DeliveredFile]:
        """The file that ``write`` makes, put in its place, and its sidecar."""
        yield scene.place(self.name, path, write)
        for sidecar in self._sidecars(path):
            yield scene.place(self.name, sidecar, scene.write_facts)

    @abstractmethod
    def write(self, path: Path, settings: S, scene: Any) -> None:
        """Write one file at ``path``: a draft with the final ending, which is moved to its place when it is whole.

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
