"""Planning: what is wanted, minus what the ledger has. Reads only."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fsvfx.errors import FsvfxError
from fsvfx.runner.dag import Input, Wiring, is_waived, stage, stages
from fsvfx.runner.estimates import estimate_of
from fsvfx.runner.graph import Graph, Step, all_sources
from fsvfx.runner.inlets import Inlets
from fsvfx.runner.keying import Keys, counts
from fsvfx.runner.plan import SETTLED, Entry, Plan
from fsvfx.store import Address, Index, Ledger, open_store
from fsvfx.store.address import UNKEYED
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import ChunkState, Failure, Receipt, Unit


def plan(
    job: ShotJob, *, frames: FrameRange | None = None, stages: Sequence[str] = (), until: str | None = None
) -> Plan:
    """The shot's state by the ledger and the files as they are now. Writes nothing.

    What is wanted: all; the chunks of ``frames``; or ``stages`` (of ``frames``, if given) and all that depends on
    them; each up to the stage ``until``, with what they need. Raises StoreError; InputError for unknown stages, and for
    parameters that no stage takes; PlateError if nothing of the plate can be read.
    """
    return _plan(job, lambda graph: graph.wanted(frames, stages, until))


def plan_again(before: Plan) -> Plan:
    """The same plan, made now."""
    return _plan(before.job, lambda graph: before.wanted)


def revoke_named(job: ShotJob, frames: FrameRange | None = None, stages: Sequence[str] = ()) -> list[Entry]:
    """Move aside the receipts of what is named, so that the next run does it again; returns what was done.

    Without ``frames``: all units of the stages; shot-wide stages and people's only if named in ``stages``.
    Raises StoreError.
    """
    ledger, found = Ledger(open_store(job)), plan(job)
    named = found.graph.named(frames, stages)
    done = [one for one in found.entries if one.step in named and one.receipt is not None]
    return [one for one in done if one.key and ledger.revoke(Address(one.stage, one.unit.name, one.key))]


def _plan(job: ShotJob, wanted: Callable[[Graph], frozenset[Step]]) -> Plan:
    with uncollected():
        return _planned(job, wanted)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles: all that plans make stays, and looking through it again and again takes a
    third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _planned(job: ShotJob, wanted: Callable[[Graph], frozenset[Step]]) -> Plan:
    ledger = Ledger(open_store(job, create=False))
    walk = _Walk(job, ledger, ledger.index())
    graph = Graph.from_sources(walk.sources)
    chosen = wanted(graph)
    steps = walk.entries()
    cost = estimate_of(job, ledger, walk.index, [one for step, one in steps.items() if step in chosen])
    return Plan(job, graph, steps, chosen, walk.waived, cost, tuple(ledger.damaged))


@dataclass(frozen=True)
class _Draft:
    """A unit with its key, before the ledger is asked; or its entry, where the key can't be known."""

    unit: Unit
    key: str | None = None
    may_change: bool = False
    entry: Entry | None = None
    error: FsvfxError | None = None


