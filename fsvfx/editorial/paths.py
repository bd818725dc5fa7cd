"""Media paths and addresses from editing systems on any operating system -> local paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from fsvfx.errors import InputError, Where

_DRIVE = re.compile(r"/*([A-Za-z]):(?=/|$)")
_NUMBERS = re.compile(r"\[(\d+)-\d+\]")
_PERCENT = re.compile(r"%0?(\d)d")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class PathMap:
    """Paths that start with ``source`` are locally at ``target``."""

    said: str
    source: str
    target: str

    def applied(self, path: str) -> str | None:
        """None if ``path`` is not below ``source``. Drives and shares ignore letter case."""
        source, whole = self.source.rstrip("/"), path
        if is_windows(source):
            source, whole = source.lower(), path.lower()
        if whole != source and not whole.startswith(f"{source}/"):
            return None
        rest = path[len(source) :].lstrip("/")
        return f"{self.target.rstrip('/')}/{rest}" if rest else self.target


def parse_maps(texts: Sequence[str]) -> tuple[PathMap, ...]:
    """``FROM=TO``. Raises InputError."""
    made = []
    for text in texts:
        source, equals, target = text.partition("=")
        if not equals or not source.strip() or not target.strip():
            hint = r"Write FROM=TO, such as --map D:\shots=/mnt/shots"
            raise InputError(f"'{text}' is not a path mapping", hint=hint, where=Where(field="--map"))
        made.append(PathMap(text, plain(source.strip()), target.strip()))
    return tuple(made)


def mapped(path: str, maps: Sequence[PathMap]) -> str | None:
    """The local path, by the longest matching map; None if there is none."""
    known = sorted(maps, key=lambda one: -len(one.source))
    return next((found for one in known if (found := one.applied(path)) is not None), None)


def is_windows(path: str) -> bool:
    """Whether ``path``, as returned by ``plain``, has a drive letter or names a server."""
    return path.startswith("//") or _DRIVE.match(path) is not None


def plain(address: str) -> str:
    """``address`` as a path with forward slashes: ``D:/shots/a.mov``, ``//server/share/a.mov``, ``/mnt/a.mov``.

    ``s3://`` is kept; ``[1001-1100]`` and ``%04d`` become ``####``.
    """
    address = address.strip()
    if address.lower().startswith("file:"):
        path = _of_file_url(address[5:])
    elif _REMOTE.match(address):
        path = address
    else:
        path = re.sub(r"^/+(?=//)", "", address.replace("\\", "/"))
    return _PERCENT.sub(_hashes, _NUMBERS.sub(lambda span: "#" * min(len(span[1]), 9), path))


def _hashes(token: re.Match[str]) -> str:
    return "#" * max(1, int(token[1]))


def _of_file_url(rest: str) -> str:
    """``//localhost/D%3a/a.mov``, ``///D:/a.mov``, ``//server/share/a.mov``, ``/mnt/a.mov``; ``#`` and ``?`` have no
    special meaning in file names."""
    rest = rest.replace("\\", "/")
    kept = _PERCENT.sub(_hashes, rest)
    path = unquote(kept)
    if path.startswith("//"):
        host, slash, below = path[2:].partition("/")
        is_here = host.lower() in ("", "localhost", "127.0.0.1")
        if not is_here and not _DRIVE.match(f"{host}/"):
            return "//" + path[2:].lstrip("/")
        path = slash + below if is_here else path[2:]
        if path.startswith("///"):  # file://///server/share
            return "//" + path.lstrip("/")
    return path[1:] if re.match(r"/[A-Za-z]:(/|$)", path) else path


def spellings(path: str) -> tuple[str, ...]:
    """``path``, unchanged and with ``%20`` and similar decoded as escapes."""
    return tuple(dict.fromkeys((path, unquote(path)))) if _ESCAPE.search(path) else (path,)
