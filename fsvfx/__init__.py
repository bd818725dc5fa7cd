"""Face replacement for film shots. ``fsvfx.run("shot.yaml")`` runs a manifest; ``plan``, ``status``, ``verify`` ask;
``fsvfx.detect`` and ``fsvfx.swap`` work on single frames.

Everything here is loaded when it is first asked for, so that ``import fsvfx`` takes milliseconds. Logs go to the logger
``fsvfx``, which is silent until the program sets up logging.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsvfx.api.frames import Identity, Performer, detect, swap
    from fsvfx.api.progress import Progress
    from fsvfx.api.results import PlanResult, RunResult, ShotResult, StatusResult, VerifyResult
    from fsvfx.api.runs import plan, run, status, verify
    from fsvfx.api.shown import DetectedFace, DetectedFaces, Swapped
    from fsvfx.errors import FsvfxError
    from fsvfx.executors import Executor

__all__ = [
    "DetectedFace",
    "DetectedFaces",
    "Executor",
    "FsvfxError",
    "Identity",
    "Performer",
    "PlanResult",
    "Progress",
    "RunResult",
    "ShotResult",
    "StatusResult",
    "Swapped",
    "VerifyResult",
    "detect",
    "plan",
    "run",
    "status",
    "swap",
    "verify",
]

_HOMES = {
    "DetectedFace": "fsvfx.api.shown",
    "DetectedFaces": "fsvfx.api.shown",
    "Executor": "fsvfx.executors",
    "FsvfxError": "fsvfx.errors",
    "Identity": "fsvfx.api.frames",
    "Performer": "fsvfx.api.frames",
    "PlanResult": "fsvfx.api.results",
    "Progress": "fsvfx.api.progress",
    "RunResult": "fsvfx.api.results",
    "ShotResult": "fsvfx.api.results",
    "StatusResult": "fsvfx.api.results",
    "Swapped": "fsvfx.api.shown",
    "VerifyResult": "fsvfx.api.results",
    "detect": "fsvfx.api.frames",
    "plan": "fsvfx.api.runs",
    "run": "fsvfx.api.runs",
    "status": "fsvfx.api.runs",
    "swap": "fsvfx.api.frames",
    "verify": "fsvfx.api.runs",
}

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("fsvfx")
    if name not in _HOMES:
        raise AttributeError(f"module 'fsvfx' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
