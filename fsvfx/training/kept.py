"""What a training's own process hands back through the training's folder: its result, for the package."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load_file, save

from fsvfx.disk import place_file
from fsvfx.training.trainer import Trained

_WEIGHTS, _RESULT = "result.safetensors", "result.json"


def keep(folder: Path, trained: Trained) -> None:
    """Raises MachineError if the disk refuses."""
    place_file(folder / _WEIGHTS, save(trained.weights))
    said = asdict(trained) | {"weights": None}
    place_file(folder / _RESULT, json.dumps(said, default=str).encode())


def kept(folder: Path) -> Trained:
    """What the last ``keep`` there was given."""
    said = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    preview = said["preview"] and Path(said["preview"])
    more = {"weights": load_file(folder / _WEIGHTS), "checkpoint": Path(said["checkpoint"]), "preview": preview}
    return Trained(**said | more)


def drop(folder: Path) -> None:
    """The package has it all."""
    for name in (_WEIGHTS, _RESULT):
        (folder / name).unlink(missing_ok=True)
