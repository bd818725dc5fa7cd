"""A manifest of whichever kind."""

from __future__ import annotations

from pathlib import Path

from fsvfx.manifests.load import SHOTS
from fsvfx.manifests.reading import is_training, sound
from fsvfx.manifests.train import TRAINING
from fsvfx.manifests.yaml_text import read_yaml
from schemas.manifest import Manifest
from schemas.train import TrainManifest


def load_either(path: Path) -> Manifest | TrainManifest:
    """The shot manifest or the training manifest at ``path``. Raises ManifestError with every problem."""
    document = read_yaml(path)
    if is_training(document.data):
        return sound(document, path, TRAINING)
    return sound(document, path, SHOTS)
