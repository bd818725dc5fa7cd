"""What all header readers share: decoding text from any bytes, and the error for unusable values. Pure."""

from __future__ import annotations


class HeaderError(ValueError):
    """``what`` in a header can't be used, and a ``hint``."""

    def __init__(self, what: str, hint: str = "Render it again, or copy it again from its source") -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint


RAISE_IT = "If the file is right, raise that setting"
TOO_MANY_CHANNELS = "it has more channels or parts than FSVFX_MAX_CHANNELS allows", RAISE_IT


def text_of(raw: bytes) -> str:
    """UTF-8; otherwise each byte as one character (Latin-1), so that nothing is lost."""
    return raw.decode("utf-8" if is_utf8(raw) else "latin-1")


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def field_of(raw: bytes) -> str:
    """A fixed-length field, padded with NUL or 0xFF."""
    return text_of(raw.split(b"\0", 1)[0].rstrip(b"\xff")).strip()
