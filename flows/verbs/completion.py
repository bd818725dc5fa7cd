"""Shell completion of values: engines, models, stages, the shots of a manifest. On an error there are no
suggestions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import typer

Completer = Callable[[typer.Context, str], list[str]]


def _completer(values: Callable[[typer.Context], Iterable[str]]) -> Completer:
    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        with suppress(Exception):  # a traceback would be inserted in the command being typed
            return [value for value in values(ctx) if value.startswith(incomplete)]
        return []

    return complete


@_completer
def engine_names(ctx: typer.Context) -> Iterable[str]:
    """Engines from installed packages."""
    from fsvfx.plugins import Plugins

    return Plugins("fsvfx.engines", "engine").names()


@_completer
def model_names(ctx: typer.Context) -> Iterable[str]:
    """Weights with a card."""
    from fsvfx import models

    return models.cards()


@_completer
def pack_names(ctx: typer.Context) -> Iterable[str]:
    """Identity networks, and packs added by users."""
    from fsvfx.identity.registry import names
    from fsvfx.models import packs

    return sorted({*names(), *packs.names()})


@_completer
def stage_names(ctx: typer.Context) -> Iterable[str]:
    """Stages, in their order."""
    from fsvfx.runner.dag import stages

    return stages()


@_completer
def executor_names(ctx: typer.Context) -> Iterable[str]:
    """Executors from installed packages."""
    from fsvfx import executors

    return executors.names()


@_completer
def shot_names(ctx: typer.Context) -> Iterable[str]:
    """Shots of the manifest typed before: a parameter, or a bare word if parsing stopped early."""
    words = (ctx.params.get("manifest"), ctx.params.get("target"), *ctx.args)
    return next((shots_in(Path(word)) for word in words if word and Path(word).is_file()), ())


@_completer
def color_spaces(ctx: typer.Context) -> Iterable[str]:
    """Short names of usual color spaces."""
    return ("sRGB", "Rec709", "DisplayP3", "ACEScg", "ACES2065-1", "linear_rec709", "LogC3", "LogC4", "SLog3", "VLog")


def shots_in(manifest: Path) -> list[str]:
    """The names of the shots in a file, even if it is otherwise invalid; empty if it is not a shot manifest."""
    from fsvfx.documents import read_yaml

    data = read_yaml(manifest).data
    shots = data.get("shots") if isinstance(data, dict) else None
    return [str(shot["name"]) for shot in shots or () if isinstance(shot, dict) and "name" in shot]
