"""Text that names, headers and tags of files hand in, made safe to print: it may steer no terminal and turn no line.

The one place that does it; the command line's console and the text of every error pass through it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but for tab and newline, DEL, C1
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"  # which way lines run, and where they end
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"  # annotations, invisible tags, bytes that were no UTF-8
)


def printable(text: str) -> str:
    r"""``text`` with control, bidirectional and undecodable characters written out: ``\x1b``, ``\u202e``, ``\xff``.

    Newlines and tabs stay. Doing it twice changes nothing.
    """
    return _UNSAFE.sub(_written_out, text)


def one_line(text: str) -> str:
    r"""As ``printable``, with newlines written out, too: for names, which could otherwise forge a line."""
    return printable(text).replace("\n", r"\n")


def listed(names: Iterable[str], most: int = 8) -> str:
    """``a, b and 3 more``: at most ``most`` of them by name."""
    given = list(names)
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 face``, ``2 faces``; plural: where an s does not make it."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8, as Python hands it out
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
