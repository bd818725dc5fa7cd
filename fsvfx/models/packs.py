"""insightface's packs that users have added: their cards, and the model card of each of their files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fsvfx.disk import place_file
from fsvfx.errors import ModelError, Where
from fsvfx.models.cards import ModelCard
from fsvfx.settings import machine
from schemas.pack import Measured, PackCard, PackNetwork, Task

FOLDER, CARD, MEASURED = "packs", "pack.yaml", "measured.yaml"
_TASKS: dict[Task, str] = {
    "detection": "face detection, insightface's SCRFD",
    "recognition": "identity embedding, insightface's ArcFace",
    "landmarks_106": "106 landmarks of a face, to check others",
    "landmarks_68": "68 landmarks of a face, to check others",
}
_AGAIN = "Add the pack again with `fsvfx models add`, or remove its folder"


def folder_of(name: str) -> Path:
    """Where a pack of that name is, or would be."""
    return machine().models / FOLDER / name


def names() -> tuple[str, ...]:
    """Of all packs, in alphabetical order."""
    return tuple(sorted(card.parent.name for card in (machine().models / FOLDER).glob(f"[!.]*/{CARD}")))


def is_pack(name: str) -> bool:
    """Whether a pack of that name was added. Reads nothing."""
    return bool(name) and Path(name).name == name and (folder_of(name) / CARD).is_file()


def pack(name: str) -> PackCard:
    """A pack's card. Raises ModelError if it can't be read."""
    return _read(folder_of(name) / CARD)


def with_task(task: Task) -> tuple[str, ...]:
    """The packs that have a network for it. Raises ModelError."""
    return tuple(name for name in names() if network_of(name, task) is not None)


def network_of(name: str, task: Task) -> PackNetwork | None:
    """A pack's network for a task, if it has one. Raises ModelError."""
    return next((one for one in pack(name).networks if one.task == task), None)


def files_of(sha256: str) -> list[Path]:
    """Where packs have a file. Raises ModelError."""
    return [folder_of(name) / one.file for name in names() for one in pack(name).networks if one.sha256 == sha256]


def measured(name: str) -> Measured | None:
    """What was measured of a pack's identity network; None if nothing was. Raises ModelError."""
    file = folder_of(name) / MEASURED
    network = network_of(name, "recognition")
    if network is None or not file.is_file():
        return None
    from fsvfx.documents import RecordError, read_record

    try:
        found = read_record(file, Measured)
    except RecordError as error:
        hint = f"Run `fsvfx models measure {name}` again"
        raise ModelError(f"The measurements of '{name}' can't be read: {error}", hint=hint, where=_at(file)) from error
    return found if found.sha256 == network.sha256 else None


def measured_of(*hashes: str) -> Measured | None:
    """What was measured of an identity network with one of these sha256, in whichever pack. Raises ModelError."""
    found = (measured(name) for name in with_task("recognition"))
    return next((one for one in found if one is not None and one.sha256 in hashes), None)


def keep_measured(found: Measured) -> Path:
    """Put what was measured beside its pack's card. Raises MachineError."""
    from fsvfx.documents import record_yaml

    file = folder_of(found.network) / MEASURED
    place_file(file, record_yaml(found))
    return file


def card_name(name: str, task: Task) -> str:
    """The name of the model card of a pack's network."""
    return f"{name}.{task}"


def measured_name(name: str) -> str:
    """The name of the model card of what was measured: who uses the threshold has it in the key."""
    return f"{name}.measured"


def cards_of(name: str) -> tuple[ModelCard, ...]:
    """A model card for each file of a pack. Raises ModelError."""
    card, folder = pack(name), f"{FOLDER}/{name}"
    found = [
        ModelCard(
            name=card_name(name, one.task),
            version=card.model_id,
            task=_TASKS[one.task],
            file=str(Path(folder, one.file)),
            sha256=one.sha256,
            source=card.source,
            licence=card.licence,
            commercial_use=card.allows_commercial_use,
            trained_on=card.trained_on,
            consent=card.consent,
            signed=str(Path(folder, card.signed)) if card.signed else None,
            how=_AGAIN,
            needed=False,
        )
        for one in card.networks
    ]
    return (*found, *_measured_card(name, card))


def _measured_card(name: str, card: PackCard) -> tuple[ModelCard, ...]:
    from fsvfx.digests import sha256_of

    if measured(name) is None:
        return ()
    file = Path(FOLDER, name, MEASURED)
    return (
        ModelCard(
            name=measured_name(name),
            version=card.model_id,
            task="how well its identity network tells people apart, measured here",
            file=str(file),
            sha256=sha256_of(machine().models / file),
            source="fsvfx models measure",
            licence="none: figures, not weights",
            commercial_use=True,
            trained_on="nothing",
            consent="none needed",
            how=f"Run `fsvfx models measure {name}`",
            needed=False,
        ),
    )


def _read(file: Path) -> PackCard:
    """Again only when it has changed."""
    try:
        stamp = file.stat()
    except OSError as error:
        raise ModelError(f"The pack's card can't be read: {error.strerror}", hint=_AGAIN, where=_at(file)) from error
    return _parsed(file, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=32)
def _parsed(file: Path, changed: int, size: int) -> PackCard:
    from fsvfx.documents import RecordError, read_record

    try:
        return read_record(file, PackCard)
    except RecordError as error:
        raise ModelError(f"The pack's card can't be read: {error}", hint=_AGAIN, where=_at(file)) from error


def _at(file: Path) -> Where:
    return Where(file=str(file))
