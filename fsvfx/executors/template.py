"""The process that worker processes are forked from: it imports once what they all need, then forks one for each order.

So a replacement worker starts at once, and the imported modules are in memory once. It has no threads and runs none of
a task's code; it ends with the process that started it.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from importlib import import_module
from typing import NoReturn

MOST = 1 << 16
"""Bytes of a message."""


def main(descriptor: int, module: str, preload: str) -> None:
    """Serve the socket with that descriptor until it closes. Each message has environment variables, and comes with two
    descriptors for ``main`` of ``module``: its pipe, its standard error. It replies with process ids, and how they
    end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers
    for name in filter(None, (module, preload)):
        import_module(name)
    gc.freeze()  # imported modules stay shared
    wire, chooser = socket.socket(fileno=descriptor), selectors.DefaultSelector()
    chooser.register(wire, selectors.EVENT_READ)
    while True:
        for key, _ in chooser.select():
            if key.data is not None:
                chooser.unregister(key.fd)
                os.close(key.fd)
                _tell(wire, {"pid": key.data, "code": os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1])})
                continue
            message, given, _, _ = socket.recv_fds(wire, MOST, 2)
            if not message:
                return _wait_for([key.data for key in chooser.get_map().values() if key.data is not None])
            pid = os.fork()
            if not pid:
                _close_all(chooser)
                _work(module, json.loads(message), *given)
            for one in given:
                os.close(one)
            chooser.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
            _tell(wire, {"pid": pid})


def _wait_for(pids: list[int]) -> None:
    """They end with their pipes; our starter counts their time as ours."""
    for pid in pids:
        os.waitpid(pid, 0)


def _tell(wire: socket.socket, what: dict[str, int]) -> None:
    wire.send(json.dumps(what).encode())


def _close_all(chooser: selectors.BaseSelector) -> None:
    """A forked process must not use the socket, or the other processes' descriptors."""
    for key in list(chooser.get_map().values()):
        os.close(key.fd)
    chooser.close()


def _work(module: str, environment: dict[str, str], pipe: int, log: int) -> NoReturn:
    code = 1
    try:
        os.dup2(log, sys.stderr.fileno())
        os.close(log)
        os.environ.update(environment)
        import_module(module).main(pipe)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
