"""Digests: of values by their canonical JSON, and of files. Stored keys depend on them: they never change."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from blake3 import blake3
from pydantic import JsonValue

_EXACT = 2**53
"""Floats below this that are whole numbers are written as such: YAML's 4 and 4.0 are one setting (as in RFC 8785)."""
_BLOCK = 4 << 20


_ASCII, _UNICODE = (
    json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only, allow_nan=False)
    for ascii_only in (True, False)
)


def sorted_json(value: JsonValue, *, ascii_only: bool = True) -> str:
    """Sorted keys, no spaces. Raises ValueError for NaN and infinity."""
    return (_ASCII if ascii_only else _UNICODE).encode(value)


def canonical_json(value: JsonValue) -> str:
    """One text per value: as ``sorted_json``, with whole floats as integers. Raises ValueError for NaN and infinity."""
    return sorted_json(_plain(value))


class Canonical(str):
    """A value's canonical JSON, where it is needed again and again."""

    @classmethod
    def of(cls, value: JsonValue) -> Canonical:
        return cls(canonical_json(value))


def digest_of_joined(values: Mapping[str, JsonValue | Canonical]) -> str:
    """As `digest_of` of the mapping, whose values may be canonical JSON already."""
    texts = {name: one if isinstance(one, Canonical) else canonical_json(one) for name, one in values.items()}
    joined = ",".join(f"{json.dumps(name)}:{texts[name]}" for name in sorted(texts))
    return blake3(f"{{{joined}}}".encode()).hexdigest()


def digest_of(value: JsonValue) -> str:
    """Hex blake3 (64 digits) of the value's canonical JSON."""
    return blake3(canonical_json(value).encode()).hexdigest()


def blake3_of(file: Path) -> str:
    """Hex blake3 of the file's bytes."""
    hasher = blake3(max_threads=blake3.AUTO)
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            hasher.update(block)
    return hasher.hexdigest()


def sha256_of(file: Path) -> str:
    """Hex sha256 of the file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} can't be part of a key: JSON has no such number")
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
