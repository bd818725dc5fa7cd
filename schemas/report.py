"""The delivery report: what was handed over, what it came from, and whose consent it rests on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from schemas.bank import Basis
from schemas.base import StrictModel
from schemas.frames import FrameRange
from schemas.receipts import DeliveredFile, Waiver

AI_STATEMENT = "AI-ALTERED: faces in this picture were replaced by software"
PLAIN_STATEMENT = "Not altered: this delivery replaced no face"


class ReportedSwap(StrictModel):
    """Whose face went, whose came, and how."""

    performer: str
    identity: str
    engine: str
    member: str = Field("", exclude_if=lambda name: not name)
    """Of a bank: who of it."""
    driver: str = Field("", exclude_if=lambda name: not name)
    """Whose performance it shows, where that is not the performer's: ``expression of ada``."""
    engine_version: int | None = None
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    overrides: tuple[dict[str, JsonValue], ...] = ()


class ReportedRights(StrictModel):
    """Under which consent it was delivered."""

    decision: str
    """Digest of the gate's decision."""
    records: tuple[str, ...]
    """Ids of the consent records."""
    test_records: tuple[str, ...] = ()
    """Those that were made up for a test or a demo."""
    purpose: str = "commercial"
    """``research``: not to be used commercially."""
    weights: tuple[ReportedWeights, ...] = ()
    bases: tuple[Basis, ...] = Field((), exclude_if=lambda bases: not bases)
    """The legal grounds on which people are shown who have signed no record."""


class ReportedWeights(StrictModel):
    """Weights that had a part in it, and under which licence."""

    name: str
    licence: str
    commercial_use: bool | None
    held: str = ""
    """The licence of its own that the production holds."""


class ReportedColour(StrictModel):
    """The spaces, by the config's own names."""

    config: str
    plate: str
    comp: str
    delivered: tuple[str, ...]
    """One per deliverable that is made for a color space, in the manifest's order."""


class ReportedStage(StrictModel):
    """One receipt."""

    stage: str
    version: int
    unit: str
    key: str
    digest: str


class DeliveryReport(StrictModel):
    """One shot, delivered. Holds no times, so that the same delivery has the same report."""

    schema_version: Literal[1] = 1
    statement: str = AI_STATEMENT
    production: str
    shot: str
    frames: FrameRange
    frame_rate: str | None = None
    """None: neither the plate's files nor the manifest tell one, and no deliverable needs it."""
    timecode: str | None = None
    """Of the first frame; ``timecode_source`` says whether it is the plate's. None without a frame rate."""
    timecode_source: str | None = None
    waived: FrameRange | None = None
    """Frames that are the plate's own."""
    waivers: tuple[Waiver, ...] = ()
    without_swap: FrameRange | None = None
    """Frames in which no pixel was changed, waived ones included."""
    swaps: tuple[ReportedSwap, ...]
    rights: ReportedRights
    colour: ReportedColour
    head: str | None = None
    """The morphable model, where faces were fitted with one."""
    files: tuple[DeliveredFile, ...]
    """All but this report itself, and the MHL that covers it."""
    qc: dict[str, JsonValue] = Field(default_factory=dict)
    """Figures over the shot, by name: median, worst and the frame of the worst."""
    stages: tuple[ReportedStage, ...]
    weights: dict[str, str] = Field(default_factory=dict)
    """sha256 of each model file that had a part in it."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Of fsvfx and of the libraries that touch pixels."""
