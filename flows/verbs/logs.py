"""``-v`` of every verb: the library's log lines on standard error. Without it, the library is quiet."""

from __future__ import annotations

import functools
import inspect
import logging
import os
from collections.abc import Callable
from typing import Annotated, Any

import typer

VARIABLE = "FSVFX_VERBOSE"
"""Passes the level on to child processes."""
_LEVELS = {1: logging.INFO, 2: logging.DEBUG}
_PACKAGES = ("fsvfx", "flows", "tasks")

Verbose = Annotated[
    int,
    typer.Option(
        "--verbose", "-v", count=True, show_default=False, help="Log progress to standard error; -vv adds details."
    ),
]


def with_verbosity(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with the option ``--verbose`` added."""

    @functools.wraps(function)
    def run(*arguments: Any, verbose: int = 0, **options: Any) -> Any:
        start_logging(verbose)
        return function(*arguments, **options)

    signature = inspect.signature(function, eval_str=True)
    option = inspect.Parameter("verbose", inspect.Parameter.KEYWORD_ONLY, default=0, annotation=Verbose)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()} | {"verbose": Verbose}
    return run


def start_logging(verbose: int) -> None:
    """Show the log lines of fsvfx's own packages, here and in the processes that are started from now on."""
    verbose = min(verbose or int(os.environ.get(VARIABLE) or 0), 2)
    if not verbose:
        return
    os.environ[VARIABLE] = str(verbose)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    for name in _PACKAGES:
        logger = logging.getLogger(name)
        logger.setLevel(_LEVELS[verbose])
        logger.handlers = [handler]
        logger.propagate = False