class _Walk:
    """One pass down the DAG, stage by stage: the keys of a stage need the receipts of previous stages."""

    def __init__(self, job: ShotJob, ledger: Ledger, index: Index) -> None:
        self.job = job
        self.ledger = ledger
        self.index = index
        self.waived = ledger.waived(index)
        self.wiring = Wiring(job, self.waived)
        self.sources = all_sources(self.wiring)
        self.inlets = Inlets(job)
        self.keys = Keys(job, self.waived)
        self._known: dict[tuple[str, Unit], Entry] = {}

    def entries(self) -> dict[Step, Entry]:
        return {
            entry.step: entry for name in stages() for units in self._waves(name) for entry in self._wave(name, units)
        }

    def _waves(self, name: str) -> list[list[Unit]]:
        """The units of a stage; the shot's come after the chunks', which delivery of the shot reads."""
        units = self.wiring.units(name)
        chunks = [unit for unit in units if unit.chunk]
        return [wave for wave in (chunks, [unit for unit in units if not unit.chunk]) if wave]

    def _wave(self, name: str, units: Sequence[Unit]) -> list[Entry]:
        drafts = [self._draft(name, unit) for unit in units]
        _raise_if_nothing_is_readable(drafts)
        wanted = [Address(name, draft.unit.name, draft.key) for draft in drafts if draft.key]
        receipts = self.ledger.receipts(wanted, self.index)
        entries = [draft.entry or self._entry(name, draft, receipts) for draft in drafts]
        self._known |= {entry.step: entry for entry in entries}
        return entries

    def _draft(self, name: str, unit: Unit) -> _Draft:
        sources = self.sources[Step(name, unit)]
        waits = self._waits_for(sources)
        if waits is not None:
            return _Draft(unit, entry=self._waiting(name, unit, waits))
        upstream = [self._known[one.stage, one.unit] for one in sources]
        receipts = [one.receipt for one in upstream if one.receipt is not None]
        may_change = any(one.may_change or one.state not in SETTLED for one in upstream)
        try:
            source = self.inlets.of(name, unit)
            key = self.keys.of(name, unit, receipts, source)
        except FsvfxError as error:
            if unit.chunk is None or error.transient:
                raise
            return _Draft(unit, entry=self._unreadable(name, unit, error), error=error)
        return _Draft(unit, key, may_change)

    def _waits_for(self, sources: Sequence[Input]) -> Entry | None:
        """The upstream entry that must run before the key can be known, if any."""
        for one in sources:
            entry = self._known[one.stage, one.unit]
            if entry.receipt is None and (one.required or not _is_lost(entry)):
                return entry
        return None

    def _waiting(self, name: str, unit: Unit, upstream: Entry) -> Entry:
        lost = _is_lost(upstream)
        reason = f"{upstream} has failed" if lost else f"known once {upstream} has run"
        if upstream.state is ChunkState.MISSING and lost:
            reason = upstream.reason
        return self._unless_waived(Entry(name, unit, ChunkState.MISSING, reason=reason, is_blocked=lost))

    def _unreadable(self, name: str, unit: Unit, error: FsvfxError) -> Entry:
        failures = self.ledger.failures(Address(name, unit.name, UNKEYED), self.index)
        return Entry(name, unit, ChunkState.FAILED, failure=failures[-1] if failures else None, reason=str(error))

    def _entry(self, name: str, draft: _Draft, receipts: dict[Address, Receipt]) -> Entry:
        at = Address(name, draft.unit.name, draft.key or "")
        receipt = receipts.get(at)
        if receipt is not None and not stage(name).is_intact(receipt):
            return Entry(name, draft.unit, ChunkState.MISSING, at.key, reason="delivered files are gone")
        if receipt is not None and not counts(receipt, self.job):
            lacking = Entry(name, draft.unit, ChunkState.MISSING, at.key, reason="its arrays were not kept")
            return self._unless_waived(replace(lacking, may_change=draft.may_change))
        if receipt is not None:
            return Entry(name, draft.unit, ChunkState.DONE, at.key, receipt, may_change=draft.may_change)
        return self._unless_waived(self._not_done(at, draft))

    def _not_done(self, at: Address, draft: _Draft) -> Entry:
        made = Entry(at.stage, draft.unit, ChunkState.MISSING, at.key, may_change=draft.may_change)
        claim = self.ledger.claimed(at, self.index)
        if claim is not None:
            return replace(made, state=ChunkState.CLAIMED, reason=f"{claim.worker} is working on it")
        failures = self.ledger.failures(at, self.index)
        if not failures:
            return replace(made, reason="not run yet")
        return replace(made, state=ChunkState.FAILED, failure=failures[-1], reason=_said(failures[-1]))

    def _unless_waived(self, entry: Entry) -> Entry:
        if not stage(entry.stage).may_be_waived or not self._is_waived(entry.unit):
            return entry
        return replace(entry, state=ChunkState.WAIVED, reason="waived", may_change=False, is_blocked=False)

    def _is_waived(self, unit: Unit) -> bool:
        """Whether all of its frames are."""
        if unit.kind == "shot":
            return all(number in self.waived for number in self.job.shot.plate.frames)
        return is_waived(unit, self.waived)


def _is_lost(entry: Entry) -> bool:
    """Whether the unit is unavailable to its readers until its failure is fixed."""
    return entry.state in (ChunkState.FAILED, ChunkState.WAIVED) or entry.is_blocked


def _said(failure: Failure) -> str:
    return f"{failure.message}. {failure.hint}"


def _raise_if_nothing_is_readable(drafts: Sequence[_Draft]) -> None:
    """A plate of which no chunk can be read is one input error, not many failed chunks."""
    errors = [draft.error for draft in drafts if draft.error is not None]
    if errors and len(errors) == len(drafts):
        raise errors[0]
