"""``fsvfx up``: the Prefect server and its UI on this machine."""

from __future__ import annotations

import signal
from typing import Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson


def run(
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running and return.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the one that runs.")] = False,
    json: AsJson = False,
) -> None:
    """Start (or find) the Prefect server of this machine and tell where its UI is."""
    from flows import server

    if stop:
        ended = server.stop()
        _tell(json, {"stopped": ended}, "Stopped." if ended else "There was none running.")
        return
    running = server.wait(server.begin())
    _tell(json, {"ui": running.ui, "api": running.api, "pid": running.pid}, f"Prefect's UI: {running.ui}")
    if running.pid is not None and not detach:
        output.line("Ctrl-C stops it.")
        _until_ended(running.pid)


def _until_ended(pid: int) -> None:
    import psutil

    from flows import server

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        psutil.Process(pid).wait()
    except psutil.NoSuchProcess:
        return
    except KeyboardInterrupt:
        server.stop()


def _interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _tell(json: bool, data: dict[str, Any], text: str) -> None:
    if json:
        output.as_json(data)
    else:
        output.command(text)
