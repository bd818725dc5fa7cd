"""Keys: what a result depends on, as one hash. Same key, same result."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from blake3 import blake3
from pydantic import JsonValue

_EXACT = 2**53
"""Floats below this that are whole numbers are written as such: YAML's 4 and 4.0 are one setting (as in RFC 8785)."""


def canonical_json(value: JsonValue) -> str:
    """One text per value: sorted keys, no blanks, ASCII, whole floats as integers. ValueError for NaN and infinity."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(value: JsonValue) -> str:
    """Hex blake3 (64 digits) of the value's canonical JSON."""
    return blake3(canonical_json(value).encode()).hexdigest()


def stage_key(
    *,
    stage: str,
    version: int,
    parameters: Mapping[str, JsonValue],
    weights: Mapping[str, str],
    colour_config: str,
    seed: int,
    inputs: Mapping[str, str],
) -> str:
    """The key of one stage of one unit (40 hex digits).

    ``weights``: model name -> sha256; ``inputs``: ``stage/unit`` -> output digest of the receipt,
    and ``media/name`` -> fingerprint of what is read from files.
    """
    return digest_of(
        {
            "stage": stage,
            "version": version,
            "parameters": dict(parameters),
            "weights": dict(weights),
            "colour_config": colour_config,
            "seed": seed,
            "inputs": dict(inputs),
        }
    )[:40]


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} can't be part of a key: JSON has no such number")
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
