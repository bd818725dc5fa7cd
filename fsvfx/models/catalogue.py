"""Model cards: what each weights file is, where it comes from, what it may be used for, and whether it is here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from fsvfx.digests import sha256_of
from fsvfx.errors import InputError, ModelError, Where
from fsvfx.models import heads, packs
from fsvfx.models.cards import Catalogue, ModelCard
from fsvfx.settings import machine
from fsvfx.suggestions import suggestion

SIGNED = "MODEL.LICENSE"
"""What insightface hands those who buy a licence; it lies beside the pack's files."""
HEAD = "ict_facekit"
"""The card of the ICT-FaceKit's head, which ``FSVFX_ICT_MODEL`` may name."""


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Every card of ``cards.yaml``."""
    from fsvfx.documents import parse_record

    text = files("fsvfx.models").joinpath("cards.yaml").read_text(encoding="utf-8")
    return parse_record(text, Catalogue)


def _own() -> Mapping[str, ModelCard]:
    """With the card of the head that the user packed, if there is one."""
    known = {card.name: card for card in catalogue().cards}
    if HEAD in known and (packed := heads.packed(known[HEAD])):
        known[HEAD] = packed
    return known


def known_head() -> ModelCard:
    """The card of the head that fsvfx was made with, whichever is here."""
    return next(card for card in catalogue().cards if card.name == HEAD)


def cards() -> Mapping[str, ModelCard]:
    """Every card, by name; those of users' packs come last. Raises ModelError if one of these can't be read."""
    return {**_own(), **{card.name: card for name in packs.names() for card in packs.cards_of(name)}}


def card(name: str) -> ModelCard:
    """One card. Raises InputError for an unknown name, ModelError for one of a pack that can't be read."""
    known = _own()
    if name in known:
        return known[name]
    of_pack = name.rpartition(".")[0]
    found = [one for one in (packs.cards_of(of_pack) if packs.is_pack(of_pack) else ()) if one.name == name]
    if found:
        return found[0]
    raise InputError(f"No model named '{name}'", hint=suggestion(name, sorted(cards())))


def with_weights(*hashes: str) -> str | None:
    """The name of the first card whose weights have one of these sha256; users' packs come last. Raises ModelError."""
    return next((name for name, one in cards().items() if one.sha256 in hashes), None)


def path(name: str) -> Path:
    """The weights file of a card, its hash checked once per process.

    Raises ModelError if it is absent or has another hash, InputError if there is no such card.
    """
    return _checked(card(name), machine().models)


def signed_licence(wanted: ModelCard) -> Path | None:
    """insightface's signed licence for a card's weights, if the user has put one there."""
    said = [wanted.signed] if wanted.signed else []
    beside = [file.parent / SIGNED for file in _places(wanted, machine().models)]
    return next((file for file in (*(machine().models / one for one in said), *beside) if file.is_file()), None)


def _places(wanted: ModelCard, folder: Path) -> list[Path]:
    """Where a card's file may be: where the machine's settings or the card say, or, of one that users bring, in a pack
    that has it."""
    if wanted.name == HEAD and (said := machine().ict_model):
        return [said]
    of_packs = packs.files_of(wanted.sha256) if wanted.archive is None and not wanted.how else []
    return [folder / wanted.file, *of_packs]


@lru_cache(maxsize=64)
def _checked(wanted: ModelCard, folder: Path) -> Path:
    places = _places(wanted, folder)
    file = next((one for one in places if one.is_file()), None)
    if file is None:
        raise ModelError(
            f"The weights file of model '{wanted.name}' is missing",
            hint=how_to_get(wanted),
            where=Where(file=str(places[0])),
        )
    found = sha256_of(file)
    if found != wanted.sha256:
        raise ModelError(
            f"The weights file of model '{wanted.name}' does not match its card: its sha256 is {found}",
            hint=how_to_get(wanted),
            where=Where(file=str(file)),
        )
    return file


def present(name: str) -> bool:
    """Whether the right file is here."""
    try:
        path(name)
    except ModelError:
        return False
    return True


def how_to_get(wanted: ModelCard) -> str:
    """One sentence that tells the user how the file gets here."""
    if wanted.how:
        return wanted.how
    if wanted.archive:
        return f"Run `fsvfx models pull {wanted.name}`"
    terms = "" if wanted.commercial_use else f" Its licence: {wanted.licence}."
    return (
        f"Get {Path(wanted.file).name} from {wanted.source} and put it at {machine().models / wanted.file}, "
        f"or name the folder that has it in FSVFX_MODELS_ARCHIVES and run `fsvfx models pull {wanted.name}`.{terms}"
    )
