"""The available engines: those that installed packages register under ``fsvfx.engines``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from pydantic import JsonValue, ValidationError

from fsvfx.engines.contract import FIT, Engine, EngineSettings
from fsvfx.errors import InputError, Where
from fsvfx.plugins import Plugins
from fsvfx.suggestions import suggestion

if TYPE_CHECKING:
    from fsvfx.engines.packaged import PackagedEngine
    from schemas.manifest import Replace

REGISTERED: Final = Plugins("fsvfx.engines", "engine")


def engines() -> dict[str, type[Engine[Any]]]:
    """Every engine by its published name, in alphabetical order. Raises MachineError if one can't be loaded."""
    return {name: engine(name) for name in REGISTERED.names()}


def engine(name: str) -> type[Engine[Any]]:
    """The engine of that name. Raises InputError, with the nearest name, if there is none."""
    return REGISTERED.load(name, _is_engine, "subclass of fsvfx.engines.contract.Engine")


def learned(name: str) -> type[PackagedEngine[Any]]:
    """The trainable engine of that name. Raises InputError if there is none, or it is not trainable."""
    from fsvfx.engines.packaged import PackagedEngine

    found = engine(name)
    if issubclass(found, PackagedEngine):
        return found
    learn = [each for each, kind in engines().items() if issubclass(kind, PackagedEngine)]
    raise InputError(f"Engine '{name}' is not trainable", hint=f"Trainable: {', '.join(learn)}")


def is_fitted(entry: Replace) -> bool:
    """Whether an entry's face is fitted in three dimensions: its engine reads that, or it is driven. Raises InputError
    for an unknown engine."""
    return entry.driver is not None or FIT in engine(entry.engine).reads


def settings_of(name: str, values: Mapping[str, JsonValue]) -> EngineSettings:
    """The settings ``values`` of engine ``name``, checked. Raises InputError with everything that is wrong in them."""
    return checked(name, engine(name).Settings, values)


def checked(name: str, model: type[EngineSettings], values: Mapping[str, JsonValue]) -> EngineSettings:
    """``values`` as the settings of an engine of that name. Raises InputError with everything that is wrong in them."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        said = "; ".join(_problem(one["loc"], one["msg"], list(model.model_fields)) for one in error.errors())
        raise InputError(
            f"Engine '{name}' does not take these settings: {said}",
            hint="Fix them in the manifest; `fsvfx engines` lists what each engine takes",
            where=Where(field="settings"),
        ) from error


def _problem(place: tuple[int | str, ...], message: str, known: list[str]) -> str:
    field = ".".join(str(part) for part in place)
    if field not in known and "Extra inputs" in message:
        return f"'{field}' is unknown ({suggestion(field, known)})"
    return f"{field}: {message}"


def _is_engine(loaded: object) -> TypeGuard[type[Engine[Any]]]:
    return isinstance(loaded, type) and issubclass(loaded, Engine)
