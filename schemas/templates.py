"""Paths with a place for the frame number, and which files are pictures or videos by their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mxf", ".gif"})
PICTURES = frozenset({".exr", ".dpx", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})

_FRAME = re.compile(r"\{frame(?::0(\d)d)?\}|%0(\d)d|(#+)")
_READ = re.compile(r"%0?(\d?)d|(#+)")
_ELSEWHERE = re.compile(
    r"\[(\d+)-\d+\]|(\d+)-\d+[#@]+|(@+)|(\?+)|\*|(?:\$\{?F|<(?:f|frame)(?=\d?>))(?P<digits>\d?)[}>]?", re.IGNORECASE
)
"""Where other programs have the frame number: djv, RV, Shake, globs, Houdini, Maya."""
_ONE_FRAME = re.compile(r"(?<![^._ -])(\d+)(?=\.\w+$)")
_RANGE = re.compile(r"\s+\[?-?\d+\s*[-\s]\s*-?\d+\]?$")
"""Behind the name, as Nuke writes it."""
_FIELD = re.compile(r"\{([^{}]*)\}")
_DIGITS = 4


def _digits(token: re.Match[str]) -> int:
    braces, percent, hashes = token.groups()
    return int(braces or percent or (len(hashes) if hashes else _DIGITS))


def frame_path(template: str, frame: int) -> str:
    """``template`` with the frame number put into its file name: ``{frame}`` and ``####`` give four digits or more.

    The one place where frame numbers become text in paths. Folders stay as they are, whatever they are called.
    """
    return _in_name(template, lambda token: f"{frame:0{_digits(token)}d}")


def with_frame_field(template: str) -> str:
    """``template`` with ``####`` and ``%04d`` written as ``{frame}``; other paddings as ``{frame:05d}``."""

    def field(token: re.Match[str]) -> str:
        digits = _digits(token)
        return "{frame}" if digits == _DIGITS else f"{{frame:0{digits}d}}"

    return _in_name(template, field)


def _in_name(template: str, put: Callable[[re.Match[str]], str]) -> str:
    folder, slash, name = template.rpartition("/")
    return folder + slash + _FRAME.sub(put, name)


def around_frame(template: str) -> tuple[str, int, str]:
    """What stands before the frame number, how many digits that has at least, and what stands after it. ValueError."""
    folder, slash, name = template.rpartition("/")
    token = _FRAME.search(name)
    if token is None:
        raise ValueError(f"{template} has no place for a frame number")
    return folder + slash + name[: token.start()], _digits(token), name[token.end() :]


def frame_place(pattern: str) -> tuple[str, int, str] | None:
    """Of a sequence that is read: what stands before the frame number (``####``, ``%04d``), how many digits that has at
    least, and what stands after it. None without one.

    Of several places the last one counts: the others belong to the name, as in ``take#2.####.exr``.
    """
    folder, slash, name = pattern.rpartition("/")
    tokens = list(_READ.finditer(name))
    if not tokens:
        return None
    digits, hashes = tokens[-1].groups()
    before, after = name[: tokens[-1].start()], name[tokens[-1].end() :]
    return folder + slash + before, len(hashes) if hashes else int(digits or 1), after


def with_hashes(pattern: str) -> str | None:
    """``a.####.exr`` for a sequence as another program writes it, or for one file of it. None for all others."""
    folder, slash, name = pattern.strip().rpartition("/")
    bare = _RANGE.sub("", name)
    token = _ELSEWHERE.search(bare) or (None if frame_place(bare) else _ONE_FRAME.search(bare))
    if token is not None:
        bare = bare[: token.start()] + "#" * _hashes(token) + bare[token.end() :]
    return folder + slash + bare if bare != name else None


def _hashes(token: re.Match[str]) -> int:
    """As many digits as it names or has; else four."""
    digits = token.groupdict().get("digits")
    return int(digits) if digits else len(next(filter(None, token.groups()), "")) or _DIGITS


def frame_tokens(template: str) -> int:
    """How many places for the frame number the file name has."""
    return len(_FRAME.findall(template.rpartition("/")[2]))


def fill(template: str, **names: str) -> str:
    """Put ``names`` into their ``{fields}``; others stay."""
    return _FIELD.sub(lambda field: names.get(field[1], field[0]), template)


def filled(template: str, shot: str, production: str) -> str:
    """A deliverable's path with all but the frame number put in, whose place is a ``{frame}`` field."""
    return with_frame_field(fill(template, shot=shot, production=production))


def fields(template: str) -> list[str]:
    """The names in braces, such as ``shot``; not the frame number's in the file name."""
    return _FIELD.findall(_in_name(template, lambda token: ""))


def suffix(path: str) -> str:
    """The file name's ending, in lower case, with its dot."""
    return PurePosixPath(path.strip()).suffix.lower()
