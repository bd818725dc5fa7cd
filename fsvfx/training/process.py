"""Starts a training in processes of its own, and passes on their messages.

Separate processes, since it uses all of the machine's cores, since torchrun starts several on several GPUs, and since a
crash in it must not take a worker along. It ends when its standard input closes: when its starter is gone. It imports
nothing from the current folder: a user's ``torch.py`` there must not be loaded.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fsvfx.errors import FsvfxError, MachineError, Where
from fsvfx.training.events import Ended, Message, from_line
from fsvfx.training.folder import LOG

PATIENCE = 120.0
"""Seconds for it to end after a stop request."""
_TAIL = 2000
"""Characters of its log that an error quotes."""
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_GENTLE = {"OMP_WAIT_POLICY": "PASSIVE", "THP_MEM_ALLOC_ENABLE": "1"}
"""Waiting threads sleep (on a busy machine spinning made iterations ten times as long); large arrays use large pages (a
quarter less processor time). The starter's own values take precedence."""
_NOT_OURS = "MALLOC_TRIM_THRESHOLD_"
"""Dask sets it for its workers: freed memory is returned to the system at once. A training requests it again at once,
and spent half of its time on that."""


@dataclass(frozen=True)
class Seat:
    """The part of the machine that a training gets.

    processes: number that train together. threads: in all of them together; 0: one for each core. gpus: the visible
    ones, as in CUDA_VISIBLE_DEVICES; None: those that the starter sees.
    """

    processes: int = 1
    threads: int = 0
    gpus: str | None = None


def trained_apart(order: Path, seat: Seat, resume: str) -> Iterator[Message]:
    """The messages of the training described by ``order``, until its end. ``resume``: the command that continues it.

    Its standard error goes to ``training.log`` beside the order. Raises the error that ended it: DivergedError,
    InputError, StoreError, MachineError as raised there; MachineError if the process died. Closing the iterator stops
    the training, after its checkpoint is saved.
    """
    log = order.with_name(LOG)
    ended = False
    with _started(order, seat, log) as child:
        for line in _lines(child):
            message = from_line(line)
            if isinstance(message, FsvfxError):
                raise message
            ended = ended or isinstance(message, Ended)
            yield message
        code = child.wait()
    if not ended:
        raise _died(code, log, resume)


def command_of(order: Path, processes: int) -> list[str]:
    """The command line: this Python, or torchrun for several processes on this machine."""
    together = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    return [sys.executable, "-P", "-m", *(together if processes > 1 else []), "fsvfx.training", str(order)]


def environment_of(seat: Seat, around: Mapping[str, str]) -> dict[str, str]:
    """The starter's environment, with the seat's threads and GPUs, and without the current folder in Python's path."""
    threads = max(1, (seat.threads or len(os.sched_getaffinity(0))) // seat.processes)
    inherited = {name: value for name, value in around.items() if name != _NOT_OURS}
    own = {**_GENTLE, **inherited, **dict.fromkeys(_THREADS, str(threads)), "PYTHONSAFEPATH": "1"}
    if "PYTHONPATH" in own:  # an empty entry is the current folder
        own["PYTHONPATH"] = os.pathsep.join(entry for entry in own["PYTHONPATH"].split(os.pathsep) if entry)
    if seat.gpus is not None:
        own["CUDA_VISIBLE_DEVICES"] = seat.gpus
    return own


@contextmanager
def _started(order: Path, seat: Seat, log: Path) -> Iterator[subprocess.Popen[str]]:
    """In a session of its own: Ctrl-C in the terminal reaches it only as the end of its standard input, so it can
    finish."""
    with log.open("w") as sink:
        child = subprocess.Popen(
            command_of(order, seat.processes),
            env=environment_of(seat, os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end(child)


def _lines(child: subprocess.Popen[str]) -> Iterator[str]:
    assert child.stdout is not None
    yield from child.stdout


def _end(child: subprocess.Popen[str]) -> None:
    """Ask it to end, and wait; if it does not, kill it and everything that it started."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _died(code: int, log: Path, resume: str) -> MachineError:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    words = log.read_text(encoding="utf-8", errors="replace").strip()[-_TAIL:]
    tail = f". Its log ends with:\n{words}\n" if words else ", and its log is empty; often for lack of memory"
    return MachineError(
        f"The training process {how}{tail}",
        hint=f"Its checkpoints are intact; continue with\n  {resume}",
        where=Where(file=str(log)),
    )
