"""What a manifest names, as jobs name it: paths absolute, colour spaces by their full names."""

from __future__ import annotations

from pathlib import Path

from fsvfx.colour import check_space
from fsvfx.manifests.reach import reach, reach_or_s3
from schemas.manifest import Person, Plate


def plate_at(manifest: Path, plate: Plate, config: str) -> Plate:
    """Raises ReachError, InputError for what no check has told of."""
    found = {"path": reach_or_s3(manifest, plate.path), "color_space": check_space(config, plate.color_space)}
    return plate.model_copy(update=found)


def person_at(manifest: Path, person: Person) -> Person:
    """Raises ReachError."""
    references = tuple(reach_or_s3(manifest, given, glob=True) for given in person.references)
    return person.model_copy(update={"references": references, "consent": str(reach(manifest, person.consent))})


def store_at(manifest: Path, given: str, chosen: str | None) -> str:
    """The manifest's store; ``chosen`` takes its place, and may be anywhere: it comes from who runs fsvfx.

    Raises ReachError.
    """
    if chosen is None:
        return reach_or_s3(manifest, given).rstrip("/")
    if chosen.startswith(("s3://", "memory://")):
        return chosen.rstrip("/")
    return str(Path(chosen).expanduser().absolute())
