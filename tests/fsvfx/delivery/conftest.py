"""A small shot, ready to deliver: a plate on disk, consent, and the stages' results in a store in memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from fsvfx.arrays import Result
from fsvfx.colour import DEFAULT_CONFIG, PlateColour
from fsvfx.media import open_plate
from fsvfx.qc.view import packed
from fsvfx.store import Address, Ledger, open_store, write_result
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Replace, Shot
from schemas.receipts import Receipt, Unit

CONSENT = """
schema_version: 1
record_id: test-{person}
person: {person}
subject: {{legal_name: A test}}
replica_kind: licensed_double
roles: [source_identity, target_performer]
scope:
  production: harbour
  shots: ["*"]
  uses: [face_replacement]
  description: A record made up for a test of the delivery, about nobody who exists.
  valid_from: 2020-01-01
document: {{sha256: "{digest}"}}
revocation: {{status: none, checked_at: "{now}"}}
is_test_record: true
"""


@dataclass
class ShotKit:
    """A shot, and the receipts of what was made of it."""

    job: ShotJob
    ingest: list[Receipt] = field(default_factory=list)
    align: list[Receipt] = field(default_factory=list)
    composite: list[Receipt] = field(default_factory=list)
    measure: list[Receipt] = field(default_factory=list)

    def of_chunk(self, unit: Unit) -> list[Receipt]:
        return [one for one in (*self.ingest, *self.align, *self.composite) if one.unit == unit]

    @property
    def units(self) -> list[Unit]:
        return [Unit.of_chunk(chunk) for chunk in self.job.shot.chunks]

    def add(self, stage: str, unit: Unit, result: Result) -> Receipt:
        return _stored(self.job, stage, unit, result)

    def commit(self, receipt: Receipt) -> Receipt:
        return Ledger(open_store(self.job)).commit(receipt)


@pytest.fixture
def exr_plate(tmp_path: Path) -> Callable[..., Path]:
    """Writes half-float EXR plates: HDR, negative values, a data window that is not the display window."""

    def write(numbers: Sequence[int], size: tuple[int, int] = (18, 26), **header: Any) -> Path:
        folder = tmp_path / "plates"
        folder.mkdir(exist_ok=True)
        for number in numbers:
            rgb = np.random.default_rng(number).uniform(-0.02, 3.0, (*size, 3)).astype(np.float16)
            rgb[0, 0] = 61.0
            window = (np.array([-3, 2], np.int32), np.array([-3 + size[1] - 1, 2 + size[0] - 1], np.int32))
            display = (np.array([0, 0], np.int32), np.array([19, 19], np.int32))
            facts = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
            facts |= {"dataWindow": window, "displayWindow": display, **header}
            OpenEXR.File(facts, {"RGB": rgb}).write(str(folder / f"p.{number:04d}.exr"))
        return folder / "p.####.exr"

    return write


@pytest.fixture
def shot_kit(tmp_path: Path) -> Callable[..., ShotKit]:
    """Makes a ShotKit from a plate on disk; ``deliver`` as manifests have it, its paths below the test's folder."""

    def make(
        plate: dict[str, Any], deliver: list[dict[str, Any]], *, skip: Sequence[str] = (), swaps: bool = True
    ) -> ShotKit:
        people = {person: Person(consent=str(_consent(tmp_path, person))) for person in ("double", "lead")}
        replace = Replace(performer="double", identity="lead", engine="landmark_warp")
        shot = Shot(name="sh010", plate=Plate(**plate), replace=(replace,) if swaps else (), chunk_size=3)
        job = ShotJob.model_validate(
            {
                "production": "harbour",
                "shot": shot,
                "people": people,
                "deliver": [wish | {"path": f"{tmp_path}/out/{wish['path']}"} for wish in deliver],
                "store": f"memory://{uuid.uuid4().hex}",
                "colour_config": DEFAULT_CONFIG.name,
                "manifest": str(tmp_path / "harbour.yaml"),
            }
        )
        kit = ShotKit(job)
        for unit in kit.units:
            _run_stages(kit, unit, skip)
        return kit

    return make


def _consent(folder: Path, person: str) -> Path:
    path = folder / f"{person}.yaml"
    path.write_text(CONSENT.format(person=person, digest="0" * 64, now=datetime.now(UTC).isoformat()))
    return path


