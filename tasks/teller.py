"""Tells Prefect what becomes of shots, on the side: a run never waits for the server, and never fails with it.

Events go into a queue; a thread makes an account of each shot from them, and tells what the server lacks. While the
server is away the accounts grow (one is no longer than its shot's plan); they are told once it is back, with another
database too.
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
"""Seconds, after the last shot, for what is not told yet."""
STOPPED_LIMIT = 3.0
"""The same when it was stopped: whoever does that wants to see it end."""
MOST = 100_000
"""Events that wait; more are left out, and the ledger's word at a shot's end makes up for them."""
PATIENCE = 60.0
"""Seconds without the server till that is said."""
_PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries to reach it; the last one from then on."""
_NAP = 0.5
"""Seconds between looks at what is due."""

A = TypeVar("A", bound=Account)
Sheet = Callable[[], Image.Image | None]


class Teller:
    """Use it as a context manager around all shots of a run.

    ``api``: makes the connection; called in the thread. ``say``: tells a person, once, that Prefect is left behind.
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
        """Follow one run more."""
        self.put(lambda: self._runs.append(run))

    def put(self, event: Callable[[], object]) -> None:
        """Take in an event; returns at once."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            log.debug("an event for Prefect was dropped")

    def _work(self) -> None:
        try:
            self._tell_all()
        except Exception as error:  # whatever it is, it is not the run's
            log.debug("telling Prefect", exc_info=True)
            self._trouble = str(error)

    def _tell_all(self) -> None:
        """Until all is told, or time is up."""
        api: Api | None = None
        failed, since, said = 0, time.monotonic(), False
        while True:
            self._listen(_PAUSES[min(failed, len(_PAUSES)) - 1] if failed else _NAP)
            try:
                if api is None:
                    api = self._api()
                    with suppress(Gone, Refused):  # of servers elsewhere; this machine's own looks itself
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
        """Take in what happens, for that long; less once the run is over."""
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
    """One run of a teller's: a context manager around it."""

    teller: Teller
    run: Run
    account: A
    is_told: bool = False
    """Whether the server knows all of it."""
    trouble: str = ""
    """Why it never will."""
    _desk: Desk | None = None

    @property
    def is_closed(self) -> bool:
        """Whether there is nothing more to tell, or no use in it."""
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
        """What is new. In the teller's thread. Raises Away."""
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
        """How it ended, by the ledger. ``sheet``: makes the contact sheet, in the thread, once the server is there."""
        self.put(lambda: self.account.finish(after, outcome, sheet))
