"""A plan: where every stage of every unit stands, what would run, and what that would cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.frames import FrameRange
from schemas.receipts import ChunkState, Failure, Receipt, Unit

SETTLED = frozenset({ChunkState.DONE, ChunkState.WAIVED})


@dataclass(frozen=True)
class Entry:
    """One stage of one unit."""

    stage: str
    unit: Unit
    state: ChunkState
    key: str | None = None
    """None: not known until what it reads has run."""
    receipt: Receipt | None = None
    failure: Failure | None = None
    reason: str = ""
    """Why it is not done, in words."""
    may_change: bool = False
    """Done with what there is, or depends on such; runs again if what has failed upstream is made after all."""
    is_blocked: bool = False
    """Missing because something that it can not do without has failed."""
    wanted: bool = True
    """Within the frames and stages that were asked for."""

    @property
    def name(self) -> tuple[str, str]:
        return self.stage, self.unit.name

    @property
    def is_settled(self) -> bool:
        """Done or waived; perhaps not for good, see ``may_change``."""
        return self.state in SETTLED

    def __str__(self) -> str:
        return f"{self.stage} {self.unit.name}"


@dataclass(frozen=True)
class Estimate:
    """What the entries that are not done would cost, by what their like cost before."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Per stage, of one worker's time; stages that never ran are left out."""
    bytes: dict[str, int] = field(default_factory=dict)
    """Per stage, in the store."""
    unknown: tuple[str, ...] = ()
    """Stages of which no receipt tells the time."""

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes.values())


@dataclass(frozen=True)
class Plan:
    """All entries of a shot, in the order of the DAG."""

    entries: tuple[Entry, ...]
    waived: FrameRange
    estimate: Estimate
    damaged: tuple[str, ...] = ()
    """Records of the ledger that can't be read: each counts as none, and its work is done again."""

    @property
    def todo(self) -> tuple[Entry, ...]:
        """Wanted, and not settled for good. Running one that may change costs a look into the ledger if it does not."""
        return tuple(one for one in self.entries if one.wanted and (not one.is_settled or one.may_change))

    @property
    def incomplete(self) -> tuple[Entry, ...]:
        """Wanted, and neither done nor waived."""
        return tuple(one for one in self.entries if one.wanted and not one.is_settled)

    @property
    def failed(self) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.state is ChunkState.FAILED)

    @property
    def is_complete(self) -> bool:
        """Whether all that is wanted is done, or waived: each chunk is when its frames are waived or composited."""
        return not self.incomplete

    @property
    def receipts(self) -> dict[tuple[str, str], Receipt]:
        """(stage, unit name) -> receipt of what is done."""
        return {one.name: one.receipt for one in self.entries if one.receipt is not None}

    def entry(self, stage: str, unit: str) -> Entry:
        """The entry of that name. KeyError if there is none."""
        return self._by_name[stage, unit]

    @property
    def _by_name(self) -> dict[tuple[str, str], Entry]:
        return {one.name: one for one in self.entries}

    def table(self) -> dict[str, dict[str, ChunkState]]:
        """Unit name -> stage -> state, in the order of the DAG; a unit lacks the stages that it does not go through."""
        rows: dict[str, dict[str, ChunkState]] = {}
        for one in self.entries:
            rows.setdefault(one.unit.name, {})[one.stage] = one.state
        return rows

    def counts(self) -> dict[str, dict[ChunkState, int]]:
        """Stage -> state -> how many units."""
        found: dict[str, dict[ChunkState, int]] = {}
        for one in self.entries:
            states = found.setdefault(one.stage, {})
            states[one.state] = states.get(one.state, 0) + 1
        return found
