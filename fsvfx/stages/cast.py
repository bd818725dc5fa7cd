"""Cast: which member of a bank goes into each face that gets one, for the whole shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from fsvfx.arrays import Array, Data, Result
from fsvfx.comp.choices import in_force, takes_texture
from fsvfx.engines.contract import FaceBatch
from fsvfx.engines.registry import engine
from fsvfx.entries import entry_name
from fsvfx.errors import Where
from fsvfx.faces.geometry import Matrix, crop_matrix, margin_of, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.identity.registry import network
from fsvfx.media import spread
from fsvfx.qc.recognition import networks_of
from fsvfx.stages.align import wide_of
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, StageSettings, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from fsvfx.stages.swap import SwapEntry, swap_entry
from schemas.bank import FromBank
from schemas.job import ShotJob
from schemas.receipts import Unit

_LOOKED_AT = 8
"""Frames of a face that are examined, spread over those that show it."""
_TRIED = 3
"""Number of those frames on which members are tried."""
_SIDE = 256

if TYPE_CHECKING:  # planning a shot need not wait for banks
    from fsvfx.banks.bank import Bank
    from fsvfx.banks.casting import Part, Shown
    from fsvfx.banks.trial import Trial

F32 = NDArray[np.float32]


class CastEntry(StageSettings):
    """An entry whose identity comes from a bank; sha256: the bank's. swap: what trial swaps read of it."""

    entry: int
    performer: str
    identity: FromBank
    swap: SwapEntry
    wide: float = Field(1.0, exclude_if=lambda wide: wide == 1)
    """How many times as wide as crops the engine needs pictures."""


class CastSettings(PlateSettings):
    shot: str
    """For messages."""
    entries: tuple[CastEntry, ...]
    networks: tuple[str, ...]
    texture: bool
    """Whether composites give soft swaps the plate's texture in some frames."""


class CastStage(Stage[CastSettings]):
    name = "cast"
    version = 2
    scope = "shot"
    needs = (Need("ingest", of="all"), Need("detect", of="all"), Need("track", of="all"))
    resources = Resources(cpu=1, memory_mib=3072)
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

    def resources_for(self, job: ShotJob) -> Resources:
        """A GPU, if an engine used for trials runs on one."""
        gpu = any(engine(entry.engine).uses_gpu for entry in job.shot.replace if entry.from_bank)
        return replace(self.resources, gpu=int(gpu))

    def settings(self, job: ShotJob, unit: Unit) -> CastSettings:
        frames = list(job.shot.plate.frames)
        return CastSettings(
            shot=job.shot.name,
            entries=tuple(
                CastEntry(
                    entry=index,
                    performer=entry.performer,
                    identity=entry.from_bank,
                    swap=swap_entry(entry, frames),
                    wide=wide_of(entry, job.models),
                )
                for index, entry in enumerate(job.shot.replace)
                if entry.from_bank
            ),
            networks=networks_of(job),
            texture=any(map(takes_texture, in_force(job.shot.composite, job.shot.plate.frames))),
            **PlateSettings.of(job).model_dump(),
        )

    def weights(self, settings: CastSettings) -> tuple[str, ...]:
        """Those of the networks, and of the engines used for trials."""
        known = (network(name).weights for name in settings.networks)
        swaps = (engine(one.swap.engine).weights(values) for one in settings.entries for _, values in one.swap.groups)
        return tuple(dict.fromkeys(card for cards in (*known, *swaps) for card in cards))

    def run(self, work: Work[CastSettings]) -> Result:
        """Tables ``rN``: the member's picture, as references have them. None for an entry without a face left.

        Raises InputError if a bank has too few members who are far enough from their performers; ModelError.
        """
        tables: dict[str, dict[str, Array]] = {}
        qc: dict[str, JsonValue] = {}
        for entries in _by_bank(work.settings.entries):
            bank = _bank(entries[0].identity, work)
            seen = [sight for entry in entries if (sight := _seen(entry, bank, work)) is not None]
            for sight, part in zip(seen, _cast(seen, bank, work), strict=True):
                name = entry_name(sight.entry.entry)
                tables[name], qc[name] = _pictures(bank, part.row), _said(part, bank)
                if not part.is_hidden:
                    work.report(f"{sight.entry.performer} may still be recognized: {part.tried} members were tried")
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


