"""Keys: what a result depends on, as one hash. Same key, same result."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from fsvfx.digests import digest_of


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
