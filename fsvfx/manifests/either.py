"""A manifest of whichever kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fsvfx.errors import Problem
from fsvfx.manifests.draft import mapping, text
from fsvfx.manifests.explain import blanks_in
from fsvfx.manifests.load import SHOTS
from fsvfx.manifests.reading import is_training, sound
from fsvfx.manifests.train import TRAINING
from fsvfx.manifests.yaml_text import read_yaml
from fsvfx.reach import Reach, ReachError
from schemas.consent import ConsentRecord
from schemas.manifest import Manifest
from schemas.train import TrainManifest


def load_either(path: Path) -> Manifest | TrainManifest:
    """The shot manifest or the training manifest at ``path``.

    Raises ManifestError with every problem in it, and with every blank in the consent records that it names and that
    are there.
    """
    document = read_yaml(path)
    blanks = tuple(_blanks_in_records(document.data, path))
    if is_training(document.data):
        return sound(document, path, TRAINING, blanks)
    return sound(document, path, SHOTS, blanks)


def _blanks_in_records(data: object, path: Path) -> Iterator[Problem]:
    reach = Reach(path, text(mapping(data).get("production")))
    records = [text(mapping(person).get("consent")) for person in mapping(mapping(data).get("people")).values()]
    for given in dict.fromkeys(filter(None, records)):
        try:
            reach.file(given)
        except ReachError:
            continue  # told of with the manifest
        yield from blanks_in(path.parent / given, ConsentRecord)
