"""The ledger: what is done, by whom, and what went wrong. It is authoritative; everything else displays it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from fsvfx.digests import digest_of
from fsvfx.errors import StoreError, Where
from fsvfx.settings import machine
from fsvfx.store.address import INTENTS, LEDGER, WAIVERS, Address, Index, turn_of, unit_of
from fsvfx.store.claims import Lease, is_live, take, this_worker
from fsvfx.store.objects import ShotStore
from schemas.frames import FrameRange
from schemas.receipts import Claim, DeliveredFile, Failure, Intent, Receipt, Waiver

DELIVER = "deliver"
Record = TypeVar("Record", bound=BaseModel)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The records below ``ledger/`` of one shot's store. Every method raises StoreError if the store fails.

    Unreadable records (truncated, garbage, of another version) count as missing and are listed in ``damaged``; a
    receipt is moved aside once its work has been repeated.
    """

    def __init__(
        self, store: ShotStore, *, lease_seconds: float | None = None, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self.store = store
        self.lease_seconds = lease_seconds or machine().lease_seconds
        self.now = now
        self.damaged: dict[str, None] = {}
        """Paths of unreadable records encountered: each counts as missing."""

    def index(self) -> Index:
        """All paths, in one listing."""
        return Index(self.store.names(LEDGER))

    # Receipts

    def receipt(self, at: Address) -> Receipt | None:
        """The committed receipt, if any."""
        return self._sound(at, self._read(at.receipt, Receipt))

    def receipts(self, wanted: Iterable[Address], index: Index | None = None) -> dict[Address, Receipt]:
        """The committed ones of ``wanted``, read in parallel."""
        there = [at for at in wanted if index is None or index.has_receipt(at)]
        found = self._read_many([at.receipt for at in there], Receipt)
        return {at: one for at, receipt in zip(there, found) if (one := self._sound(at, receipt)) is not None}

    def history(self, index: Index, stage: str, most: int = 24) -> list[Receipt]:
        """Some receipts of a stage, for any key: their costs."""
        return [one for one in self._read_many(index.receipts(stage)[:most], Receipt) if one is not None]

    def delivered(self, is_of: Callable[[str], bool]) -> list[Receipt]:
        """Receipts with files, including those that were moved aside, of the units whose names pass ``is_of``."""
        paths = [path for path in self.index().past_receipts(DELIVER) if is_of(unit_of(path))]
        return [one for one in self._read_many(paths, Receipt) if one is not None]

    def commit(self, receipt: Receipt) -> Receipt:
        """Put the receipt if there is none; returns the valid one, which may be another worker's if that was first."""
        at = Address.of(receipt)
        for _ in range(3):
            if self.store.create(at.receipt, _json(receipt)):
                return receipt
            winner = self.receipt(at)
            if winner is not None:  # None: revoked in between, or damaged
                return winner
            self._put_broken_aside(at)
        raise StoreError(
            f"The commit of {at.stage} {at.unit} was revoked each time",
            hint="Stop the other 'fsvfx retry' and run it again",
            where=Where(shot=receipt.shot, stage=at.stage, file=at.receipt),
            transient=True,
        )

    def revoke(self, at: Address) -> bool:
        """Move the receipt aside, so that the next run commits a new attempt; False if there is none."""
        content = self.store.read(at.receipt)
        if content is None:
            return False
        self._move(at.receipt, content, at.revoked)
        return True

    def _put_broken_aside(self, at: Address) -> None:
        content = self.store.read(at.receipt)
        if content is not None and self.receipt(at) is None:
            self._move(at.receipt, content, at.broken)

    def _move(self, path: str, content: bytes, aside: Callable[[int], str]) -> None:
        number = 1
        while not self.store.create(aside(number), content):
            number += 1
        self.store.delete(path)

    def _sound(self, at: Address, receipt: Receipt | None) -> Receipt | None:
        """None for a receipt of something else: a misplaced copy."""
        if receipt is None or Address.of(receipt) == at:
            return receipt
        self.damaged[at.receipt] = None
        return None

    # Files about to be delivered

    def intend(self, path: str, digest: str) -> None:
        """Record that a file with ``digest`` is about to be put at ``path``."""
        self.store.write(_intent(path, digest), _json(Intent(path=path, digest=digest)))

    def intended(self, path: str, digest: str) -> bool:
        """Whether that was recorded, without a committed receipt of it."""
        return self.store.read(_intent(path, digest)) is not None

    def settle(self, files: Iterable[DeliveredFile]) -> None:
        """Delete the notes of files that a committed receipt lists."""
        for file in files:
            self.store.delete(_intent(file.path, file.digest))

    # Claims

    def claim_first(self, at: Address, *, run_id: str, attempt: str) -> Lease | None:
        """A lease on work that nobody has claimed before, in one request; None if somebody has."""
        return self._take(at, 0, run_id, attempt, this_worker())

    def claim(self, at: Address, *, run_id: str, attempt: str, worker: str | None = None) -> Lease | Claim:
        """A lease on the work, or the live claim of another run.

        A run takes over its own claim at once: its task was restarted because the worker was lost.
        """
        while True:
            last, turn = self._last_claim(at)
            if last is not None and last.run_id != run_id and is_live(last, self.now()):
                return last
            lease = self._take(at, turn, run_id, attempt, worker or this_worker())
            if lease is not None:
                return lease

    def _take(self, at: Address, turn: int, run_id: str, attempt: str, worker: str) -> Lease | None:
        expires = self.now() + timedelta(seconds=self.lease_seconds)
        wish = Claim(run_id=run_id, attempt=attempt, worker=worker, expires=expires)
        return take(self.store, at, wish, turn=turn, seconds=self.lease_seconds, now=self.now)

    def claimed(self, at: Address, index: Index | None = None) -> Claim | None:
        """The live claim, if any."""
        if index is not None and index.last_claim(at) is None:
            return None
        last, _ = self._last_claim(at)
        return last if last is not None and is_live(last, self.now()) else None

    # Failures

    def fail(self, failure: Failure) -> None:
        """Record a failed attempt."""
        at = Address(failure.stage, failure.unit.name, failure.key)
        self.store.write(at.failure(failure.attempt), _json(failure))

    def failures(self, at: Address, index: Index | None = None) -> list[Failure]:
        """The failed attempts, oldest first."""
        paths = (index or self._index_of(at)).failures(at)
        found = [one for one in self._read_many(paths, Failure) if one is not None]
        return sorted(found, key=lambda failure: failure.at)

    # Waivers

    def waive(self, waiver: Waiver) -> None:
        """Accept frames as the plate's own; recording the same waiver twice has no effect."""
        name = digest_of(waiver.model_dump(mode="json"))[:16]
        self.store.create(f"{WAIVERS}/{name}.json", _json(waiver))

    def waivers(self, index: Index | None = None) -> list[Waiver]:
        """All of them, oldest first."""
        paths = index.waivers() if index else self.store.names(WAIVERS)
        found = [one for one in self._read_many(paths, Waiver) if one is not None]
        return sorted(found, key=lambda waiver: waiver.at)

    def waived(self, index: Index | None = None) -> FrameRange:
        """All waived frames."""
        return FrameRange(number for waiver in self.waivers(index) for number in waiver.frames)

    def _index_of(self, at: Address) -> Index:
        return Index(self.store.names(f"{LEDGER}/{at.stage}/{at.unit}"))

    def _last_claim(self, at: Address) -> tuple[Claim | None, int]:
        """The valid claim, and the number of the next turn."""
        path = self._index_of(at).last_claim(at)
        if path is None:
            return None, 0
        turn = turn_of(path)
        return self._read(path, Claim), turn + 1

    def _read(self, path: str, kind: type[Record]) -> Record | None:
        return self._parsed(path, self.store.read(path), kind)

    def _read_many(self, paths: Sequence[str], kind: type[Record]) -> list[Record | None]:
        return [self._parsed(path, text, kind) for path, text in zip(paths, self.store.read_many(list(paths)))]

    def _parsed(self, path: str, content: bytes | None, kind: type[Record]) -> Record | None:
        if content is None:
            return None
        try:
            return kind.model_validate_json(content)
        except ValidationError:
            self.damaged[path] = None
            return None


def _intent(path: str, digest: str) -> str:
    return f"{INTENTS}/{digest_of([path, digest])}.json"


def _json(record: BaseModel) -> bytes:
    return record.model_dump_json(indent=1).encode()
