"""Starts a training in processes of its own, and passes on what they report.

Of its own, as it wants all of the machine's cores, as torchrun starts several on several GPUs, and as a crash in it
must not take a worker along. It ends when its standard input does: when whoever started it is gone. It imports nothing
from the folder that it is started in: a user's ``torch.py`` there is none of its business.
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
"""Seconds for it to end once it is asked to."""
_TAIL = 2000
"""Characters of its log that an error quotes."""
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_GENTLE = {"OMP_WAIT_POLICY": "PASSIVE", "THP_MEM_ALLOC_ENABLE": "1"}
"""Threads that wait sleep (on a busy machine spinning made iterations ten times as long); large arrays in large pages
(a quarter less processor time). The starter's own wishes come first."""
_NOT_OURS = "MALLOC_TRIM_THRESHOLD_"
"""Dask sets it for its workers: memory goes back to the system at once. Training asks for it again at once, and half
of its time was spent getting it."""


@dataclass(frozen=True)
class Seat:
    """What of the machine a training gets.

    processes: how many train together. threads: of all of them together; 0: one for each core. gpus: which ones they
    see, as in CUDA_VISIBLE_DEVICES; None: those that the starter sees.
    """

    processes: int = 1
    threads: int = 0
    gpus: str | None = None


def trained_apart(order: Path, seat: Seat, resume: str) -> Iterator[Message]:
    """What the training that ``order`` describes reports, till its end. ``resume``: the command that continues it.

    Its standard error goes to ``training.log`` beside the order. Raises what ended it: DivergedError, InputError,
    StoreError, MachineError as they were raised there; MachineError if the process died. A caller that stops asking
    stops the training, once its checkpoint is made.
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
    """What starts it: this Python, or torchrun for several processes on this machine."""
    together = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    return [sys.executable, "-P", "-m", *(together if processes > 1 else []), "fsvfx.training", str(order)]


def environment_of(seat: Seat, around: Mapping[str, str]) -> dict[str, str]:
    """The starter's, but with the seat's threads and GPUs, and for Python without the current folder."""
    threads = max(1, (seat.threads or len(os.sched_getaffinity(0))) // seat.processes)
    inherited = {name: value for name, value in around.items() if name != _NOT_OURS}
    own = {**_GENTLE, **inherited, **dict.fromkeys(_THREADS, str(threads)), "PYTHONSAFEPATH": "1"}
    if "PYTHONPATH" in own:  # an empty entry is the folder that it is started in
        own["PYTHONPATH"] = os.pathsep.join(entry for entry in own["PYTHONPATH"].split(os.pathsep) if entry)
    if seat.gpus is not None:
        own["CUDA_VISIBLE_DEVICES"] = seat.gpus
    return own


@contextmanager
def _started(order: Path, seat: Seat, log: Path) -> Iterator[subprocess.Popen[str]]:
    """In a session of its own: Ctrl-C in the terminal reaches it as the end of its standard input, and softly."""
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
    """Ask it to end, and wait; if it does not, end it and all that it started."""
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
