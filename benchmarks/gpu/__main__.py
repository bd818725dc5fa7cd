"""Measurements on a GPU: ``make gpu``, or ``python -m benchmarks.gpu [--device cpu] [--small] [--only PART ...]``.

The tests that need a GPU, the Poisson solver, inference, and trainings at full speed, in under nine minutes. Footage is
not needed: faces are drawn. Every part is a process with its own time limit: one that fails, hangs or takes too long is
recorded as failed, and the others continue. Writes benchmarks/results/gpu.json after each part, and beside it
gpu/PART.png. Exit code 1: some part failed. ``--small``: the same at sizes that a CPU can handle.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import machine
from benchmarks.gpu.parts import LIMIT, PARTS, SECONDS, Way, measured

ROOT = Path(__file__).resolve().parents[2]
_TOLD = 12
"""Lines quoted from a failed part's output."""
Told = dict[str, Any]


def main(given: Sequence[str] | None = None) -> int:
    asked = _asked(given)
    if asked.part:
        told = measured(asked.part, Way(asked.device, asked.small, asked.out / "gpu"))
        print(json.dumps(told))
        return 0
    (asked.out / "gpu").mkdir(parents=True, exist_ok=True)
    limit = 100 * LIMIT if asked.small else LIMIT
    seconds = {name: 100 * SECONDS[name] if asked.small else SECONDS[name] for name in asked.only or PARTS}
    parts: dict[str, Told] = {}
    for name, told in run(seconds, lambda part: _child(part, asked), limit):
        parts[name] = told
        print(name, json.dumps(told), flush=True)
        machine.save("gpu", {"asked": asked.device, "small": asked.small, "parts": parts}, asked.out)
    return 1 if any(told["state"] == "failed" for told in parts.values()) else 0


def _asked(given: Sequence[str] | None) -> argparse.Namespace:
    said = argparse.ArgumentParser()
    said.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    said.add_argument("--small", action="store_true", help="small sizes, and no limits of time")
    said.add_argument("--only", nargs="+", choices=tuple(PARTS))
    said.add_argument("--out", type=Path, default=machine.RESULTS)
    said.add_argument("--part", choices=tuple(PARTS), help="that part in this process; prints its figures")
    return said.parse_args(given)


def _child(part: str, asked: argparse.Namespace) -> list[str]:
    small = ["--small"] if asked.small else []
    here = [sys.executable, "-m", "benchmarks.gpu", "--part", part, "--device", asked.device]
    return [*here, "--out", str(asked.out), *small]


def run(seconds: Mapping[str, float], command: Callable[[str], list[str]], limit: float) -> Iterator[tuple[str, Told]]:
    """The report of each part, with ``state`` (done, failed) and ``seconds``. None takes longer than its own limit, nor
    all together longer than ``limit``."""
    started = perf_counter()
    for name, most in seconds.items():
        left = limit - (perf_counter() - started)
        yield name, _outcome(command(name), min(most, left)) if left > 0 else _failed("no time was left")


def _outcome(command: list[str], most: float) -> Told:
    started = perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        try:
            out, errors = child.communicate(timeout=most)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # and the processes that it has started
            child.communicate()
            told = _failed(f"took longer than {most:.0f} s")
        else:
            told = {"state": "done", **json.loads(out.splitlines()[-1])} if child.returncode == 0 else _failed(errors)
    return told | {"seconds": round(perf_counter() - started, 1)}


def _failed(why: str) -> Told:
    return {"state": "failed", "why": why.strip().splitlines()[-_TOLD:]}


if __name__ == "__main__":
    sys.exit(main())
