"""What installed packages bring along by entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import EntryPoint, EntryPoints, PackageNotFoundError, distribution, entry_points
from typing import Any, TypeGuard, TypeVar, cast

from fsvfx.errors import InputError, MachineError
from fsvfx.suggestions import suggestion

Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Plugins:
    """All entry points of one group. ``kind``: what each of them is, in messages. ``own``: fsvfx's own that need no
    entry point, by name (``module:object``). No package takes the place of fsvfx's own: where one of those is named,
    the other packages' are not even read, as going through hundreds of them takes a while."""

    group: str
    kind: str
    own: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """In alphabetical order."""
        return tuple(self._points)

    def check(self, name: str) -> None:
        """Raises InputError, with the nearest name, if there is none of that name; loads nothing."""
        if name not in self._own and name not in self._points:
            raise InputError(f"No {self.kind} named '{name}'", hint=suggestion(name, self.names()))

    def load(self, name: str, fits: Callable[[object], TypeGuard[Loaded]], what: str) -> Loaded:
        """What the entry point names. Raises InputError if there is none, MachineError if it can't be loaded or does
        not fit (is no ``what``)."""
        if (name, what) in self._loaded:
            return cast("Loaded", self._loaded[name, what])
        self.check(name)
        point = self._own.get(name) or self._points[name]
        try:
            loaded: object = point.load()
        except Exception as error:
            raise self._broken(point, f"can't be loaded: {error}") from error
        if not fits(loaded):
            raise self._broken(point, f"is not a {what}")
        self._loaded[name, what] = loaded
        return loaded

    @cached_property
    def _loaded(self) -> dict[tuple[str, str], Any]:
        return {}

    @cached_property
    def _own(self) -> dict[str, EntryPoint]:
        """fsvfx's, by name."""
        found = {name: EntryPoint(name, value, self.group) for name, value in self.own.items()}
        return found | {point.name: point for point in _installed().select(group=self.group)}

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        """By name; of two of the same name the first one found counts, as on the import path."""
        found = dict(self._own)
        for point in entry_points(group=self.group):
            found.setdefault(point.name, point)
        return dict(sorted(found.items()))

    def _broken(self, point: EntryPoint, why: str) -> MachineError:
        return MachineError(
            f"{self.kind.capitalize()} '{point.name}' ({point.value}) {why}",
            hint="Fix or uninstall the package that provides it",
        )


@cache
def _installed() -> EntryPoints:
    """fsvfx's entry points; none where it runs without having been installed."""
    try:
        return distribution("fsvfx").entry_points
    except PackageNotFoundError:
        return EntryPoints()