@dataclass(frozen=True)
class _Sight:
    """An entry's performer in k frames: crops (k, S, S, 3), wide (k, W, W, 3) where the engine asks, meshes (k, 468, 3)
    crop px."""

    entry: CastEntry
    shown: Shown
    frames: tuple[int, ...]
    crops: F32
    meshes: F32
    wide: F32 | None


def _cast(seen: Sequence[_Sight], bank: Bank, work: Work[CastSettings]) -> list[Part]:
    from fsvfx.banks.casting import cast

    if not seen:
        return []
    said = [sight.entry.identity for sight in seen]
    where = Where(shot=work.settings.shot, stage="cast", field=f"replace[{seen[0].entry.entry}].identity")
    trials = [_trial(sight, work) for sight in seen]
    return cast(
        [sight.shown for sight in seen],
        bank,
        [bank.rows(one) for one in said],
        [one.seed for one in said],
        where,
        [None if trial is None else partial(trial.of, bank) for trial in trials],
    )


def _seen(entry: CastEntry, bank: Bank, work: Work[CastSettings]) -> _Sight | None:
    """The performer in some frames; None if there is no such face."""
    from fsvfx.banks.casting import Shown
    from fsvfx.banks.looks import look_of, vectors_by

    found = _faces(work, entry.entry)
    if not found:
        return None
    faces = [found[place] for place in spread(len(found), _LOOKED_AT)]
    matrices = [crop_matrix(landmarks, _SIDE) for _, landmarks in faces]
    meshes = np.stack([move_points(matrix, landmarks) for matrix, (_, landmarks) in zip(matrices, faces, strict=True)])
    numbers, margin = tuple(number for number, _ in faces), margin_of(_SIDE, entry.wide)
    crops = _crops(numbers, matrices, 0, work)
    looks = np.stack([look_of(*each) for each in zip(crops, meshes, strict=True)])
    shown = Shown(entry.performer, looks, vectors_by(bank.card.networks, crops, meshes))
    return _Sight(entry, shown, numbers, crops, meshes, _crops(numbers, matrices, margin, work) if margin else None)


def _crops(numbers: Sequence[int], matrices: Sequence[Matrix], margin: int, work: Work[CastSettings]) -> F32:
    """(k, S, S, 3), plus ``margin`` px of the plate on every side."""
    colour, ingest = plate_colour_of(work), work.inputs["ingest"]
    shift, size = np.array([[0, 0, margin], [0, 0, margin]]), _SIDE + 2 * margin
    cut = (display_crop(ingest.frame("frames", n), m + shift, size, colour) for n, m in zip(numbers, matrices))
    return np.stack([np.asarray(each, np.float32) for each in cut])


def _trial(sight: _Sight, work: Work[CastSettings]) -> Trial | None:
    """A trial on some of the examined frames. None if a swap reads other stages, which run later."""
    from fsvfx.banks.trial import Trial

    kind = engine(sight.entry.swap.engine)
    if kind.reads or sight.entry.swap.drive:
        return None
    parts, order = [], []
    tried = spread(len(sight.frames), _TRIED)
    for numbers, values in sight.entry.swap.groups:
        rows = [row for row in tried if sight.frames[row] in numbers]
        if rows:
            wide = None if sight.wide is None else sight.wide[rows]
            frames = tuple(sight.frames[row] for row in rows)
            faces = FaceBatch(sight.crops[rows], sight.meshes[rows], frames, wide=wide)
            parts.append((kind(values, work.context), faces))
            order += rows
    return Trial(
        tuple(parts),
        {name: one[order] for name, one in sight.shown.vectors.items()},
        plate_colour_of(work),
        work.settings.texture,
    )


def _said(part: Part, bank: Bank) -> dict[str, JsonValue]:
    return {
        "member": bank.card.members[part.row],
        "unlike": round(part.unlike, 3),
        "apart": dict(part.apart),
        "delivered": dict(part.delivered),
        "tried": part.tried,
    }


def _faces(work: Work[CastSettings], index: int) -> list[tuple[int, F32]]:
    """Frame and landmarks (468, 3) plate px of each detection of the entry's performer, in frame order."""
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
