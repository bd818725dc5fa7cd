"""``fsvfx engines``: the engines that are installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flows.verbs import output
from flows.verbs.options import AsJson

if TYPE_CHECKING:
    from fsvfx.engines.contract import Engine, EngineSettings

EXAMPLES = (
    "fsvfx engines",
    "fsvfx engines --json",
)


def run(json: AsJson = False) -> None:
    """List the engines, their settings, and the training settings of those that are trained."""
    from fsvfx.engines.registry import engines

    known = engines()
    if json:
        output.as_json({name: _as_data(engine) for name, engine in known.items()})
        return
    rows = [(name, engine.family, engine.version, engine.summary, engine.source) for name, engine in known.items()]
    output.table("Engines", ("name", "family", "version", "description", "source"), rows)
    for name, engine in known.items():
        output.table(f"Settings of {name}", _COLUMNS, _fields(engine.Settings))
        if sizes := _architecture(engine):
            output.table(f"Architecture of {name} (in training manifests)", _COLUMNS, _fields(sizes))


_COLUMNS = ("setting", "default", "values", "description")


def _as_data(engine: type[Engine[Any]]) -> dict[str, Any]:
    sizes = _architecture(engine)
    return {
        "version": engine.version,
        "family": engine.family,
        "summary": engine.summary,
        "source": engine.source,
        "settings": engine.Settings.model_json_schema(),
        **({"architecture": sizes.model_json_schema()} if sizes else {}),
    }


def _architecture(engine: type[Engine[Any]]) -> type[EngineSettings] | None:
    """The settings chosen before training; for engines that learn."""
    from fsvfx.engines.packaged import PackagedEngine

    return engine.Architecture if issubclass(engine, PackagedEngine) else None


def _fields(model: type[EngineSettings]) -> Iterator[tuple[str, str, str, str]]:
    from fsvfx.documents.fields import allowed, plain, resolved, schema_of

    root = schema_of(model)
    for name, shape in root["properties"].items():
        default = shape.get("default")
        said = "required" if name in root.get("required", ()) else "" if default is None else plain(default)
        text = shape.get("description", "").replace("``", "").replace("\n", " ")
        yield name, said, allowed(resolved(root, shape)).replace("`", ""), text
