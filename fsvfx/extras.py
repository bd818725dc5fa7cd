"""Optional packages: which extra of fsvfx brings each, and the error where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from fsvfx.errors import MachineError

EXTRAS = {
    "insightface": "insightface",
    "matplotlib": "plots",
    "onnxscript": "onnx",
    "pxr": "usd",
    "rfc8785": "insightface",
    "tensorboardX": "board",
}
"""By the name that is imported."""


def is_installed(module: str) -> bool:
    """Whether it can be imported; does not import it."""
    return find_spec(module) is not None


def how_to_install(module: str) -> str:
    """The command that brings an optional package."""
    return f'pip install "fsvfx[{EXTRAS[module]}]"'


def require(*modules: str, what: str) -> None:
    """Raises MachineError, with the extra to install, if one of ``modules`` is missing. ``what`` needs them."""
    for module in modules:
        if not is_installed(module):
            raise MachineError(f"{what} needs {module}, which is not installed", hint=how_to_install(module))
