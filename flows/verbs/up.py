"""``fsvfx up``: this machine's Prefect server and its UI."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson

EXAMPLES = (
    "fsvfx up",
    "fsvfx up --detach",
    "fsvfx up --stop",
)


def run(
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running in the background.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the running server.")] = False,
    json: AsJson = False,
) -> None:
    """Start this machine's Prefect server, unless it is running, and print the address of its UI."""
    from flows import server

    if stop:
        ended = server.stop()
        _tell(json, {"stopped": ended}, "Stopped." if ended else "No server was running.")
        return
    running = server.wait(server.begin())
    told = {"ui": running.ui, "api": running.api, "pid": running.pid}
    if running.pid is not None:
        told["password_file"] = str(server.password_file())
    _tell(json, told, f"Prefect's UI: {running.shown_to(output.terminal_width() is not None)}")
    if running.pid is not None and not json:
        output.line(f"Its password, to sign in by other means, is in {server.password_file()}")
    if running.pid is not None and not detach:
        output.line("Press Ctrl-C to stop it.")
        _until_ended(running.pid)


def _until_ended(pid: int) -> None:
    import psutil

    from flows import server

    try:
        psutil.Process(pid).wait()
    except psutil.NoSuchProcess:
        return
    except KeyboardInterrupt:
        server.stop()


def _tell(json: bool, data: dict[str, Any], text: str) -> None:
    if json:
        output.as_json(data)
    else:
        output.command(text)
