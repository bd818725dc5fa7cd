"""Cast: which member of a bank goes into each face that gets one, for the whole shot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, Data, Result
from fsvfx.entries import entry_name
from fsvfx.errors import Where
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.identity.registry import network
from fsvfx.qc.recognition import networks_of
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, StageSettings, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.bank import FromBank
from schemas.job import ShotJob
from schemas.receipts import Unit

_LOOKED_AT = 8
"""Frames of a face that are looked at, spread over those that show it."""
_SIDE = 256

if TYPE_CHECKING:  # planning a shot need not wait for banks
    from fsvfx.banks.bank import Bank
    from fsvfx.banks.casting import Part, Shown

F32 = NDArray[np.float32]


class CastEntry(StageSettings):
    """An entry whose identity comes from a bank; sha256: the bank's."""

    entry: int
    performer: str
    identity: FromBank


class CastSettings(PlateSettings):
    shot: str
    """For messages."""
    entries: tuple[CastEntry, ...]
    networks: tuple[str, ...]


class CastStage(Stage[CastSettings]):
    name = "cast"
    version = 1
    scope = "shot"
    needs = (Need("ingest", of="all"), Need("detect", of="all"), Need("track", of="all"))
    resources = Resources(cpu=1, memory_mib=2048)
    outputs = Outputs(
        tables={
            "rN": {
                "crops": spec("R R 3", "float16"),
                "landmarks": spec("468 3", "float32"),
                "embedding": spec("128", "float32"),
                "sharpness": spec("", "float32"),
            }
        }
    )

    def is_wanted(self, job: ShotJob) -> bool:
        return any(entry.from_bank for entry in job.shot.replace)

    def settings(self, job: ShotJob, unit: Unit) -> CastSettings:
        return CastSettings(
            shot=job.shot.name,
            entries=tuple(
                CastEntry(entry=index, performer=entry.performer, identity=entry.from_bank)
                for index, entry in enumerate(job.shot.replace)
                if entry.from_bank
            ),
            networks=networks_of(job),
            **PlateSettings.of(job).model_dump(),
        )

    def weights(self, settings: CastSettings) -> tuple[str, ...]:
        return tuple(dict.fromkeys(card for name in settings.networks for card in network(name).weights))

    def run(self, work: Work[CastSettings]) -> Result:
        """Tables ``rN``: the member's picture, as references have them. None of an entry that no face is left for.

        Raises InputError if a bank has too few members who are far enough from their performers; ModelError.
        """
        tables: dict[str, dict[str, Array]] = {}
        qc: dict[str, JsonValue] = {}
        for entries in _by_bank(work.settings.entries):
            bank = _bank(entries[0].identity, work)
            seen = [(entry, shown) for entry in entries if (shown := _shown(entry, bank, work)) is not None]
            for (entry, _), part in zip(seen, _cast(seen, bank, work), strict=True):
                tables[entry_name(entry.entry)] = _pictures(bank, part.row)
                qc[entry_name(entry.entry)] = {
                    "member": bank.card.members[part.row],
                    "unlike": round(part.unlike, 3),
                    "apart": dict(part.apart),
                }
        return Result(tables=tables, qc=qc)


def _by_bank(entries: Sequence[CastEntry]) -> list[list[CastEntry]]:
    """The entries of each bank, which share its members."""
    found: dict[tuple[str, str | None], list[CastEntry]] = {}
    for entry in entries:
        found.setdefault((entry.identity.bank, entry.identity.sha256), []).append(entry)
    return list(found.values())


def _bank(said: FromBank, work: Work[CastSettings]) -> Bank:
    from fsvfx.banks.bank import open_bank

    return open_bank(work.context.packages.find_bank(said.bank, said.sha256))


def _cast(seen: Sequence[tuple[CastEntry, Shown]], bank: Bank, work: Work[CastSettings]) -> list[Part]:
    from fsvfx.banks.casting import cast

    if not seen:
        return []
    rows = [bank.rows(entry.identity) for entry, _ in seen]
    where = Where(shot=work.settings.shot, stage="cast", field=f"replace[{seen[0][0].entry}].identity")
    return cast([shown for _, shown in seen], bank, rows, [entry.identity.seed for entry, _ in seen], where)


def _shown(entry: CastEntry, bank: Bank, work: Work[CastSettings]) -> Shown | None:
    """What some frames show of the performer; None if there is no such face."""
    from fsvfx.banks.casting import Shown
    from fsvfx.banks.looks import look_of, vectors_by

    found = _faces(work, entry.entry)
    if not found:
        return None
    places = np.linspace(0, len(found) - 1, min(_LOOKED_AT, len(found))).round().astype(int)
    colour, ingest = plate_colour_of(work), work.inputs["ingest"]
    crops, meshes = [], []
    for number, landmarks in (found[place] for place in places.tolist()):
        matrix = crop_matrix(landmarks, _SIDE)
        crops.append(np.asarray(display_crop(ingest.frame("frames", number), matrix, _SIDE, colour), np.float32))
        meshes.append(move_points(matrix, landmarks))
    looks = np.stack([look_of(*each) for each in zip(crops, meshes, strict=True)])
    return Shown(entry.performer, looks, vectors_by(bank.card.networks, np.stack(crops), np.stack(meshes)))


def _faces(work: Work[CastSettings], index: int) -> list[tuple[int, F32]]:
    """Frame and landmarks (468, 3) plate px of each find of the entry's performer, in the order of frames."""
    tracks = _table(work.inputs["track"], "tracks")
    own = _table(work.inputs["track"], entry_name(index))["track"]
    rows = np.isin(tracks["track"], own) & ~tracks["filled"].astype(np.bool_)
    found = _table(work.inputs["detect"], "faces")
    at = {(int(number), *box): row for row, (number, box) in enumerate(zip(found["frame"], found["box"].tolist()))}
    places = [at[int(number), *box] for number, box in zip(tracks["frame"][rows], tracks["box"][rows].tolist())]
    return [(int(found["frame"][place]), found["landmarks"][place]) for place in places]


def _table(data: Data, name: str) -> dict[str, NDArray[Any]]:
    return dict(data.table(name))


def _pictures(bank: Bank, row: int) -> dict[str, Array]:
    own = slice(row, row + 1)
    return {
        "crops": (bank.crops[own] / np.float32(255)).astype(np.float16),
        "landmarks": bank.landmarks[own],
        "embedding": bank.code[own],
        "sharpness": bank.sharpness[own],
    }
