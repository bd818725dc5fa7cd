"""The command line ``fsvfx``. Exit codes: 0 done, 2 wrong input, 3 rights refused, 4 done in part, 5 machine failed."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.exceptions import TyperException

from flows.verbs import (
    actors,
    consent,
    demo,
    doctor,
    edit,
    engines,
    evaluate,
    faces,
    facesets,
    models,
    new,
    plan,
    retry,
    status,
    submit,
    train,
    up,
    validate,
    verify,
    waive,
)

EXIT_INPUT = 2
EXIT_MACHINE = 5
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="fsvfx",
    help="Replaces faces in film shots: manifests in, EXR and review video out, chunk by chunk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for verb in (
    new,
    demo,
    validate,
    plan,
    submit,
    status,
    retry,
    waive,
    verify,
    faces,
    engines,
    train,
    facesets,
    evaluate,
    actors,
    doctor,
    up,
):
    app.command(verb.__name__.rpartition(".")[2])(verb.run)
app.add_typer(consent.app, name="consent")
app.add_typer(edit.app, name="edit")
app.add_typer(models.app, name="models")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; never a traceback for what a user can fix."""
    sys.exit(code_of(sys.argv[1:] if arguments is None else arguments))


def code_of(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    from fsvfx.errors import FsvfxError

    machine_readable = "--json" in arguments
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
    except TyperException as error:
        _tell_usage(error, machine_readable)
        return EXIT_INPUT
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except FsvfxError as error:
        from flows.verbs import output

        output.error(error, machine_readable)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        _tell_unexpected(error, machine_readable)
        return EXIT_MACHINE

    if code == EXIT_INTERRUPTED:  # typer turns Ctrl-C into this code
        sys.stderr.write("Stopped. What was committed stays; run it again to go on.\n")
    return code


def _tell_usage(error: Any, machine_readable: bool) -> None:
    """A verb or option that there is not, or one that lacks."""
    from fsvfx.printable import printable

    if machine_readable:
        from flows.verbs import output

        told = {"kind": "UsageError", "what": error.format_message(), "hint": "See fsvfx --help"}
        output.as_json({"error": told, "exit_code": EXIT_INPUT})
    else:
        error.message = printable(error.message)
        error.show()


def _tell_unexpected(error: Exception, machine_readable: bool) -> None:
    """An error that nobody foresaw: one line here, the traceback in a file."""
    from fsvfx.errors import MachineError

    what = f"Something unforeseen: {type(error).__name__}: {error}"
    try:
        hint = f"The whole story is in {_write_log(error)}; please send it along"
    except OSError:
        hint = "The log could not be written; set FSVFX_CACHE to a folder that you may write"

    from flows.verbs import output

    output.error(MachineError(what, hint=hint), machine_readable)


def _write_log(error: Exception) -> Path:
    from fsvfx.settings import machine

    folder = machine().cache / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    path.write_text(
        f"{sys.argv}\n" + "".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace"
    )
    return path


if __name__ == "__main__":
    main()
