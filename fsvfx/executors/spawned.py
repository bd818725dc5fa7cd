"""Worker processes of this machine: started in their seats, with a pipe to each; how they ended, and their output."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from multiprocessing.connection import Connection, Pipe
from queue import Empty, SimpleQueue
from typing import IO

from fsvfx.executors.seats import Seat
from fsvfx.executors.template import MOST

PRELOAD = "fsvfx.runner.steps"
"""The minimum that a worker's first task needs."""
STARTS = 3
"""How often in a row a worker that dies during startup is started."""
UP = "up"
"""A worker's first message, through the pipe."""
UP_SECONDS = 120.0
"""Time limit for startup."""
_CODE_SECONDS = 1.0
"""Maximum delay between the end of a process and its exit code."""
_END_SECONDS = 3.0
"""For the last processes to end."""
_LAST_LINES = 20
_START = """
import json, sys
sys.path += [one for one in json.loads(sys.argv[4]) if one not in sys.path]
from fsvfx.executors.template import main
main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
"""
"""Run with ``-P``: files in the working folder must not shadow our modules."""


class Log:
    """Forwards a process's own output to our standard error; the last lines are kept."""

    def __init__(self, source: IO[bytes]) -> None:
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._thread = threading.Thread(target=self._copy, args=(source,), name="fsvfx-stderr", daemon=True)
        self._thread.start()

    def last_words(self) -> str:
        """Of a process that has ended."""
        self._thread.join(_CODE_SECONDS)  # a grandchild may keep the pipe open
        return "\n".join(self._said)

    def _copy(self, source: IO[bytes]) -> None:
        with source:
            for line in source:
                self._said.append(line.decode(errors="replace").rstrip())
                with contextlib.suppress(OSError, ValueError):  # ours may be closed
                    print(self._said[-1], file=sys.stderr)


class Template:
    """Starts processes that run ``main`` of ``module`` with the descriptor of a pipe. All are forked from one process,
    which has imported ``module`` and ``preload``; it starts with the first of them, and again if it has died."""

    def __init__(self, module: str, preload: str = PRELOAD, environment: Mapping[str, str] | None = None) -> None:
        self._module, self._preload, self._environment = module, preload, environment or {}
        self._gate = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None
        self._log: Log | None = None
        self._born: SimpleQueue[int | None] = SimpleQueue()
        self._codes: dict[int, int] = {}
        self._told = threading.Condition()
        self._has_copies = False

    def begin(self, seat: Seat) -> None:
        """Start the process that the others are forked from, in that seat. Raises OSError."""
        with self._gate:
            self._begin(seat)

    def spawn(self, seat: Seat) -> Spawned:
        """A process in that seat. Waits until it exists. Raises OSError, with the contents of the log."""
        with self._gate:
            self._has_copies = True
            wire = self._wire if self._process and self._process.poll() is None and self._wire else self._begin(seat)
            pipe, theirs = Pipe()
            source, sink = os.pipe()
            try:
                socket.send_fds(wire, [json.dumps(seat.environment).encode()], [theirs.fileno(), sink])
                pid = self._born.get(timeout=UP_SECONDS)
            except Empty:
                pid = None
                if self._process is not None:
                    self._process.kill()
            except OSError:  # the template has ended already: its log says why
                pid = None
            finally:
                theirs.close()
                os.close(sink)
            log = Log(os.fdopen(source, "rb"))
            if pid is None:
                pipe.close()
                words = self._log.last_words() if self._log else ""
                raise OSError(f"their template ended{'; it said' if words else ''}\n{words}".strip())
            return Spawned(pid, pipe, log, self)

    def code_of(self, pid: int) -> int | None:
        """How the process has ended; None if unknown."""
        with self._told:
            self._told.wait_for(lambda: pid in self._codes, _CODE_SECONDS)
            return self._codes.get(pid)

    def close(self) -> None:
        """Stops starting processes. Waits briefly for those that are about to end, whose pipes must be closed."""
        if (self._gate.locked() or not self._has_copies) and self._process is not None:
            self._process.kill()  # still starting, or never used
        with self._gate:
            if self._wire is not None:
                with contextlib.suppress(OSError):
                    self._wire.shutdown(socket.SHUT_WR)
            if self._process is not None:
                try:
                    self._process.wait(_END_SECONDS)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
                self._process = None

    def _begin(self, seat: Seat) -> socket.socket:
        wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = json.dumps([one for one in sys.path if one and os.path.isabs(one)])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(theirs.fileno()), self._module, self._preload, paths],
                env={**os.environ, **seat.environment, **self._environment},
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
            )
        assert self._process.stderr is not None
        self._log, self._wire, self._born = Log(self._process.stderr), wire, SimpleQueue()
        threading.Thread(target=self._listen, args=(wire, self._born), name="fsvfx-template", daemon=True).start()
        return wire

    def _listen(self, wire: socket.socket, born: SimpleQueue[int | None]) -> None:
        with wire:
            while message := _received(wire):
                told = json.loads(message)
                if "code" not in told:
                    born.put(told["pid"])
                    continue
                with self._told:
                    self._codes[told["pid"]] = told["code"]
                    self._told.notify_all()
        born.put(None)


class Spawned:
    """A process started by a ``Template``."""

    def __init__(self, pid: int, pipe: Connection, log: Log, template: Template) -> None:
        self.pid, self.pipe, self.log = pid, pipe, log
        self._template = template
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = -1  # it has ended already

    def kill(self) -> None:
        """Kill it now."""
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def end(self, patience: float = 0.0) -> str:
        """Return how it ended. After ``patience`` seconds: kill it."""
        self.pipe.close()
        if self._handle >= 0:
            if not select.select([self._handle], [], [], patience)[0]:
                self.kill()
            select.select([self._handle], [], [])
            os.close(self._handle)
            self._handle = -1
        code = self._template.code_of(self.pid)
        if code is None:
            return "has ended"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"


def came_up(pipe: Connection) -> bool:
    """Whether the worker at the other end reports startup. Waits for that, or for its end."""
    try:
        return bool(pipe.recv() == UP)
    except (EOFError, OSError):
        return False


def _received(wire: socket.socket) -> bytes:
    try:
        return wire.recv(MOST)
    except OSError:
        return b""
