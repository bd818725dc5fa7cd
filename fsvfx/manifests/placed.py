"""What manifests name by path, as jobs hold it: absolute, and where the manifest may reach."""

from __future__ import annotations

from pathlib import Path

from fsvfx.colour import ColourConfig, check_space
from fsvfx.reach import Reach
from schemas.manifest import Person, Plate


def plate_at(reach: Reach, plate: Plate, config: ColourConfig) -> Plate:
    """Raises ReachError, InputError for what no check has told of."""
    found = {"path": reach.place(plate.path), "color_space": check_space(config, plate.color_space)}
    return plate.model_copy(update=found)


def person_at(reach: Reach, person: Person) -> Person:
    """Raises ReachError."""
    references = tuple(reach.place(given, glob=True) for given in person.references)
    return person.model_copy(update={"references": references, "consent": str(reach.file(person.consent))})


def store_at(reach: Reach, given: str, chosen: str | None) -> str:
    """The manifest's store; ``chosen`` takes its place. Raises ReachError."""
    return reach.place(given).rstrip("/") if chosen is None else named_store(chosen)


def named_store(chosen: str) -> str:
    """A store that may be anywhere: it comes from who runs fsvfx."""
    if chosen.startswith(("s3://", "memory://")):
        return chosen.rstrip("/")
    return str(Path(chosen).expanduser().absolute())
