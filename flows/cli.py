"""The command line ``fsvfx``. Exit codes: 0 done, 2 wrong input, 3 rights refused, 4 done in part, 5 machine failed."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer  # no slow imports here: Ctrl-C counts from the start

VERBS: dict[str, tuple[str, ...]] = {
    "Start": ("new", "consent", "demo", "doctor"),
    "Run shots": (
        "validate", "plan", "run", "submit", "status", "retry", "faces", "waive", "verify", "open", "edit",
    ),
    "Engines and training": ("engines", "models", "bank", "texture", "train", "facesets", "evaluate", "actors"),
    "This machine": ("up",),
}  # fmt: skip
"""Every verb by its purpose: a module of ``flows.verbs`` each. One with ``COMMANDS`` has subcommands."""


QUICK = ("validate", "plan", "status")
"""Verbs that answer at once: unreachable objects are left to the system at the end."""


def verb(name: str) -> ModuleType:
    """The verb's module."""
    return import_module(f"flows.verbs.{name}")


def build(only: str = "") -> typer.Typer:
    """The command line, with every verb in it; or only that one, as importing all is slow."""
    app = _group("Replaces faces in film shots: manifests in, EXR and review video out, chunk by chunk.")
    for panel, verbs in VERBS.items():
        for name in verbs:
            if name == only or not only:
                _add_verb(app, name, panel)
    return app


_INTERRUPTED = 130
"""`ExitCode.INTERRUPTED`, before that is imported."""


def _add_verb(app: typer.Typer, name: str, panel: str) -> None:
    module = verb(name)
    if not hasattr(module, "COMMANDS"):
        _add(app, name, module.run, module.EXAMPLES, panel)
        return
    inner = _group(module.HELP)
    for word, function in module.COMMANDS.items():
        _add(inner, word, function, module.EXAMPLES[word])
    app.add_typer(inner, name=name, rich_help_panel=panel)


def _group(text: str) -> typer.Typer:
    import typer

    app = typer.Typer(
        name="fsvfx",
        help=text,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(lambda: None)  # so that a group with one command is still a group
    return app


def _add(
    app: typer.Typer, name: str, function: Callable[..., Any], examples: Sequence[str], panel: str | None = None
) -> None:
    from flows.verbs.logs import with_verbosity

    lines = "\n".join(f"  {_escaped(example)}" for example in examples)
    command = app.command(name, epilog=f"Examples:\n{lines}", rich_help_panel=panel)
    command(with_verbosity(function))


def _escaped(example: str) -> str:
    if "[" not in example:
        return example
    from rich.markup import escape  # slow to import

    return escape(example)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; never a traceback for problems that a user can fix.

    SIGTERM, which schedulers and containers use to end a process, is handled like Ctrl-C.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in QUICK:
        gc.disable()
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else all packages are searched for some
    code = code_of(arguments)
    if "OpenImageIO" not in sys.modules:  # it reports uncollected objects as leaks
        gc.freeze()  # no objects have to be collected one by one
    sys.exit(code)


def code_of(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    first = arguments[0] if arguments else ""
    try:
        app = build(first if any(first in verbs for verbs in VERBS.values()) else "")
        code = int(app(arguments, standalone_mode=False) or 0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:
        code = _INTERRUPTED if _is_interrupt(error) else _told(error, "--json" in arguments)
    if code == _INTERRUPTED:  # typer converts Ctrl-C to this code
        sys.stderr.write("Stopped. Finished work is kept; run the same command again to continue.\n")
    return code


def _is_interrupt(error: BaseException) -> bool:
    """Libraries interrupted during import raise ImportError for it."""
    causes = (each for each in (error.__cause__, error.__context__) if each is not None)
    return isinstance(error, KeyboardInterrupt) or any(map(_is_interrupt, causes))


def _told(error: Exception, as_json: bool) -> int:
    """Report the error that ended the command; returns the exit code."""
    import typer
    from typer.exceptions import TyperException

    from flows.verbs import output
    from fsvfx.errors import ExitCode, FsvfxError

    if isinstance(error, typer.Abort):
        return ExitCode.INTERRUPTED
    if isinstance(error, TyperException):
        _report_usage(error, as_json)
        return ExitCode.INPUT
    if isinstance(error, FsvfxError):
        output.error(error, as_json)
        return error.exit_code
    _report_unexpected(error, as_json)
    return ExitCode.MACHINE


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _report_usage(error: Any, as_json: bool) -> None:
    """An unknown or missing verb or option."""
    from flows.verbs import output
    from fsvfx.errors import ExitCode
    from fsvfx.printable import printable

    if as_json:
        problem = {"kind": "UsageError", "what": error.format_message(), "hint": "See fsvfx --help"}
        output.as_json({"error": problem, "exit_code": ExitCode.INPUT})
    else:
        error.message = printable(error.message.replace("Value error, ", ""))
        error.show()


def _report_unexpected(error: Exception, as_json: bool) -> None:
    """One line here, the traceback in a file."""
    from flows.verbs import output
    from fsvfx.errors import MachineError

    what = f"Unexpected error: {type(error).__name__}: {error}"
    try:
        hint = f"The traceback is in {_write_traceback(error)}; please attach it to a report"
    except OSError:
        hint = "The traceback could not be written; set FSVFX_CACHE to a folder that you can write to"
    output.error(MachineError(what, hint=hint), as_json)


def _write_traceback(error: Exception) -> Path:
    from fsvfx.disk import cache

    folder = cache("logs")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    path.write_text(
        f"{sys.argv}\n" + "".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace"
    )
    return path


if __name__ == "__main__":
    main()
