"""A worker process of ``fsvfx.executors.processes``: takes tasks from its pipe until that closes."""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from fsvfx.errors import MachineError
from fsvfx.executors.contract import Task
from fsvfx.executors.spawned import UP


def main(descriptor: int) -> None:
    """Serve the pipe with that file descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers
    os.set_inheritable(descriptor, False)  # a grandchild that outlives this process must not keep the pipe open
    faulthandler.enable()  # a crash in native code prints its location
    pipe = Connection(descriptor)
    pipe.send(UP)
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, inbox), daemon=True).start()
    while True:
        pipe.send_bytes(_answer(inbox.get()))


def _receive(pipe: Connection, inbox: SimpleQueue[bytes]) -> None:
    """In a thread, so that if the run is killed, its workers' current tasks end with it."""
    try:
        while True:
            inbox.put(pipe.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)


def _answer(content: bytes) -> bytes:
    """(value, error) of the pickled task, pickled."""
    try:
        task: Task = pickle.loads(content)
        return pickle.dumps((task.run(), None))
    except Exception as error:
        return _pickled(error)


def _pickled(error: Exception) -> bytes:
    error.add_note(traceback.format_exc())
    answer: tuple[Any, Exception] = (None, error)
    try:
        content = pickle.dumps(answer)
        pickle.loads(content)
    except Exception:
        told = MachineError(f"{type(error).__name__}: {error}", hint="Report it, with this note")
        told.add_note(traceback.format_exc())
        return pickle.dumps((None, told))
    return content
