"""Builds a faceset from a person's footage, once: as a group in the store, recorded by a receipt in the ledger.

Not a stage, since its footage comes from several shots; but its key, group and receipt are made like a stage's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.comp.matte import hull
from fsvfx.errors import InputError, Where
from fsvfx.facesets.footage import Footage, Seen, look_at, scaled
from fsvfx.facesets.selection import Choice, Reason, choose
from fsvfx.printable import counted
from fsvfx.qc.sheet import sampled
from fsvfx.store import Address, Ledger, ShotStore, open_store, stage_key, this_worker, write_result
from schemas.faceset import FacesetSettings
from schemas.receipts import Receipt, Unit

STAGE = "faceset"
VERSION = 1
"""Increase it when the same footage would give different bytes."""
THUMB = 96
_SHOWN = 64
"""Number of faces kept, as thumbnails, for each reason of exclusion."""


def store_of(store: str, production: str) -> ShotStore:
    """Where a production's facesets are: beside its shots, under a name that no shot can have."""
    return open_store(f"{store.rstrip('/')}/{production}/_facesets")


def built(person: str, footage: Sequence[Footage], settings: FacesetSettings, store: ShotStore) -> Receipt | None:
    """The receipt of the person's faceset, if it is there. Raises StoreError."""
    return Ledger(store).receipt(Address.of(_wanted(person, footage, settings, rights="")))


def build(
    person: str,
    footage: Sequence[Footage],
    settings: FacesetSettings,
    store: ShotStore,
    *,
    rights: str = "",
    report: Callable[[str], None] = lambda message: None,
) -> Receipt:
    """The receipt of the person's faceset: the ledger's, if it was built from the same input before.

    ``rights``: digest of the decision that allows it. Raises InputError if no face remains; StoreError.
    """
    started, attempt = datetime.now(UTC), f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    wanted = _wanted(person, footage, settings, rights)
    at, ledger = Address.of(wanted), Ledger(store)
    done = ledger.receipt(at)
    if done is not None:
        return done
    seen = look_at(footage)
    choice = choose(seen, [each.name for each in footage], settings)
    if not (choice.kept & ~choice.held_out).any():
        raise _nothing_left(person, choice)
    report(f"{person}: {_told(choice)}")
    result, path = _result(footage, seen, choice, settings.size), at.group(attempt)
    written = write_result(store, path, range(int(choice.kept.sum())), result)
    made = {"attempt": attempt, "path": path, "digest": written.digest, "bytes": written.bytes, "qc": dict(result.qc)}
    winner = ledger.commit(wanted.model_copy(update={**made, "started": started, "ended": datetime.now(UTC)}))
    if winner.attempt != attempt:
        store.delete(path)
    return winner


def _wanted(person: str, footage: Sequence[Footage], settings: FacesetSettings, rights: str) -> Receipt:
    """The receipt, without the results of the work."""
    now, unit = datetime.now(UTC), Unit.of_person(person)
    inputs = {f"{each.name}/{place}": digest for each in footage for place, digest in enumerate(each.digests)}
    parameters = _parameters(footage, settings)
    return Receipt(
        shot=STAGE,
        stage=STAGE,
        stage_version=VERSION,
        unit=unit,
        key=stage_key(
            stage=STAGE, version=VERSION, parameters=parameters, weights={}, colour_config="", seed=0, inputs=inputs
        ),
        attempt="",
        path="",
        digest="",
        inputs=inputs,
        parameters=parameters,
        colour_config="",
        seed=settings.seed,
        rights=rights,
        started=now,
        ended=now,
        peak_rss_mib=0,
        bytes=0,
        worker=this_worker(),
        device="cpu",
    )


def _parameters(footage: Sequence[Footage], settings: FacesetSettings) -> dict[str, JsonValue]:
    """Everything that the result depends on: of the takes, only which footage shares one; of the exclusions, this
    person's."""
    takes, names = sorted({each.take for each in footage}), [each.name for each in footage]
    own = settings.model_copy(
        update={"exclude": {name: settings.exclude[name] for name in names if name in settings.exclude}}
    )
    return {
        "footage": list(names),
        "takes": [[takes.index(each.take), each.place, each.entry] for each in footage],
        "settings": own.model_dump(mode="json"),
    }


def _result(footage: Sequence[Footage], seen: Seen, choice: Choice, size: int) -> Result:
    kept = seen[choice.kept]
    landmarks = scaled(kept.landmarks, 1.0, size)

    def crops() -> Iterator[Array]:
        for index, frame in zip(kept.footage, kept.frame, strict=True):
            yield footage[index].crop(int(frame), size)

    def masks() -> Iterator[Array]:
        for points in landmarks:
            yield np.rint(hull(points, size) * 255).astype(np.uint8)

    frames: dict[str, Array | LazyFrames] = {
        "crops": LazyFrames((size, size, 3), np.dtype(np.float16), crops()),
        "mask": LazyFrames((size, size), np.dtype(np.uint8), masks()),
        "landmarks": landmarks,
        "pose": kept.pose,
        "sharpness": kept.sharpness,
        "footage": kept.footage,
        "frame": kept.frame,
        "held_out": choice.held_out[choice.kept],
    }
    held_out = int(choice.held_out.sum())
    qc: dict[str, JsonValue] = {reason.name.lower(): choice.count(reason) for reason in Reason}
    qc |= {"frames": len(seen.frame), "kept": int(choice.kept.sum()), "held_out": held_out, "size": size}
    return Result(frames=frames, tables={"culled": _culled(footage, seen, choice)}, qc=qc)


def _culled(footage: Sequence[Footage], seen: Seen, choice: Choice) -> dict[str, Array]:
    """The excluded faces, for the contact sheet: some for each reason, evenly spaced over the footage."""
    shown = [row for reason in Reason for row in sampled(np.flatnonzero(choice.reason == reason).tolist(), _SHOWN)]
    rows = np.array(shown, np.int64)
    thumbs = [_thumb(footage[seen.footage[row]], int(seen.frame[row]), bool(seen.present[row])) for row in rows]
    return {
        "footage": seen.footage[rows],
        "frame": seen.frame[rows],
        "reason": choice.reason[rows],
        "of": np.array([choice.count(Reason(reason)) for reason in choice.reason[rows]], np.int64),
        "thumb": np.array(thumbs, np.uint8).reshape(-1, THUMB, THUMB, 3),
    }


def _thumb(footage: Footage, frame: int, present: bool) -> NDArray[np.uint8]:
    """Black where there is no face."""
    if not present:
        return np.zeros((THUMB, THUMB, 3), np.uint8)
    return np.rint(footage.crop(frame, THUMB).astype(np.float32) * 255).astype(np.uint8)


def _told(choice: Choice) -> str:
    left_out = ", ".join(f"{choice.count(reason)} {reason.name.lower()}" for reason in Reason if choice.count(reason))
    faces = f"{counted(int(choice.kept.sum()), 'face')}, {int(choice.held_out.sum())} of them held out"
    return f"{faces}; left out: {left_out}" if left_out else faces


def _nothing_left(person: str, choice: Choice) -> InputError:
    return InputError(
        f"No faces of '{person}' are left to train on ({_told(choice)})",
        hint="Give more footage, or correct the faceset's settings: exclude, blurred, gap, held_out",
        where=Where(stage=STAGE, field="faceset"),
    )
