"""Whether a training needs anything more: what it was made of, as ``done.json`` in its folder remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from fsvfx.digests import digest_of
from fsvfx.disk import place_file
from fsvfx.packages import CARD
from schemas.job import TrainJob
from schemas.receipts import Receipt
from schemas.training import Finished

_FILE = "done.json"
_MATTERS = {"production", "model", "engine", "architecture", "learned", "augmentation", "trainer", "start", "licence"}


def finished(job: TrainJob, facesets: Mapping[str, Receipt]) -> Finished | None:
    """What came of it, if it was trained to its end with all that matters as it is now, and the package is there."""
    try:
        done = Finished.model_validate_json((Path(job.folder) / _FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    same = done.digest == digest_of_training(job, facesets)
    return done if same and (Path(done.package) / CARD).is_file() else None


def remember(folder: Path, done: Finished) -> None:
    """Raises MachineError if the disk refuses."""
    place_file(folder / _FILE, done.model_dump_json(indent=1).encode())


def digest_of_training(job: TrainJob, facesets: Mapping[str, Receipt]) -> str:
    """Of what the weights depend on, and the words that are sealed into them."""
    said = job.model_dump(mode="json", include=_MATTERS)
    return digest_of([said, {person: facesets[person].digest for person in job.learned}])
