"""The cost of a command: wall and processor seconds, and peak memory, of it and all its descendants."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_SECONDS = 0.1
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """wall, cpu: seconds; cpu covers all processes that were waited for. peak_mib: the sum of resident sizes."""

    wall: float
    cpu: float
    peak_mib: float


def cost_of(command: Sequence[str], folder: Path) -> Cost:
    """Run it in ``folder``; exits this program, with the command's output, if it fails."""
    log = folder / "command.log"
    with log.open("wb") as sink:
        begun = time.monotonic()
        child = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
        with _watched(child.pid) as peak:
            _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{log.read_text()[-3000:]}")
    return Cost(round(wall, 2), round(used.ru_utime + used.ru_stime, 2), round(peak[0]))


def _environment() -> dict[str, str]:
    """With this package importable from any folder, and with cached bytecode, as after installation by pip: compiling
    modules in each process would add a second to each."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}


@contextmanager
def _watched(pid: int) -> Iterator[list[float]]:
    """MiB, while they grow."""
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            peak[0] = max(peak[0], _resident(pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _resident(pid: int) -> float:
    total = 0
    try:
        for each in (parent := psutil.Process(pid), *parent.children(recursive=True)):
            try:
                total += each.memory_info().rss
            except psutil.Error:
                continue  # it has ended meanwhile
    except psutil.Error:
        return 0.0
    return total / _MIB


def cpu_of_tree(pid: int) -> float:
    """Processor seconds so far, of a running process and its children."""
    parent = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (parent, *parent.children(recursive=True)))
