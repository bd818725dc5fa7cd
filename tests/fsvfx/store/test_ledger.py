"""The ledger's contract, on every kind of store."""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fsvfx.store import Address, Lease, Ledger, open_store
from fsvfx.store.address import WAIVERS
from schemas.frames import Chunk, FrameRange
from schemas.receipts import Failure, Receipt, Unit, Waiver

AT = Address("swap", "1001-1024", "k" * 40)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def receipt(attempt: str, at: Address = AT) -> Receipt:
    return Receipt(
        shot="sh01", stage=at.stage, stage_version=1, unit=Unit.of_chunk(Chunk(first=1001, last=1024)), key=at.key,
        attempt=attempt, path=at.group(attempt), digest="d", colour_config="c", seed=0, rights="r", started=NOW,
        ended=NOW, peak_rss_mib=1, bytes=1, worker="w:1", device="cpu",
    )  # fmt: skip


def failure(attempt: str, at: datetime = NOW) -> Failure:
    return Failure(
        shot="sh01", stage=AT.stage, unit=Unit.of_chunk(Chunk(first=1001, last=1024)), key=AT.key, attempt=attempt,
        transient=False, error="ValueError", message="odd", hint="hint it", at=at, worker="w:1",
    )  # fmt: skip


DAMAGED = {
    "empty": b"",
    "half": b'{"shot": "sh01", "stage": "swap", "unit": {"kind": "ch',
    "another schema": b'{"schema_version": 9, "what": []}',
    "no object": b"[1, 2]",
    "binary": bytes(range(256)),
    "zeros": bytes(4096),
}


