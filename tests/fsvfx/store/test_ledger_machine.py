"""The ledger against a perfect model of it, under claims, commits, deaths, edits and revocations in any order."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from fsvfx.store import Address, Lease, Ledger, open_store
from schemas.receipts import Failure, Receipt, Unit

LEASE = 60
KEYS = st.sampled_from(["k1", "k2"])  # an edited parameter is another key
RUNS = st.sampled_from(["r1", "r2", "r3"])
UNIT = Unit.of_shot()


class LedgerMachine(RuleBasedStateMachine):
    """Workers hold (lease, key, attempt); a killed one is forgotten, a zombie is kept after its lease."""

    workers = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.ledger = Ledger(open_store(f"memory://{secrets.token_hex(8)}"), lease_seconds=LEASE, now=lambda: self.time)
        self.done: dict[str, str] = {}
        self.failed: dict[str, list[str]] = {}
        self.held: dict[str, tuple[str, str, datetime]] = {}
        self.revoked = 0
        self.count = 0

    @rule(target=workers, key=KEYS, run=RUNS)
    def claim(self, key: str, run: str) -> tuple[Lease, str, str] | None:
        self.count += 1
        attempt = f"a{self.count:04}"
        answer = self.ledger.claim(at(key), run_id=run, attempt=attempt, worker="elsewhere:1")
        holder = self.held.get(key)
        blocked = holder is not None and holder[2] > self.time and holder[0] != run
        assert isinstance(answer, Lease) != blocked
        if blocked:
            assert (answer.run_id, answer.attempt) == holder[:2]
            return None
        self.held[key] = (run, attempt, self.time + timedelta(seconds=LEASE))
        return answer, key, attempt

    @rule(worker=workers)
    def renew(self, worker: Any) -> None:
        if worker is not None:
            lease, key, attempt = worker
            lease.renew()
            if self.held[key][1] == attempt:
                self.held[key] = (*self.held[key][:2], self.time + timedelta(seconds=LEASE))

    @rule(worker=consumes(workers))
    def finish(self, worker: Any) -> None:
        if worker is not None:
            _, key, attempt = worker
            winner = self.ledger.commit(receipt(key, attempt, self.time))
            assert winner.attempt == self.done.setdefault(key, attempt)
            self.end(worker)

    @rule(worker=consumes(workers))
    def fail(self, worker: Any) -> None:
        if worker is not None:
            _, key, attempt = worker
            self.ledger.fail(failure(key, attempt, self.time))
            self.failed.setdefault(key, []).append(attempt)
            self.end(worker)

    @rule(worker=consumes(workers))
    def die(self, worker: Any) -> None:
        """Nothing is said to anybody; the lease lapses."""

    @rule(seconds=st.integers(1, 2 * LEASE))
    def wait(self, seconds: int) -> None:
        self.time += timedelta(seconds=seconds)

    @rule(key=KEYS)
    def revoke(self, key: str) -> None:
        assert self.ledger.revoke(at(key)) == (self.done.pop(key, None) is not None)

    @invariant()
    def the_ledger_says_the_same(self) -> None:
        index = self.ledger.index()
        for key in ("k1", "k2"):
            there = self.ledger.receipts([at(key)], index).get(at(key))
            assert (there.attempt if there else None) == self.done.get(key)
            assert sorted(one.attempt for one in self.ledger.failures(at(key), index)) == sorted(
                self.failed.get(key, [])
            )
            holder = self.held.get(key)
            live = holder is not None and holder[2] > self.time
            claim = self.ledger.claimed(at(key), index)
            assert (claim.attempt if claim else None) == (holder[1] if live else None)

    def end(self, worker: Any) -> None:
        lease, key, attempt = worker
        lease.release()
        if self.held[key][1] == attempt:
            self.held[key] = (*self.held[key][:2], self.time)


def at(key: str) -> Address:
    return Address("track", UNIT.name, key)


def receipt(key: str, attempt: str, now: datetime) -> Receipt:
    return Receipt(
        shot="s", stage="track", stage_version=1, unit=UNIT, key=key, attempt=attempt, path="p", digest="d",
        colour_config="c", seed=0, rights="r", started=now, ended=now, peak_rss_mib=1, bytes=1, worker="w:1",
        device="cpu",
    )  # fmt: skip


def failure(key: str, attempt: str, now: datetime) -> Failure:
    return Failure(
        shot="s", stage="track", unit=UNIT, key=key, attempt=attempt, transient=False, error="E", message="m",
        hint="m", at=now, worker="w:1",
    )  # fmt: skip


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
