"""An edit's bytes -> text: editing systems write UTF-8, UTF-16, Windows and old Mac encodings. Pure."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 512


@dataclass(frozen=True)
class EditText:
    """``note`` names an encoding that was guessed; empty if the file is clear."""

    text: str
    note: str


def decoded(content: bytes) -> EditText:
    """By byte order mark, by where the zero bytes are (UTF-16 without a mark), as UTF-8, else as an 8-bit encoding.

    Lines that end in bare carriage returns are classic Mac OS's, whose 8-bit encoding was Mac Roman; else Windows 1252.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return EditText(content.decode(name, errors="replace"), "")
    if wide := _wide(content[:_SAMPLE]):
        return EditText(content.decode(wide, errors="replace"), "")
    try:
        return EditText(content.decode("utf-8"), "")
    except UnicodeDecodeError:
        is_mac = b"\r" in content and b"\n" not in content
        name, said = ("mac_roman", "Mac Roman") if is_mac else ("cp1252", "Windows 1252")
        note = f"the edit's text is not UTF-8: it is read as {said}. Check names with accents"
        return EditText(content.decode(name, errors="replace"), note)


def _wide(sample: bytes) -> str | None:
    """UTF-16 of mostly Latin letters has a zero in every second byte."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 4
    if half and odd > half and not even:
        return "utf-16-le"
    return "utf-16-be" if half and even > half and not odd else None
