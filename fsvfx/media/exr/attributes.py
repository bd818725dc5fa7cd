"""Decodes EXR attributes from their bytes into values that OpenEXR's binding can write again. Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import OpenEXR

from fsvfx.media.headers import text_of

_ENVMAPS = (OpenEXR.ENVMAP_LATLONG, OpenEXR.ENVMAP_CUBE)


class AttributeUnread(ValueError):
    """The bytes do not match the attribute's type, or OpenEXR could not write them again."""


def value_of(kind: str, raw: bytes) -> Any:
    """The value of an attribute of type ``kind``: Python numbers and text, NumPy arrays, Fraction, OpenEXR's TimeCode.

    Text that is not UTF-8 is decoded as Latin-1. AttributeUnread: an unknown type, or bytes that do not match it.
    """
    read = _READERS.get(kind)
    if read is None:
        raise AttributeUnread(f"type {kind} is not known")
    try:
        return read(raw)
    except AttributeUnread:
        raise
    except (struct.error, ValueError, IndexError, RuntimeError, OverflowError) as error:
        raise AttributeUnread(f"its bytes are not a valid {kind}: {error}") from None


def _one(form: str, make: Callable[[Any], Any] = lambda value: value) -> Callable[[bytes], Any]:
    def read(raw: bytes) -> Any:
        (value,) = struct.unpack("<" + form, raw)
        return make(value)

    return read


def _array(dtype: str, *shape: int) -> Callable[[bytes], Any]:
    def read(raw: bytes) -> Any:
        return np.frombuffer(raw, "<" + dtype).astype(dtype).reshape(shape)

    return read


def _box(dtype: str) -> Callable[[bytes], Any]:
    def read(raw: bytes) -> Any:
        low, high = _array(dtype, 2, 2)(raw)
        return low, high

    return read


def _rational(raw: bytes) -> Fraction:
    over, under = struct.unpack("<iI", raw)
    if under == 0:
        raise AttributeUnread(f"{over}/0 is not a number")
    value = Fraction(over, under)
    if value.denominator > 2**31 - 1:
        raise AttributeUnread("its denominator is out of range")
    return value


def texts_of(raw: bytes) -> list[bytes]:
    """The strings of a ``stringvector``, up to the first truncated one."""
    found, at = [], 0
    while at + 4 <= len(raw):
        (size,) = struct.unpack_from("<i", raw, at)
        at += 4 + size
        if size < 0 or at > len(raw):
            break
        found.append(raw[at - size : at])
    return found


def _strings(raw: bytes) -> list[str]:
    found = texts_of(raw)
    if sum(4 + len(text) for text in found) != len(raw):
        raise AttributeUnread("a text is longer than its attribute")
    return _filled([text_of(text) for text in found])


def _numbers(raw: bytes) -> list[float]:
    return _filled(list(struct.unpack(f"<{len(raw) // 4}f", raw)))


def _filled(values: list[Any]) -> list[Any]:
    if not values:
        raise AttributeUnread("it is empty")
    return values


def _timecode(raw: bytes) -> Any:
    """SMPTE ST 12's digits, flags and user bits."""
    code, user = struct.unpack("<II", raw)
    digits = [(code >> at & 15, code >> at + 4 & tens) for at, tens in ((24, 3), (16, 7), (8, 7), (0, 3))]
    if any(unit > 9 for unit, _ in digits):
        raise AttributeUnread("its digits are not a time")
    flags = [code >> bit & 1 for bit in (6, 7, 15, 23, 30, 31)]
    groups = [user >> 4 * group & 15 for group in range(8)]
    return OpenEXR.TimeCode(*(ten * 10 + unit for unit, ten in digits), *flags, *groups)


_READERS: MappingProxyType[str, Callable[[bytes], Any]] = MappingProxyType(
    {
        "string": text_of,
        "stringvector": _strings,
        "floatvector": _numbers,
        "int": _one("i"),
        "float": _one("f"),
        "double": _array("f8"),
        "rational": _rational,
        "timecode": _timecode,
        "keycode": lambda raw: OpenEXR.KeyCode(*struct.unpack("<7i", raw)),
        "chromaticities": lambda raw: struct.unpack("<8f", raw),
        "envmap": _one("B", lambda value: _ENVMAPS[value]),
        "box2i": _box("i4"),
        "box2f": _box("f4"),
        "v2i": _array("i4", 2),
        "v2f": _array("f4", 2),
        "v2d": _array("f8", 2),
        "v3i": _array("i4", 3),
        "v3f": _array("f4", 3),
        "v3d": _array("f8", 3),
        "m33f": _array("f4", 3, 3),
        "m33d": _array("f8", 3, 3),
        "m44f": _array("f4", 4, 4),
        "m44d": _array("f8", 4, 4),
    }
)
