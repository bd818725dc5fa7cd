"""Good files made bad: seeded changes to their bytes, as bad disks, bad writers and attackers make them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Mutation = Callable[[bytearray, random.Random], bytes]

_HEADER = 2048
_ODD_FIELDS = (
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80\x00\x00\x00",
    b"\x00\x00\x00\x80",
    b"\x7f\xc0\x00\x00",
    b"\x00\x00\xc0\x7f",
    b"\x00\x00\x00\x01",
    b"\x01\x00\x00\x00",
)
_ODD_TEXT = (
    b"-1",
    b"0",
    b"1e999",
    b"NaN",
    b"null",
    b"[]",
    b"{}",
    b'""',
    b"24/0",
    b"99999999999999999999",
    b"\xff\xfe",
    b"\x1b[2J",
    "\u202e".encode(),
    b"../../etc/passwd",
    b"file:///nowhere%zz",
    b"00:00:00:00",
    b"99:99:99:99",
)
_TOKEN = re.compile(rb'"[^"\n]*"|-?\d+(?:\.\d+)?|[A-Za-z_]{2,}|\d\d:\d\d:\d\d[:;]\d\d')


def mutated(content: bytes, seed: int, *, text: bool = False) -> bytes:
    """``content`` with one to four changes; the same for the same ``seed``."""
    chance = random.Random(seed)
    kinds = _TEXT_KINDS if text else _BINARY_KINDS
    changed = content
    for _ in range(chance.randint(1, 4)):
        changed = chance.choice(kinds)(bytearray(changed or b"\x00"), chance)
    return changed


def _at(content: bytearray, chance: random.Random) -> int:
    """Mostly in the header, where the meaning is."""
    reach = len(content) if chance.random() < 0.25 else min(_HEADER, len(content))
    return chance.randrange(reach)


def _flip(content: bytearray, chance: random.Random) -> bytes:
    content[_at(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(content)


def _field(content: bytearray, chance: random.Random) -> bytes:
    at = _at(content, chance) & ~3
    content[at : at + 4] = chance.choice(_ODD_FIELDS)
    return bytes(content)


def _noise(content: bytearray, chance: random.Random) -> bytes:
    at, size = _at(content, chance), chance.randint(1, 32)
    content[at : at + size] = chance.randbytes(size)
    return bytes(content)


def _cut_off(content: bytearray, chance: random.Random) -> bytes:
    return bytes(content[: chance.randrange(len(content) + 1)])


def _left_out(content: bytearray, chance: random.Random) -> bytes:
    at = _at(content, chance)
    return bytes(content[:at] + content[at + chance.randint(1, 64) :])


def _twice(content: bytearray, chance: random.Random) -> bytes:
    at = _at(content, chance)
    end = at + chance.randint(1, 256)
    return bytes(content[:end] + content[at:])


def _other_token(content: bytearray, chance: random.Random) -> bytes:
    tokens = list(_TOKEN.finditer(content))
    if not tokens:
        return bytes(content)
    old = chance.choice(tokens)
    return bytes(content[: old.start()] + chance.choice(_ODD_TEXT) + content[old.end() :])


def _token_moved(content: bytearray, chance: random.Random) -> bytes:
    tokens = list(_TOKEN.finditer(content))
    if not tokens:
        return bytes(content)
    old, new = chance.choice(tokens), chance.choice(tokens)
    return bytes(content[: old.start()] + new[0] + content[old.end() :])


_BINARY_KINDS: tuple[Mutation, ...] = (_flip, _field, _field, _noise, _cut_off, _left_out, _twice)
_TEXT_KINDS: tuple[Mutation, ...] = (
    _other_token,
    _other_token,
    _token_moved,
    _cut_off,
    _left_out,
    _twice,
    _flip,
    _noise,
)
