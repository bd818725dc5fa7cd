"""The executor for Dask: worker processes of this machine, or the scheduler named in the settings."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from distributed import CancelledError, Client, Future, KilledWorker
from distributed.security import Security
from distributed.utils import sync

from fsvfx.errors import MachineError, WorkerLost
from fsvfx.executors.contract import Ended, Executor, Task
from fsvfx.executors.dask_ahead import template
from fsvfx.executors.dask_calm import calm
from fsvfx.executors.dask_cluster import given_up, how_it_ended, local_cluster
from fsvfx.executors.roster import Desk, Roster
from fsvfx.executors.schedulers import check_scheduler
from fsvfx.executors.spawned import PRELOAD, UP_SECONDS, Template
from fsvfx.settings import machine

log = logging.getLogger(__name__)

CLUSTERS = 3
"""Maximum number of schedulers that may die in a row, without a finished task in between."""
LOOK_SECONDS = 2.0
"""Between checks of the workers, while nothing happens."""
LONG_SECONDS = 1800.0
"""A longer task is reported, but not stopped: a 4K chunk may take that long."""
_ANSWER_SECONDS = 20.0
"""Time limit for a scheduler to report its workers."""
_SAID_SECONDS = 10.0
"""Time without a worker before it is reported."""
_CLOSE_SECONDS = 5.0
_CHANGED = ("add-worker", "remove-worker")


@dataclass(frozen=True)
class Place:
    """A scheduler, and the keys for it."""

    address: str
    security: Security = field(repr=False)


@dataclass(frozen=True, eq=False)
class _Held:
    future: Future[Any]
    since: float


@dataclass(frozen=True)
class _Answer:
    """The result of a task."""

    task: Task
    future: Future[Any]
    value: Any = None
    error: BaseException | None = None


class Dask(Executor):
    """``workers``: processes of this machine, unless ``FSVFX_SCHEDULER`` or ``place`` names a scheduler.

    Tasks are assigned to workers here (see ``Roster``), as Dask blames every task that it has given to a worker that
    dies. When a scheduler of our own dies, another one is started; a named one is waited for. In both cases its tasks
    are repeated, unless the ledger has their results.

    ``preload``: module imported by its workers on startup. ``begun``: the template process, if it has started already
    (see ``dask_ahead``).
    """

    def __init__(
        self,
        workers: int = 0,
        place: Place | None = None,
        preload: str = PRELOAD,
        begun: Template | None = None,
    ) -> None:
        super().__init__(workers)
        self._place, self._preload, self._begun = place, preload, begun
        self._stack = ExitStack()
        self._client: Any = None
        self._cluster: Any = None
        """None: the scheduler is not ours."""
        self._clusters = 0
        self._roster = Roster()
        self._names: dict[str, str] = {}
        """Names of all workers seen, by address."""
        self._held: dict[Task, _Held] = {}
        self._events: SimpleQueue[_Answer | None] = SimpleQueue()
        """None: workers were added or lost."""
        self._ended: deque[Ended] = deque()
        self._lonely_since: float | None = None
        """Since when there has been no worker."""
        self._call: Any = None
        """The pending request for a worker."""
        self._told: set[object] = set()
        self._address = ""
        self._numbers = count()

    @property
    def has_gpu(self) -> bool:
        return self._roster.has_gpu or self._roster.expects_gpu

    def start(self) -> None:
        try:
            self._connect()
        except BaseException:
            self._disconnect()
            raise

    def submit(self, task: Task) -> None:
        self._roster.add(task)
        self._hand_out()

    def wait(self, timeout: float | None = None) -> Ended | None:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._ended:
                return self._ended.popleft()
            left = LOOK_SECONDS if until is None else min(LOOK_SECONDS, until - time.monotonic())
            if left < 0:
                return None
            try:
                self._hear(self._events.get(timeout=left))
            except Empty:
                self._look()

    def cancel(self) -> None:
        futures = [one.future for one in self._held.values()]
        self._held.clear()
        self._ended.clear()
        self._roster.clear()
        with suppress(Exception):  # the scheduler itself may be gone
            self._client.cancel(futures, force=True)

    def close(self) -> None:
        self._stack.close()

    def _hear(self, answer: _Answer | None) -> None:
        held = answer and self._held.get(answer.task)
        if answer is None or held is None or held.future is not answer.future:
            if answer is None:
                self._look()
            return  # the answer comes from a worker or a run that no longer exists
        if isinstance(answer.error, Exception) and not isinstance(answer.error, DEATHS):
            self._settle(Ended(answer.task, error=answer.error))
        elif answer.error is None:
            self._settle(Ended(answer.task, answer.value))
        else:
            self._look()
            held = self._held.get(answer.task)
            if held is not None and held.future is answer.future:  # its worker still exists, but has lost it
                self._roster.drop(answer.task)
                self._lose(answer.task, "")
        self._hand_out()

    def _settle(self, ended: Ended) -> None:
        del self._held[ended.task]
        self._roster.settle(ended.task)
        self._clusters = 1
        self._ended.append(ended)

    def _look(self) -> None:
        """Check the workers, so that nobody waits in vain. Raises MachineError."""
        there = self._workers()
        if there is None:
            self._come_back()
            return
        self._names |= {address: str(worker["name"]) for address, worker in there.items()}
        places = dict(self._roster.held)
        for task in self._roster.meet({address: _desk(worker) for address, worker in there.items()}):
            self._lose(task, self._names.get(places[task], ""))
        self._hand_out()
        self._watch()

    def _workers(self) -> dict[str, Any] | None:
        """By address; None if the scheduler is gone."""
        if self._client.status != "running":
            return None
        try:
            asked: Any = sync  # untyped
            said = asked(
                self._client.loop, self._client.scheduler.identity, n_workers=-1, callback_timeout=_ANSWER_SECONDS
            )
        except (OSError, TimeoutError, CancelledError, RuntimeError) as error:
            log.debug("the scheduler does not answer: %r", error)
            return None
        return dict(said["workers"])

    def _lose(self, task: Task, worker: str) -> None:
        """Its worker has died: it goes to another one, alone, unless it has used up its tries."""
        held = self._held.pop(task, None)
        if held is not None:
            self._client.cancel([held.future], force=True)
        deaths, how = self._roster.deaths[task], how_it_ended(self._cluster, worker)
        log.warning("%s: its worker %s %s", task.label, worker, how)
        if deaths < self.TRIES:
            self._roster.add(task)
            return
        what = f"The worker of {task.label} died {deaths} times; the last one {how.splitlines()[0]}"
        self._roster.deaths.pop(task)
        self._ended.append(Ended(task, error=WorkerLost(what)))

    def _come_back(self) -> None:
        """The scheduler is gone: connect to another one, or to the same once it is back. Its tasks are repeated."""
        where = "of this run" if self._cluster is not None else f"at {self._address}"
        log.warning("The Dask scheduler %s is gone", where)
        if self._clusters == CLUSTERS:
            what = f"The Dask scheduler {where} has died {self._clusters} times"
            raise MachineError(what, hint="Run it again; its log says why", transient=True)
        self._held.clear()
        self._roster.take_back()
        self._disconnect()
        self._connect()

    def _hand_out(self) -> None:
        for task, address in self._roster.hand_out():
            on_gpu = task.gpu and self._roster.desks[address].gpu
            wishes = {"resources": {"GPU": 1}} if on_gpu else {}
            key = f"{task.label}-{next(self._numbers)}"
            future = self._client.submit(
                Task.run, task, key=key, pure=False, workers=[address], allow_other_workers=False, **wishes
            )
            self._held[task] = _Held(future, time.monotonic())
            future.add_done_callback(partial(self._answered, task))
            self.began(task)

    def _answered(self, task: Task, future: Future[Any]) -> None:
        """Called in a thread of Dask's."""
        try:
            self._events.put(_Answer(task, future, future.result()))
        except BaseException as error:  # such as CancelledError
            self._events.put(_Answer(task, future, error=error))

    # Nobody may wait in vain

    def _watch(self) -> None:
        if self._roster.is_idle:
            return
        self._watch_workers()
        for task, held in self._held.items():
            took = time.monotonic() - held.since
            if took > LONG_SECONDS:
                self._tell(held, f"{task.label} has been running for {took / 60:.0f} minutes")

    def _watch_workers(self) -> None:
        reasons = given_up(self._cluster) if self._cluster is not None else []
        for reason in reasons:
            self._tell(reason, reason)
            self._roster.expects_gpu = False  # its tasks go wherever there is room
        if self._roster.desks:
            self._lonely_since = self._call = None
            return
        self._lonely_since = self._lonely_since or time.monotonic()
        lonely, limit = time.monotonic() - self._lonely_since, machine().scheduler_seconds
        if reasons and len(reasons) == len(self._cluster.workers):
            raise MachineError(reasons[0], hint="Run fsvfx doctor; fewer workers need less memory")
        if self._cluster is None and lonely > limit:
            hint = "Start workers for it, or unset FSVFX_SCHEDULER"
            raise MachineError(f"The scheduler at {self._address} has had no worker for {limit:.0f} s", hint=hint)
        if self._cluster is None and self._call is None:  # autoscaling clusters see the demand
            self._call = self._client.submit(time.monotonic, pure=False)
        if self._cluster is not None and lonely > UP_SECONDS:  # frozen, or cut off: others replace them
            self._lonely_since = None
            self._cluster.end_workers()
        if lonely > _SAID_SECONDS:
            self._tell("lonely", f"Waiting for a worker{'' if self._cluster else f' at {self._address}'}")

    def _tell(self, about: object, what: str) -> None:
        """Only once."""
        if about not in self._told:
            self._told.add(about)
            log.warning("%s", what)

    # A round trip to the scheduler

    def _connect(self) -> None:
        """Raises MachineError."""
        with calm():
            self._open()
        self._stack.callback(_part, self._client)
        self._roster.expects_gpu = self._cluster is not None and self._cluster.has_gpu
        self._client.subscribe_topic("all", self._noted)
        self._look()

    def _open(self) -> None:
        """The cluster, if it is ours, and the client. Raises MachineError."""
        self._clusters += 1
        place, limit = self._place or named_place(), machine().scheduler_seconds
        self._address = place.address if place else ""
        self._cluster = None if place else self._stack.enter_context(self._own_cluster())
        client: Any = Client  # untyped
        try:
            if place is None:
                self._client = client(self._cluster, set_as_default=False)
            else:
                self._client = client(place.address, security=place.security, timeout=limit, set_as_default=False)
        except (OSError, RuntimeError, TypeError, ValueError) as error:  # TypeError: there are no keys
            where = self._address or "of this run"
            hint = "Start it, correct FSVFX_SCHEDULER, or unset it" if place else "Run it again"
            raise MachineError(f"The Dask scheduler {where} can't be reached: {error}", hint=hint) from error

    def _own_cluster(self) -> Any:
        """Raises MachineError."""
        begun, self._begun = self._begun or template(self._preload), None
        return local_cluster(self.workers, begun)

    def _noted(self, event: tuple[float, Any]) -> None:
        """Called in Dask's thread."""
        if isinstance(event[1], dict) and event[1].get("action") in _CHANGED:
            self._events.put(None)

    def _disconnect(self) -> None:
        with suppress(OSError, TimeoutError, RuntimeError):
            self._stack.close()


def _part(client: Any) -> None:
    """Close it; first its subscriptions, as a scheduler that can't deliver complains."""
    with suppress(Exception):  # the scheduler may have gone
        client.unsubscribe_topic("all")
    with suppress(OSError, TimeoutError):
        client.close(timeout=_CLOSE_SECONDS)


DEATHS: tuple[type[BaseException], ...] = (KilledWorker, CancelledError)
"""Dask's errors for a task that never returned."""


def named_place() -> Place | None:
    """The scheduler in ``FSVFX_SCHEDULER``, if set. Raises MachineError if it may not be used."""
    settings = machine()
    check_scheduler(settings)
    if not settings.scheduler:
        return None
    made: Any = Security  # untyped
    given = {
        "tls_ca_file": settings.scheduler_ca,
        "tls_client_cert": settings.scheduler_cert,
        "tls_client_key": settings.scheduler_key,
    }
    files = {name: str(path) for name, path in given.items() if path is not None}
    return Place(settings.scheduler, made(**files, require_encryption=settings.scheduler.startswith("tls://")))


def _desk(worker: Mapping[str, Any]) -> Desk:
    return Desk(worker["nthreads"], bool(worker.get("resources", {}).get("GPU")))