class LedgerContract:
    """What every store must hold to."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def ledger(self, url: str, clock: Clock) -> Ledger:
        return Ledger(open_store(url), lease_seconds=60, now=clock)

    def test_an_empty_store_has_nothing(self, ledger: Ledger) -> None:
        assert ledger.receipt(AT) is None
        assert ledger.index().receipts() == []
        assert ledger.failures(AT) == []
        assert ledger.waivers() == []
        assert ledger.claimed(AT) is None

    def test_the_first_commit_wins(self, ledger: Ledger) -> None:
        assert ledger.commit(receipt("a")).attempt == "a"
        assert ledger.commit(receipt("b")).attempt == "a"
        assert ledger.receipt(AT) == receipt("a")

    def test_of_many_commits_at_once_one_wins(self, url: str) -> None:
        barrier = threading.Barrier(8)

        def commit(i: int) -> str:
            ledger = Ledger(open_store(url))
            barrier.wait()
            return ledger.commit(receipt(f"a{i}")).attempt

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(commit, range(8)))) == 1

    def test_revoking_moves_aside(self, ledger: Ledger) -> None:
        assert not ledger.revoke(AT)
        for attempt in "ab":
            ledger.commit(receipt(attempt))
            assert ledger.revoke(AT)
            assert ledger.receipt(AT) is None
        assert [path for path in ledger.store.names("ledger") if "revoked" in path] == [AT.revoked(1), AT.revoked(2)]

    def test_bulk_reads(self, ledger: Ledger) -> None:
        many = [Address("swap", f"{first}-{first}", "k") for first in range(50)]
        for at in many[::2]:
            ledger.commit(receipt("a", at).model_copy(update={"unit": Unit(kind="shot", name=at.unit)}))
        assert set(ledger.receipts(many)) == set(many[::2])
        assert set(ledger.receipts(many, ledger.index())) == set(many[::2])
        assert len(ledger.history(ledger.index(), "swap", most=5)) == 5
        assert ledger.history(ledger.index(), "align") == []

    def test_another_run_waits_and_the_same_run_does_not(self, ledger: Ledger) -> None:
        mine = ledger.claim(AT, run_id="r1", attempt="a", worker="elsewhere:1")
        assert isinstance(mine, Lease)
        theirs = ledger.claim(AT, run_id="r2", attempt="b", worker="elsewhere:2")
        assert not isinstance(theirs, Lease)
        assert theirs.run_id == "r1"
        assert isinstance(ledger.claim(AT, run_id="r1", attempt="c", worker="elsewhere:3"), Lease)

    def test_a_lapsed_lease_is_taken_over_and_its_old_holder_harms_nothing(self, ledger: Ledger, clock: Clock) -> None:
        old = ledger.claim(AT, run_id="r1", attempt="a", worker="elsewhere:1")
        clock.time += timedelta(seconds=61)
        assert ledger.claimed(AT) is None
        new = ledger.claim(AT, run_id="r2", attempt="b", worker="elsewhere:2")
        assert isinstance(new, Lease)
        old.renew()
        assert ledger.claimed(AT, ledger.index()).run_id == "r2"

    def test_a_renewed_lease_lives_on_and_a_released_one_ends(self, ledger: Ledger, clock: Clock) -> None:
        lease = ledger.claim(AT, run_id="r1", attempt="a", worker="elsewhere:1")
        clock.time += timedelta(seconds=50)
        lease.renew()
        clock.time += timedelta(seconds=50)
        assert ledger.claimed(AT) is not None
        with lease:
            pass
        assert ledger.claimed(AT) is None

    def test_a_dead_process_of_this_host_has_no_claim(self, ledger: Ledger) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        ledger.claim(AT, run_id="r1", attempt="a", worker=f"{socket.gethostname()}:{ended.pid}")
        assert ledger.claimed(AT) is None

    def test_of_many_claims_at_once_one_is_held(self, url: str) -> None:
        barrier = threading.Barrier(8)

        def claim(i: int) -> bool:
            ledger = Ledger(open_store(url))
            barrier.wait()
            return isinstance(ledger.claim(AT, run_id=f"r{i}", attempt="a"), Lease)

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(claim, range(8))) == 1

    def test_failures_are_kept_in_order(self, ledger: Ledger) -> None:
        ledger.fail(failure("b", NOW + timedelta(seconds=1)))
        ledger.fail(failure("a", NOW + timedelta(seconds=2)))
        assert [one.attempt for one in ledger.failures(AT)] == ["b", "a"]
        assert ledger.index().receipts() == []

    def test_waivers_add_up(self, ledger: Ledger) -> None:
        first = Waiver(frames=FrameRange.span(1001, 1002), by="ann", why="fog", at=NOW)
        ledger.waive(first)
        ledger.waive(first)
        ledger.waive(Waiver(frames=FrameRange.span(1002, 1004), by="bob", why="rain", at=NOW + timedelta(1)))
        assert [waiver.by for waiver in ledger.waivers()] == ["ann", "bob"]
        assert ledger.waived(ledger.index()) == FrameRange.span(1001, 1004)

    @pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
    def test_a_damaged_receipt_is_none_and_is_moved_aside_by_the_next_commit(
        self, ledger: Ledger, content: bytes
    ) -> None:
        ledger.store.write(AT.receipt, content)
        assert ledger.receipt(AT) is None
        assert ledger.receipts([AT], ledger.index()) == {}
        assert list(ledger.damaged) == [AT.receipt]
        assert ledger.commit(receipt("b")).attempt == "b"
        assert ledger.receipt(AT) == receipt("b")
        assert ledger.store.read(AT.broken(1)) == content

    def test_a_receipt_of_something_else_is_none(self, ledger: Ledger) -> None:
        other = Address(AT.stage, AT.unit, "other")
        ledger.commit(receipt("a"))
        ledger.store.write(other.receipt, ledger.store.read(AT.receipt) or b"")
        assert ledger.receipt(other) is None
        assert ledger.receipt(AT) == receipt("a")

    @pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
    def test_damaged_claims_failures_and_waivers_block_nothing(self, ledger: Ledger, content: bytes) -> None:
        waived = Waiver(frames=FrameRange.span(1001, 1002), by="ann", why="dark", at=NOW)
        ledger.waive(waived)
        paths = (AT.claim(0), AT.failure("x"), f"{WAIVERS}/0123.json")
        for path in paths:
            ledger.store.write(path, content)
        assert ledger.claimed(AT) is None
        assert isinstance(ledger.claim(AT, run_id="r", attempt="a"), Lease)
        assert ledger.failures(AT) == []
        assert ledger.waivers() == [waived]
        assert set(ledger.damaged) == set(paths)


class TestInAFolder(LedgerContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return str(tmp_path / "store")


class TestInMemory(LedgerContract):
    @pytest.fixture
    def url(self) -> str:
        return f"memory://{secrets.token_hex(8)}"


class TestOnS3(LedgerContract):
    @pytest.fixture
    def url(self, s3_bucket: str) -> str:
        return f"{s3_bucket}/shots"