def _run_stages(kit: ShotKit, unit: Unit, skip: Sequence[str]) -> None:
    assert unit.chunk is not None
    numbers = list(unit.chunk.frames)
    frames = np.stack(list(open_plate(kit.job).pictures(numbers)))
    kit.ingest.append(_stored(kit.job, "ingest", unit, Result(frames={"frames": frames})))
    if any("stmap" in getattr(wish, "layers", ()) for wish in kit.job.deliver):
        kit.align.append(_stored(kit.job, "align", unit, _aligned(numbers)))
    if kit.job.shot.replace and f"composite {unit.name}" not in skip:
        made = patches(kit.job, numbers, frames)
        swap = _stored(
            kit.job,
            "swap",
            unit,
            Result(tables={"seen": {"frame": np.array(numbers, np.int64)}}),
            parameters={"entries": [{"engine": "landmark_warp", "engine_version": 7}]},
            weights={"net": "5" * 64},
        )
        kit.composite.append(_stored(kit.job, "composite", unit, made, inputs={f"swap/{unit.name}": swap.digest}))
    kit.measure.append(_stored(kit.job, "measure", unit, _figures(numbers)))


def patches(job: ShotJob, numbers: Sequence[int], frames: np.ndarray) -> Result:
    """A 6 x 8 patch, another than the plate, that moves with the frames; soft to the left; frame 1002 has none."""
    count = len(numbers)
    origin = np.array([(5, 4 + number % 10) for number in numbers], np.int32)
    patch = np.zeros((count, 6, 8, 3), np.float16)
    for row, (y, x) in enumerate(origin):
        comp = PlateColour.of(job).to_comp(frames[row])
        patch[row] = comp[y : y + 6, x : x + 8] * np.float16(0.5) + np.float16(0.1)
    matte = np.ones((count, 6, 8), np.float16)
    matte[:, :, 0], matte[:, :, 1] = 0, 0.5
    present = np.array([number != 1002 for number in numbers])
    names = {"present": present, "origin": origin, "patch": patch, "matte": matte}
    return Result(frames={f"r0/{name}": array for name, array in names.items()})


def _aligned(numbers: Sequence[int]) -> Result:
    """A crop of 16 px at half the plate's size, moved 2 px to the right; frame 1002 has none."""
    count = len(numbers)
    matrix = np.zeros((count, 2, 3)) + np.array([[0.5, 0, 2], [0, 0.5, 0]])
    present = np.array([number != 1002 for number in numbers])
    crops = np.zeros((count, 16, 16, 3), np.float16)
    return Result(frames={"r0/present": present, "r0/matrix": matrix, "r0/crops": crops})


def _figures(numbers: Sequence[int]) -> Result:
    count = len(numbers)
    pictures = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    thumbs = np.stack([packed(picture, 255 - picture, 5120) for picture in pictures])
    table = {
        "frame": np.array(numbers, np.int64),
        "entry": np.zeros(count, np.int64),
        "to_identity": np.full(count, 0.4, np.float32),
        "to_performer": np.where(np.arange(count) == 0, np.nan, 0.8).astype(np.float32),
        "seam": np.arange(count, dtype=np.float32),
    }
    return Result(frames={"thumbs": thumbs}, tables={"figures": table})


def _stored(job: ShotJob, stage: str, unit: Unit, result: Result, **more: Any) -> Receipt:
    store, now = open_store(job), datetime.now(UTC)
    path = Address(stage, unit.name, "k").group("a")
    numbers = unit.chunk.frames if unit.chunk else range(len(next(iter(result.frames.values()), ())))
    written = write_result(store, path, list(numbers), result)
    receipt = Receipt(
        shot=job.shot.name, stage=stage, stage_version=1, unit=unit, key="k", attempt="a", path=path,
        digest=written.digest, colour_config=job.colour_config, seed=0, rights="", started=now, ended=now,
        peak_rss_mib=1, bytes=written.bytes, parts=written.parts, worker="w", device="cpu", **more,
    )  # fmt: skip
    return Ledger(store).commit(receipt)


@pytest.fixture
def none_waived() -> FrameRange:
    return FrameRange(())
