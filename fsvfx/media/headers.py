"""Texts in headers, whatever bytes a program wrote there. Pure."""

from __future__ import annotations


def text_of(raw: bytes) -> str:
    """UTF-8; else each byte as one character (Latin-1), so that nothing is lost."""
    return raw.decode("utf-8" if is_utf8(raw) else "latin-1")


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def field_of(raw: bytes) -> str:
    """A field of fixed length, filled up with NUL or 0xFF."""
    return text_of(raw.split(b"\0", 1)[0].rstrip(b"\xff")).strip()
