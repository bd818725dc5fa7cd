"""The available kinds of deliverables: fsvfx's own, and those registered by installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from pydantic import JsonValue

from fsvfx.delivery.contract import Kind
from fsvfx.plugins import Plugins
from schemas.deliver import OWN_KINDS, Deliver
from schemas.job import ShotJob
from schemas.receipts import Unit

_HOUSE: Final = "fsvfx.delivery.house"
REGISTERED: Final = Plugins(
    "fsvfx.deliverables",
    "kind of deliverable",
    own={
        "exr": f"{_HOUSE}:Exr",
        "frames": f"{_HOUSE}:Frames",
        "mattes": f"{_HOUSE}:Mattes",
        "mesh": f"{_HOUSE}:Mesh",
        "point_cache": f"{_HOUSE}:PointCache",
        "movie": f"{_HOUSE}:Movie",
        "review": f"{_HOUSE}:Review",
        "contact_sheet": f"{_HOUSE}:ContactSheet",
        "report": f"{_HOUSE}:Report",
        "mhl": f"{_HOUSE}:Mhl",
    },
)


@dataclass(frozen=True)
class Wish:
    """A deliverable in a manifest: its kind, and its settings in the kind's own model."""

    kind: Kind[Any]
    settings: Any

    @property
    def path(self) -> str:
        return str(self.settings.path)

    @property
    def recipe(self) -> dict[str, JsonValue]:
        """What its files depend on, except for their location: part of a delivery's key."""
        settings: dict[str, JsonValue] = self.settings.model_dump(mode="json", exclude={"path"})
        return settings | ({"kind_version": self.kind.version} if self.kind.version > 1 else {})


def kinds() -> tuple[str, ...]:
    """All names, fsvfx's own first; loads none."""
    return (*OWN_KINDS, *(name for name in REGISTERED.names() if name not in OWN_KINDS))


def kind(name: str) -> Kind[Any]:
    """The kind of that name. Raises InputError, with the nearest name, if there is none; MachineError if it can't be
    loaded."""
    return REGISTERED.load(name, _is_kind, "subclass of fsvfx.delivery.contract.FrameKind or ShotKind")()


def wish(deliver: Deliver) -> Wish:
    """``deliver`` with its kind. Raises InputError for an unknown one, ValidationError for settings that do not fit
    it."""
    found = kind(deliver.kind)
    return Wish(found, found.settings(deliver))


def implied(shot: str, deliver: Sequence[Deliver]) -> list[Wish]:
    """Deliverables made even if ``deliver`` does not list them: the contact sheet and the report, beside the first
    deliverable. Paths are filled in."""
    asked = {one.kind for one in deliver}
    wishes = [wish(one) for one in deliver]
    files = [one.path for one in wishes if not one.kind.folder(one.settings) and "{performer}" not in one.path]
    if not files:
        return []
    folder = files[0].rpartition("/")[0]
    made = (kind(name) for name in OWN_KINDS if name not in asked)
    return [
        Wish(one, one.Settings(kind=one.name, path=f"{folder}/{shot}.{one.implied_ending}"))
        for one in made
        if one.implied_ending
    ]


def wishes(shot: str, deliver: Sequence[Deliver]) -> list[Wish]:
    """All deliverables of a shot: those listed in ``deliver``, in order, and the implied ones."""
    return [*map(wish, deliver), *implied(shot, deliver)]


def asked(job: ShotJob, unit: Unit) -> list[Wish]:
    """The listed deliverables that ``unit`` writes: frames for a chunk, the rest for the shot."""
    per = "shot" if unit.chunk is None else "frame"
    return [one for one in map(wish, job.deliver) if one.kind.per == per]


def reads_of(asked: Iterable[Wish]) -> frozenset[str]:
    """The stages that any of them reads in addition to ingest and composite."""
    return frozenset(stage for one in asked for stage in one.kind.reads(one.settings))


def _is_kind(loaded: object) -> TypeGuard[type[Kind[Any]]]:
    return isinstance(loaded, type) and issubclass(loaded, Kind)
