"""What the ledger holds: receipts, failures, claims and waivers; and the units of work they speak of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AliasChoices, Field, JsonValue

from schemas.base import StrictModel
from schemas.frames import Chunk, FrameRange


class Unit(StrictModel):
    """What one run of a stage covers: a chunk, the whole shot, or a person's references."""

    kind: Literal["chunk", "shot", "person"]
    name: str
    """``1001-1024``, ``shot``, or ``person.lead``: one folder name in the store."""
    chunk: Chunk | None = None

    def __eq__(self, other: object) -> bool:
        """By its name, which says it all: graphs of long shots look units up a million times."""
        return self is other or (isinstance(other, Unit) and self.name == other.name and self.kind == other.kind)

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def of_chunk(cls, chunk: Chunk) -> Unit:
        return cls(kind="chunk", name=chunk.name, chunk=chunk)

    @classmethod
    def of_shot(cls) -> Unit:
        return cls(kind="shot", name="shot")

    @classmethod
    def of_person(cls, person: str) -> Unit:
        return cls(kind="person", name=f"person.{person}")

    @property
    def person(self) -> str:
        return self.name.removeprefix("person.")


class ChunkState(StrEnum):
    """Where one stage of one unit stands."""

    MISSING = "missing"
    """Nothing is committed for the key that is wanted now."""
    CLAIMED = "claimed"
    """A worker holds a live lease on it."""
    DONE = "done"
    """Committed."""
    FAILED = "failed"
    """The last attempt failed, and nothing has been committed since."""
    WAIVED = "waived"
    """Accepted as it is: these frames are delivered as the plate's."""


class DeliveredFile(StrictModel):
    """A file that was handed over."""

    kind: str
    """As in the manifest; ``contact_sheet`` and ``report`` also where it names none."""
    path: str
    """Absolute, or ``s3://``."""
    frame: int | None = None
    bytes: int
    digest: str
    """blake3 of its bytes, in hex."""


class Receipt(StrictModel):
    """The record that one stage of one unit is done. Its existence in the ledger is the commit."""

    schema_version: Literal[1] = 1
    shot: str
    stage: str
    stage_version: int
    unit: Unit
    key: str
    attempt: str
    path: str
    """Of the Zarr group, below the shot's root; empty for stages that write files only (deliver)."""
    kept: bool = True
    """Whether the group is in the store; if not, whoever reads it computes it again. ``digest`` vouches for it."""
    digest: str
    """Of everything that the stage put out."""
    parts: dict[str, str] = Field(default_factory=dict)
    """Digest of each part, by unit name, where a consumer needs one part only (track: one per chunk)."""
    inputs: dict[str, str] = Field(default_factory=dict)
    """``stage/unit`` -> the digest that went into the key."""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    weights: dict[str, str] = Field(default_factory=dict)
    """Name -> sha256 of each model file that was used."""
    colour_config: str
    seed: int
    rights: str
    """Digest of the rights decision under which it ran."""
    started: datetime
    ended: datetime
    peak_rss_mib: float
    bytes: int
    worker: str
    device: str
    qc: dict[str, JsonValue] = Field(default_factory=dict)
    files: tuple[DeliveredFile, ...] = ()
    """What deliver wrote."""

    @property
    def seconds(self) -> float:
        return (self.ended - self.started).total_seconds()


class Failure(StrictModel):
    """One attempt that did not work: what, where, and how to fix it."""

    shot: str
    stage: str
    unit: Unit
    key: str
    attempt: str
    transient: bool
    error: str
    """The error's class."""
    message: str
    hint: str = Field(validation_alias=AliasChoices("hint", "mend"))
    """What to do; ledgers of version 0.1 call it ``mend``."""
    frames: FrameRange | None = None
    redo: str | None = None
    """The stage whose stored result is damaged on ``frames``: it must be recreated."""
    trace: str = ""
    """Python's traceback of what fsvfx did not foresee; empty for its own errors."""
    at: datetime
    worker: str


class Intent(StrictModel):
    """A deliverable that is about to be put in its place: should the run end there, the file is known by it."""

    path: str
    digest: str
    """blake3 of its bytes, in hex."""


class Claim(StrictModel):
    """A lease: somebody works on it until ``expires``, and renews it while alive."""

    run_id: str
    attempt: str
    worker: str
    expires: datetime


class Waiver(StrictModel):
    """Frames that somebody accepts as the plate's own."""

    frames: FrameRange
    by: str
    why: str
    at: datetime
