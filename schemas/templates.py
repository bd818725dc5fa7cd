"""Paths with a place for the frame number, and which files are pictures or videos by their names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mxf", ".gif"})
PICTURES = frozenset({".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})

_FRAME = re.compile(r"\{frame(?::0(\d)d)?\}|%0(\d)d|(#+)")
_FIELD = re.compile(r"\{([^{}]*)\}")
_DIGITS = 4


def _digits(token: re.Match[str]) -> int:
    braces, percent, hashes = token.groups()
    return int(braces or percent or (len(hashes) if hashes else _DIGITS))


def frame_path(template: str, frame: int) -> str:
    """``template`` with the frame number put in: ``{frame}`` and ``####`` give four digits or more, ``#####`` five.

    The one place where frame numbers become text in paths.
    """
    return _FRAME.sub(lambda token: f"{frame:0{_digits(token)}d}", template)


def with_frame_field(template: str) -> str:
    """``template`` with ``####`` and ``%04d`` written as ``{frame}``; other paddings as ``{frame:05d}``."""

    def field(token: re.Match[str]) -> str:
        digits = _digits(token)
        return "{frame}" if digits == _DIGITS else f"{{frame:0{digits}d}}"

    return _FRAME.sub(field, template)


def frame_tokens(template: str) -> int:
    """How many places for the frame number there are."""
    return len(_FRAME.findall(template))


def fill(template: str, **names: str) -> str:
    """Put ``names`` into their ``{fields}``; others stay."""
    return _FIELD.sub(lambda field: names.get(field[1], field[0]), template)


def fields(template: str) -> list[str]:
    """The names in braces, such as ``shot``; the frame number's is not among them."""
    return _FIELD.findall(_FRAME.sub("", template))


def suffix(path: str) -> str:
    """The file name's ending, in lower case, with its dot."""
    return PurePosixPath(path).suffix.lower()
