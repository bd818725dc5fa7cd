"""``fsvfx engines``: what swaps faces here."""

from __future__ import annotations

from flows.verbs import say
from flows.verbs.options import AsJson


def run(json: AsJson = False) -> None:
    """List the engines, with their settings."""
    from fsvfx.engines.registry import engines

    known = engines()
    if json:
        say.as_json(
            {
                name: {
                    "version": engine.version,
                    "family": engine.family,
                    "summary": engine.summary,
                    "source": engine.source,
                    "settings": engine.Settings.model_json_schema(),
                }
                for name, engine in known.items()
            }
        )
        return
    rows = [(name, engine.family, engine.version, engine.summary, engine.source) for name, engine in known.items()]
    say.table("Engines", ("name", "family", "version", "what it does", "follows"), rows)
    for name, engine in known.items():
        fields = engine.Settings.model_fields.items()
        settings = [(field, info.annotation, info.default, info.description or "") for field, info in fields]
        say.table(f"Settings of {name}", ("setting", "type", "default", "what for"), settings)
