"""Which engines there are: those that installed packages register under ``fsvfx.engines``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from pydantic import JsonValue, ValidationError

from fsvfx.engines.contract import Engine, EngineSettings
from fsvfx.errors import InputError, MachineError, Where

GROUP = "fsvfx.engines"


@lru_cache(maxsize=1)
def _registered() -> dict[str, EntryPoint]:
    """Entry points by name; of two of the same name the first one found counts, as on the import path."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point)
    return dict(sorted(found.items()))


def engines() -> dict[str, type[Engine]]:
    """Every engine by its published name, in alphabetical order. Raises MachineError if one can't be loaded."""
    return {name: _load(point) for name, point in _registered().items()}


def engine(name: str) -> type[Engine]:
    """The engine of that name. Raises InputError, with the nearest name, if there is none."""
    known = _registered()
    if name not in known:
        raise InputError(f"There is no engine '{name}'", mend=_nearest(name, list(known)))
    return _load(known[name])


def settings_of(name: str, values: Mapping[str, JsonValue]) -> EngineSettings:
    """The settings ``values`` of engine ``name``, checked. Raises InputError with everything that is wrong in them."""
    model = engine(name).Settings
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        said = "; ".join(_problem(one["loc"], one["msg"], list(model.model_fields)) for one in error.errors())
        raise InputError(
            f"Engine '{name}' does not take these settings: {said}",
            mend="Mend them in the manifest; `fsvfx engines` lists what each engine takes",
            where=Where(field="settings"),
        ) from error


def _problem(place: tuple[int | str, ...], message: str, known: list[str]) -> str:
    field = ".".join(str(part) for part in place)
    if field not in known and "Extra inputs" in message:
        return f"'{field}' is unknown ({_nearest(field, known)})"
    return f"{field}: {message}"


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    return f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known) or 'none'}"


def _load(point: EntryPoint) -> type[Engine]:
    try:
        loaded = point.load()
    except Exception as error:
        raise MachineError(
            f"Engine '{point.name}' ({point.value}) can't be loaded: {error}",
            mend="Mend or uninstall the package that brings it",
        ) from error
    if not (isinstance(loaded, type) and issubclass(loaded, Engine)):
        raise MachineError(
            f"Engine '{point.name}' ({point.value}) is no subclass of fsvfx.engines.contract.Engine",
            mend="Mend or uninstall the package that brings it",
        )
    return loaded
