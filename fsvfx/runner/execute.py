"""Runs one stage of one unit: key, ledger, claim, read, run, write, commit. The same for every stage."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn

from pydantic import JsonValue

from fsvfx.arrays import Data, LazyFrames, Result, Source
from fsvfx.context import device_for
from fsvfx.digests import digest_of
from fsvfx.errors import DamagedError, IncompleteError, StoreError, Where
from fsvfx.runner.causes import again, failure_of, told
from fsvfx.runner.dag import NO_FRAMES, halo_of, needs_of, sources_of, stage
from fsvfx.runner.keying import Recipe, counts, recipe_of
from fsvfx.runner.memory import PeakMemory
from fsvfx.runner.workplace import Workplace
from fsvfx.stages.contract import Need, Order, Upstream, Work
from fsvfx.store import Address, Lease, Written, open_data, this_worker, write_result
from fsvfx.store.address import UNKEYED
from fsvfx.store.data import frames_of
from schemas.job import ShotJob
from schemas.receipts import Claim, Receipt, Unit

Report = Callable[[str], None]
_POLL_SECONDS = 1.0


def run_unit(
    job: ShotJob,
    stage_name: str,
    unit: Unit,
    inputs: Sequence[Receipt],
    *,
    report: Report = lambda message: None,
    source: Source | None = None,
    place: Workplace | None = None,
    known: Sequence[Receipt] = (),
    keep: bool = True,
) -> Receipt:
    """The receipt of one stage of one unit: the ledger's if there is one for the key, else that of the work done now.

    ``inputs``: receipts of `inputs_of` (others are ignored). If another run is working on it, waits for its commit, or
    for its lease to lapse. Raises FsvfxError, which is in the ledger by then; IncompleteError if a required input is
    missing.
    ``source``: the pictures to read, if they are not the files that the job names. ``place``: what the units of a task
    share; default: one of its own. ``known``: receipts of what it takes to compute inputs again whose arrays were not
    kept. ``keep``: False leaves the unit's own arrays in the place's memory, if they fit.
    """
    run = UnitRun(place or Workplace.of(job), stage_name, unit, inputs, report, source, known=known, keep=keep)
    return run.receipt()


class UnitRun:
    """One call of `run_unit`."""

    def __init__(
        self,
        place: Workplace,
        stage_name: str,
        unit: Unit,
        inputs: Sequence[Receipt],
        report: Report,
        source: Source | None = None,
        *,
        known: Sequence[Receipt] = (),
        keep: bool = True,
    ) -> None:
        self.place = place
        self.job, self.store, self.ledger = place.job, place.store, place.ledger
        self.stage = stage_name
        self.contract = stage(stage_name)
        self.unit = unit
        self.report = report
        self.source = source
        self.known = (*known, *inputs)
        self.keep = keep
        self.attempt = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        self.waived = place.waived if self.contract.sink == "files" else NO_FRAMES
        self.inputs = self._own(inputs)

    def receipt(self) -> Receipt:
        source, recipe = self._recipe()
        at = Address(self.stage, self.unit.name, recipe.key)
        lease = self._lease(at)
        if isinstance(lease, Receipt):
            return lease
        with lease:
            # Between the look before and the claim, another may have committed.
            return self._done(at) or self._work(at, recipe, source)

    def _done(self, at: Address) -> Receipt | None:
        """The committed receipt; for a stage that writes files, only while they exist."""
        receipt = self.ledger.receipt(at)
        if receipt is None or (self.contract.is_intact(receipt) and counts(receipt, self.job)):
            return receipt
        gone = "arrays were not kept" if receipt.path else "delivered files are gone"
        self.report(f"{self.stage} {self.unit.name}: its {gone}; doing it again")
        self.ledger.revoke(at)
        return None

    def _own(self, inputs: Sequence[Receipt]) -> list[Receipt]:
        given = {(receipt.stage, receipt.unit): receipt for receipt in inputs}
        sources = sources_of(self.stage, self.unit, self.job, self.waived)
        lacking = [one for one in sources if one.required and (one.stage, one.unit) not in given]
        if lacking:
            raise IncompleteError(
                f"{self.stage} {self.unit.name} needs {', '.join(f'{one.stage} {one.unit.name}' for one in lacking)}",
                hint="Run the shot again; missing steps run first",
                where=Where(shot=self.job.shot.name, stage=self.stage),
            )
        return [given[one.stage, one.unit] for one in sources if (one.stage, one.unit) in given]

    def _recipe(self) -> tuple[Source | None, Recipe]:
        try:
            source = self.source or self.place.inlets.of(self.stage, self.unit)
            return source, recipe_of(self.job, self.stage, self.unit, self.inputs, source=source, waived=self.waived)
        except Exception as error:
            self._fail(error, Address(self.stage, self.unit.name, UNKEYED))

    def _lease(self, at: Address) -> Lease | Receipt:
        """The claim on the work; or the receipt, if it is already done, or another run commits it meanwhile."""
        run_id = self.job.run_id or self.attempt
        first = self.ledger.claim_first(at, run_id=run_id, attempt=self.attempt)
        if first is not None:
            return first
        done = self._done(at)
        if done is not None:
            return done
        told_of: Claim | None = None
        while True:
            held = self.ledger.claim(at, run_id=run_id, attempt=self.attempt)
            if isinstance(held, Lease):
                return held
            if told_of is None or told_of.worker != held.worker:
                self.report(f"{self.stage} {self.unit.name}: waiting for {held.worker}, which is working on it")
                told_of = held
            time.sleep(min(_POLL_SECONDS, self.ledger.lease_seconds / 4))
            done = self.ledger.receipt(at)
            if done is not None:
                return done

    def _work(self, at: Address, recipe: Recipe, source: Source | None) -> Receipt:
        started = datetime.now(UTC)
        try:
            with PeakMemory() as memory:
                device = device_for(self.contract.resources_for(self.job).gpu)
                result = self._result(recipe, source, device)
                written = self._write(at.group(self.attempt), result)
        except Exception as error:
            self._fail(error, at)
        receipt = Receipt(
            shot=self.job.shot.name,
            stage=self.stage,
            stage_version=recipe.version,
            unit=self.unit,
            key=at.key,
            attempt=self.attempt,
            path=at.group(self.attempt) if self.contract.sink == "arrays" else "",
            kept=written.kept,
            digest=written.digest,
            parts=written.parts,
            inputs=dict(recipe.inputs),
            parameters=recipe.parameters,
            weights=dict(recipe.weights),
            colour_config=self.job.colour_config,
            seed=recipe.seed,
            rights=result.rights or self.job.rights,
            started=started,
            ended=datetime.now(UTC),
            peak_rss_mib=round(memory.mib, 1),
            bytes=written.bytes,
            worker=this_worker(),
            device=device,
            qc=dict(result.qc),
            files=result.files,
        )
        winner = self.ledger.commit(receipt)
        if winner.attempt != self.attempt:
            self._discard(at)
        elif winner.files:
            with suppress(StoreError):  # they only take room
                self.ledger.settle(winner.files)
        return winner

    def _result(self, recipe: Recipe, source: Source | None, device: str) -> Result:
        return self.contract.run(
            Work(
                unit=self.unit,
                frames=_frames_of(self.unit, self.job),
                settings=recipe.settings,
                inputs=self._data(),
                seed=recipe.seed,
                context=self.place.context.on(device),
                source=source,
                order=self._order(),
                report=self.report,
            )
        )

    def _order(self) -> Order | None:
        if self.contract.sink == "arrays":
            return None
        return Order(self.job, Upstream(tuple(self.inputs), self.waived), self.store)

    def _write(self, path: str, result: Result) -> Written:
        """Write arrays to the store, as declared. Files are already written."""
        if self.contract.sink == "files":
            contents: list[JsonValue] = [one.model_dump(mode="json", exclude={"path"}) for one in result.files]
            return Written(digest_of(contents), bytes=sum(one.bytes for one in result.files))
        if self.contract.outputs is not None:
            self.contract.outputs.check(self.stage, result)
        numbers = range(_length(result)) if self.unit.kind == "person" else _frames_of(self.unit, self.job)
        return write_result(self.store, path, numbers, result, keep=self.keep)

    def _data(self) -> dict[str, Data]:
        found: dict[str, Data] = {}
        for need in needs_of(self.stage, self.unit, self.job):
            receipts = [receipt for receipt in self.inputs if receipt.stage == need.stage]
            for receipt in receipts:
                self._at_hand(receipt)
            if need.of == "people":
                found |= {f"{need.stage}/{one.unit.person}": open_data(self.store, [one]) for one in receipts}
            else:
                found[need.stage] = self._stitched(need, receipts)
        return found

    def _at_hand(self, receipt: Receipt) -> None:
        """Recompute arrays that were not kept and are no longer in memory, recursively."""
        if not receipt.kept and not self.store.has(receipt.path):
            self.report(f"{receipt.stage} {receipt.unit.name}: computed again, as its arrays were not kept")
            inputs = [one for one in self.known if f"{one.stage}/{one.unit.name}" in receipt.inputs]
            run = UnitRun(self.place, receipt.stage, receipt.unit, inputs, self.report, known=self.known, keep=False)
            run.restore(receipt)

    def restore(self, receipt: Receipt) -> None:
        """Recompute the result of ``receipt``, into memory or, if it does not fit, into the store.

        Raises DamagedError if it comes out differently, and what the stage raises.
        """
        source = self.place.inlets.of(self.stage, self.unit)
        recipe = recipe_of(self.job, self.stage, self.unit, self.inputs, source=source, waived=self.waived)
        result = self._result(recipe, source, device_for(self.contract.resources_for(self.job).gpu))
        if recipe.key == receipt.key and self._write(receipt.path, result).digest == receipt.digest:
            return
        with suppress(StoreError):
            self.store.delete(receipt.path)
        raise DamagedError(
            f"{self.stage} {self.unit.name} was not kept, and this machine computes it differently",
            hint=f"Do it again: {again(self.job, self.stage, self.unit)}",
            where=Where(shot=self.job.shot.name, stage=self.stage, frames=frames_of(receipt)),
        )

    def _stitched(self, need: Need, receipts: Sequence[Receipt]) -> Data:
        part = self.unit.name if need.of == "same" else None
        return open_data(self.store, receipts, halo_of(need, self.unit, self.job), part)

    def _fail(self, error: Exception, at: Address) -> NoReturn:
        """Record the failure, then raise it. The attempt has stored nothing: that comes last, in one go."""
        known = told(error, self.job, self.stage, self.unit)
        with suppress(StoreError):  # the store may be what failed; the caller hears of the first error all the same
            self.ledger.fail(failure_of(known, error, self.job, at, self.unit, self.attempt))
        if known is error:
            raise error
        raise known from error

    def _discard(self, at: Address) -> None:
        with suppress(StoreError):
            self.store.delete(at.group(self.attempt))


def _frames_of(unit: Unit, job: ShotJob) -> tuple[int, ...]:
    if unit.kind == "person":
        return ()
    return tuple(unit.chunk.frames) if unit.chunk else tuple(job.shot.plate.frames)


def _length(result: Result) -> int:
    return next((array.shape[0] for array in result.frames.values() if not isinstance(array, LazyFrames)), 0)
