"""Times whole shots as a user runs them: frames per second of each stage and end to end, by workers; what orchestration
costs; what re-running a finished shot costs; memory from a short to a long shot.

    python -m benchmarks.pipeline [speed] [memory] [--frames 120] [--long 600] [--workers 1 2 4]

Writes benchmarks/results/pipeline.json and memory.json.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, shots
from fsvfx.manifests import jobs
from fsvfx.runner import plan
from schemas.receipts import Receipt

_RERUN_CHUNKS = 100


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="fsvfx-bench-") as folder:
        _fsvfx("up", "--detach")  # the server's start is no part of a run
        if "speed" in asked.what:
            print(machine.save("pipeline", speed(Path(folder), asked.frames, asked.workers)).read_text())
        if "memory" in asked.what:
            print(machine.save("memory", memory(Path(folder), (asked.frames, asked.long))).read_text())


def speed(folder: Path, frames: int, workers: Sequence[int]) -> dict[str, Any]:
    """Frames per second of each stage and end to end, by workers; the finished shot again."""
    by_workers: dict[str, Any] = {}
    for count in workers:
        shot = shots.make(folder / f"workers-{count}", frames=frames, chunk=24)
        by_workers[str(count)] = _run(shot, count)
        _say(f"{count} workers: {by_workers[str(count)]['frames_per_second']} frames/s end to end")
    return {
        "footage": shot.footage,
        "frames": shot.frames,
        "by_workers": by_workers,
        "rerun_of_a_finished_shot": _rerun(folder / "rerun"),
    }


def _run(shot: shots.Shot, workers: int) -> dict[str, Any]:
    wall = _timed("submit", str(shot.manifest), "--wait", "--workers", str(workers))
    receipts = _receipts(shot.manifest)
    busy = sum(receipt.seconds for receipt in receipts)
    idle = wall - _covered(receipts)
    return {
        "wall_seconds": round(wall, 1),
        "frames_per_second": round(shot.frames / wall, 2),
        "task_runs": len(receipts),
        "busy_seconds": round(busy, 1),
        "seconds_with_no_stage_at_work": round(idle, 1),
        "orchestration_share": round(1 - busy / (wall * min(workers, len(receipts))), 3),
        "stages": _by_stage(receipts, shot.frames),
    }


def _by_stage(receipts: Sequence[Receipt], frames: int) -> dict[str, Any]:
    seconds: dict[str, float] = defaultdict(float)
    for receipt in receipts:
        name = f"{receipt.stage} ({receipt.unit.kind})" if receipt.unit.kind != "chunk" else receipt.stage
        seconds[name] += receipt.seconds
    return {
        name: {"seconds": round(spent, 2), "frames_per_second": round(frames / max(spent, 1e-9), 1)}
        for name, spent in seconds.items()
    }


def _covered(receipts: Sequence[Receipt]) -> float:
    """Seconds in which at least one stage was at work."""
    covered, end = 0.0, 0.0
    for start, stop in sorted((receipt.started.timestamp(), receipt.ended.timestamp()) for receipt in receipts):
        covered += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return covered


def _rerun(folder: Path) -> dict[str, Any]:
    shot = shots.make(folder, frames=_RERUN_CHUNKS, chunk=1)
    _timed("submit", str(shot.manifest), "--wait")
    again = [_timed("submit", str(shot.manifest), "--wait") for _ in range(3)]
    return {"chunks": shot.frames, "seconds": round(statistics.median(again), 2)}


def memory(folder: Path, lengths: Sequence[int]) -> dict[str, Any]:
    """The highest resident memory of any worker, by the shot's length."""
    found: dict[str, Any] = {}
    for frames in lengths:
        shot = shots.make(folder / f"memory-{frames}", frames=frames, chunk=24)
        _timed("submit", str(shot.manifest), "--wait", "--workers", "2")
        receipts = _receipts(shot.manifest)
        peaks: dict[str, float] = defaultdict(float)
        for receipt in receipts:
            peaks[receipt.stage] = max(peaks[receipt.stage], receipt.peak_rss_mib)
        found[str(shot.frames)] = {"peak_rss_mib": max(peaks.values()), "by_stage": dict(peaks)}
    return found


def _receipts(manifest: Path) -> list[Receipt]:
    [job] = jobs(manifest)
    return [entry.receipt for entry in plan(job).entries if entry.receipt]


def _timed(*words: str) -> float:
    begun = time.monotonic()
    _fsvfx(*words)
    return time.monotonic() - begun


def _fsvfx(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "flows.cli", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"fsvfx {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def _say(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["speed", "memory"], metavar="speed|memory")
    parser.add_argument("--frames", type=int, default=120, help="of the shot that is timed")
    parser.add_argument("--long", type=int, default=600, help="of the long shot whose memory is compared")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    return parser.parse_args()


if __name__ == "__main__":
    main()
