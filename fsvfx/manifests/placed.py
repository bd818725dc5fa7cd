"""The paths in manifests, in the form that jobs use: absolute, and within the manifest's reach."""

from __future__ import annotations

from pathlib import Path

from fsvfx.colour import ColourConfig, check_space
from fsvfx.reach import Reach
from schemas.manifest import Person, Plate


def plate_at(reach: Reach, plate: Plate, config: ColourConfig) -> Plate:
    """Raises ReachError, InputError for problems that no check has reported."""
    found = {"path": reach.place(plate.path), "color_space": check_space(config, plate.color_space)}
    return plate.model_copy(update=found)


def person_at(reach: Reach, person: Person) -> Person:
    """Raises ReachError."""
    references = tuple(reach.place(given, glob=True) for given in person.references)
    return person.model_copy(update={"references": references, "consent": str(reach.file(person.consent))})


def store_at(reach: Reach, given: str, chosen: str | None) -> str:
    """The manifest's store; ``chosen`` replaces it. Raises ReachError."""
    return reach.place(given).rstrip("/") if chosen is None else named_store(chosen)


def named_store(chosen: str) -> str:
    """A store that may be anywhere: it is set by the user of fsvfx."""
    if chosen.startswith(("s3://", "memory://")):
        return chosen.rstrip("/")
    return str(Path(chosen).expanduser().absolute())
