"""A bank in its package: members' pictures with all of their measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.banks.looks import look_of, vectors_by
from fsvfx.packages import bank_of, faces_in, members_for, place_bank
from fsvfx.version import __version__
from schemas.bank import FromBank
from schemas.bank_card import About, BankCard
from schemas.collection import CollectionRecord

F32 = NDArray[np.float32]
_VECTORS = "vectors_"


@dataclass(frozen=True)
class Bank:
    """One picture of each member, in the order of ``card.members``; n of them.

    crops: (n, R, R, 3) u8 display RGB. landmarks: (n, 468, 3) f32 crop px. sharpness: (n,). look: (n, 12), see
    ``fsvfx.banks.looks``. code: (n, 128), by dlib's network: of the picture, or what the face was generated from.
    vectors: (n, d) of the pictures, by each of ``card.networks``.
    """

    card: BankCard
    crops: NDArray[np.uint8]
    landmarks: F32
    sharpness: F32
    look: F32
    code: F32
    vectors: dict[str, F32]

    def rows(self, said: FromBank) -> list[int]:
        """The rows of the members that an entry may use."""
        names = members_for(self.card, said)
        place = {name: row for row, name in enumerate(self.card.members)}
        return [place[name] for name in names]


@dataclass(frozen=True)
class Faces:
    """Members before they become a bank: as in `Bank`, but not measured yet."""

    names: tuple[str, ...]
    crops: NDArray[np.uint8]
    landmarks: F32
    sharpness: F32
    code: F32


def placed(
    root: Path,
    name: str,
    faces: Faces,
    networks: tuple[str, ...],
    record: CollectionRecord,
    about: tuple[About, ...],
    now: datetime,
    sheet: Callable[[Bank], bytes],
) -> Path:
    """Measure the faces and write their bank below ``root``; returns its folder.

    Raises MachineError if writing fails; ModelError if a network's weights are not installed.
    """
    shown = np.asarray(faces.crops / np.float32(255), np.float32)
    look: F32 = np.stack([look_of(*each) for each in zip(shown, faces.landmarks, strict=True)])
    vectors = vectors_by(networks, shown, faces.landmarks)

    def card(sha256: str) -> BankCard:
        return BankCard(
            bank=name,
            sha256=sha256,
            members=faces.names,
            networks=networks,
            record=record,
            about=about,
            built_at=now,
            fsvfx=__version__,
        )

    made = Bank(card("0" * 64), faces.crops, faces.landmarks, faces.sharpness, look, faces.code, vectors)
    arrays: dict[str, NDArray[np.generic]] = {
        "crops": made.crops,
        "landmarks": made.landmarks,
        "sharpness": made.sharpness,
        "look": made.look,
        "code": made.code,
        **{f"{_VECTORS}{each}": held for each, held in vectors.items()},
    }
    return place_bank(root, arrays, card, {SHEET: sheet(made)})


SHEET = "sheet.jpg"


def open_bank(package: Path) -> Bank:
    """The bank in a folder, cached per process. Raises ModelError if it is broken, or its card belongs to another."""
    return _open(package, bank_of(package).sha256)


@lru_cache(maxsize=4)
def _open(package: Path, sha256: str) -> Bank:
    held = faces_in(package, sha256)
    plain = {name: np.asarray(held[name], np.float32) for name in ("landmarks", "sharpness", "look", "code")}
    vectors = {name.removeprefix(_VECTORS): one for name, one in held.items() if name.startswith(_VECTORS)}
    return Bank(
        bank_of(package),
        np.asarray(held["crops"], np.uint8),
        **plain,
        vectors={name: np.asarray(one, np.float32) for name, one in vectors.items()},
    )
