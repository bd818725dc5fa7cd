"""Reports shots to Prefect in the background: a run never waits for the server, and never fails because of it.

Events go into a queue; a thread builds an account of each shot from them, and sends what the server lacks. While the
server is unreachable the accounts grow (to at most the size of the shot's plan); they are sent once it is back, even
with a new database.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from PIL import Image

from fsvfx.runner import Plan, Step
from schemas.outcome import Outcome
from tasks.account import Account, ShotAccount
from tasks.crashed import tell_crashed
from tasks.desk import Desk, Run
from tasks.rest import Api, Away, Gone, Refused

log = logging.getLogger(__name__)

LIMIT = 10.0
"""Seconds, after the last shot, for the remaining reports."""
STOPPED_LIMIT = 3.0
"""The same after a stop request: the user wants it to end."""
MOST = 100_000
"""Maximum number of queued events; more are dropped, and the ledger's data at a shot's end make up for them."""
PATIENCE = 60.0
"""Seconds without the server before it is reported."""
_PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds between retries; the last value is repeated."""
_NAP = 0.5
"""Seconds between checks for due work."""

A = TypeVar("A", bound=Account)
Sheet = Callable[[], Image.Image | None]


class Teller:
    """Use it as a context manager around all shots of a run.

    ``api``: makes the connection; called in the thread. ``say``: tells a person, once, that Prefect is behind.
    """

    def __init__(self, api: Callable[[], Api], say: Callable[[str], object]) -> None:
        self._api, self._say = api, say
        self._events: queue.Queue[Callable[[], object]] = queue.Queue(MOST)
        self._runs: list[Followed[Any]] = []
        self._until = float("inf")
        self._trouble = ""
        self._thread = threading.Thread(target=self._work, name="teller", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        limit = STOPPED_LIMIT if isinstance(error, KeyboardInterrupt) else LIMIT
        self._until = time.monotonic() + limit
        self.put(lambda: None)
        self._thread.join(limit + 1.0)
        behind = [one for one in self._runs if not one.is_told]
        if behind:
            troubles = [self._trouble, *(one.trouble for one in behind), f"no answer within {limit:.0f} s of the end"]
            names, why = ", ".join(one.run.name for one in behind), next(filter(None, troubles))
            self._say(f"Prefect's UI does not show all of {names}: {why}. The ledger has everything.")

    def add(self, run: Followed[Any]) -> None:
        """Follow an additional run."""
        self.put(lambda: self._runs.append(run))

    def put(self, event: Callable[[], object]) -> None:
        """Queue an event; returns at once."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            log.debug("an event for Prefect was dropped")

    def _work(self) -> None:
        try:
            self._tell_all()
        except Exception as error:  # no error here may affect the run
            log.debug("telling Prefect", exc_info=True)
            self._trouble = str(error)

    def _tell_all(self) -> None:
        """Until everything is sent, or time is up."""
        api: Api | None = None
        failed, since, said = 0, time.monotonic(), False
        while True:
            self._listen(_PAUSES[min(failed, len(_PAUSES)) - 1] if failed else _NAP)
            try:
                if api is None:
                    api = self._api()
                    with suppress(Gone, Refused):  # on remote servers; this machine's own checks itself
                        tell_crashed(api)
                for run in self._runs:
                    run.tell(api)
                failed, since = 0, time.monotonic()
            except Away as error:
                failed += 1
                if not said and time.monotonic() - since > PATIENCE:
                    said = True
                    self._say(f"{error}. The run continues; Prefect's UI catches up later")
            if self._until < time.monotonic() or (self._is_over and all(run.is_closed for run in self._runs)):
                return

    @property
    def _is_over(self) -> bool:
        return self._until < float("inf") and self._events.empty()

    def _listen(self, seconds: float) -> None:
        """Process events for that long; shorter once the run is over."""
        until = time.monotonic() + seconds
        while True:
            left = min(until, self._until) - time.monotonic()
            try:
                self._events.get(timeout=left)() if left > 0 else self._events.get_nowait()()
            except queue.Empty:
                return
            if self._is_over:
                return


@dataclass
class Followed(Generic[A]):
    """One run of a teller: a context manager around it."""

    teller: Teller
    run: Run
    account: A
    is_told: bool = False
    """Whether the server has everything."""
    trouble: str = ""
    """Why it never will."""
    _desk: Desk | None = None

    @property
    def is_closed(self) -> bool:
        """Whether there is nothing left to send, or no point in it."""
        return self.is_told or bool(self.trouble)

    def __enter__(self) -> Self:
        self.teller.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.put(lambda: self.account.break_off(error))

    def put(self, event: Callable[[], object]) -> None:
        self.teller.put(event)

    def tell(self, api: Api) -> None:
        """Send what is new. Called in the teller's thread. Raises Away."""
        if self.is_closed:
            return
        self._desk = self._desk or Desk(api, self.run)
        try:
            self._desk.tell(self.account)
        except (Gone, Refused) as error:
            self.trouble = str(error)
        self.is_told = self._desk.has_ended


class Shot(Followed[ShotAccount]):
    """An observer of one shot's drive."""

    @classmethod
    def of(cls, teller: Teller, run: Run) -> Shot:
        return cls(teller, run, ShotAccount(run.name))

    def begins(self, plan: Plan) -> None:
        self.put(lambda: self.account.begins(plan))

    def began(self, label: str, steps: Sequence[Step]) -> None:
        self.put(lambda: self.account.began(label, steps))

    def settled(self, step: Step, error: Exception | None) -> None:
        self.put(lambda: self.account.settled(step, error))

    def ended(self, label: str, error: Exception | None) -> None:
        self.put(lambda: self.account.ended(label, error))

    def ends(self) -> None:
        self.put(self.account.ends)

    def finish(self, after: Plan, outcome: Outcome, sheet: Sheet) -> None:
        """The outcome, by the ledger. ``sheet``: makes the contact sheet, in the thread, once the server is there."""
        self.put(lambda: self.account.finish(after, outcome, sheet))
