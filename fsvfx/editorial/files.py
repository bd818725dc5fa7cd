"""An edit's file: its bytes, within limits, and its text: UTF-8, UTF-16, Windows and old Mac encodings."""

from __future__ import annotations

import codecs
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from fsvfx.errors import InputError, Where
from fsvfx.settings import machine

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


def edit_bytes(path: Path, entry: str = "") -> bytes:
    """The content of a regular file, or of ``entry`` in a zip. Raises InputError, also beyond the machine's limit."""
    most = machine().max_edit_bytes
    if path.exists() and not path.is_file():
        raise _error(path, "The edit is not a file", "Check the path")
    try:
        content = _from_zip(path, entry, most + 1) if entry else _from_disk(path, most + 1)
    except OSError as error:
        raise _error(path, f"The edit can't be read: {error.strerror or error}", "Check the path") from None
    except KeyError:
        raise unreadable(path, f"it has no {entry}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise unreadable(path, error) from None  # RuntimeError: it is encrypted, or compressed in an unknown way
    if len(content) > most:
        hint = "Cut it into reels; if the edit is right, set FSVFX_MAX_EDIT_BYTES higher"
        raise _error(path, f"The edit has over {most} bytes", hint)
    return content


def unreadable(path: Path, error: Exception | str) -> InputError:
    """A parser's message as an InputError."""
    said = " ".join(str(error).split()).strip(". ")[:300] or type(error).__name__
    hint = "Export the edit again, or copy it again from its source"
    return _error(path, f"The edit is not a valid {path.suffix.lower()} file: {said}", hint)


def _error(path: Path, what: str, hint: str) -> InputError:
    return InputError(what, hint=hint, where=Where(file=str(path)))


def _from_disk(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _from_zip(path: Path, entry: str, most: int) -> bytes:
    with zipfile.ZipFile(path) as bundle, bundle.open(entry) as file:
        return file.read(most)


def decoded(content: bytes) -> EditText:
    """By byte order mark, by the position of zero bytes (UTF-16 without a mark), as UTF-8, otherwise as an 8-bit
    encoding.

    Lines that end in bare carriage returns come from classic Mac OS, whose 8-bit encoding was Mac Roman; otherwise
    Windows 1252.
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
    """UTF-16 with mostly Latin letters has a zero in every second byte."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 4
    if half and odd > half and not even:
        return "utf-16-le"
    return "utf-16-be" if half and even > half and not odd else None
