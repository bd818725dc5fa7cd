"""What a package's weights file says of itself, so that its hash vouches for whose faces are in it."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from fsvfx.errors import ModelError, Where
from schemas.package import PackageCard

_ENTRY = "fsvfx"
_SEALED = ("model", "engine", "architecture", "people", "licence", "commercial_use", "iterations", "start")
"""What the card says of the weights themselves; the rest is of how they were made and measured."""


def metadata(card: PackageCard) -> dict[str, str]:
    """For the weights file's header. One entry, in one spelling: equal weights of equal people are equal bytes."""
    said = card.model_dump(mode="json", include=set(_SEALED))
    if card.commercial_use is None:
        del said["commercial_use"]
    return {_ENTRY: json.dumps(said, sort_keys=True, separators=(",", ":"))}


def check(card: PackageCard, weights: Path) -> None:
    """Raises ModelError if the weights file can't be read, or its header says something else than the card."""
    try:
        sealed = PackageCard.model_validate(card.model_dump(mode="json") | _said(weights))
    except ValidationError as error:
        raise _broken(weights, f"do not say what they are: {' '.join(str(error).split())}") from error
    wrong = [name for name in _SEALED if getattr(card, name) != getattr(sealed, name)]
    if wrong:
        raise _broken(weights, f"are not those of the card: they differ in {', '.join(wrong)}")


def _said(weights: Path) -> dict[str, object]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="numpy") as file:
            text = file.metadata()[_ENTRY]
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise _broken(weights, f"can't be read: {' '.join(str(error).split())}") from error
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _broken(weights, f"do not say what they are: {error}") from error
    if not isinstance(said, dict):
        raise _broken(weights, f"do not say what they are: their header has a {type(said).__name__}, where a record is")
    return said


def _broken(weights: Path, why: str) -> ModelError:
    return ModelError(f"The package's weights {why}", hint="Copy the package again", where=Where(file=str(weights)))
