"""What a shot costs, from a plain script to ``fsvfx submit``, on one clip, each way in turn.

    python -m benchmarks.road [--shots 360x288x24 1920x1080x24 ...] [--ways plain bare serial submit-1 submit-2]

plain: ``benchmarks/plain_script.py``. bare: the stages in one warm process, nothing on disk but what is delivered.
serial: ``fsvfx run --executor serial``. submit-N: ``fsvfx submit --wait`` with N workers; the Prefect server's own
processor time is told apart, as it serves all shots of a machine. nothing: as serial, with nobody to replace.

Writes benchmarks/results/road.json and docs/road.png.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine, shots
from benchmarks.cost import cost_of, cpu_of_tree
from fsvfx.manifests import jobs
from fsvfx.runner import plan
from fsvfx.settings import machine as settings
from schemas.receipts import Receipt

SHOTS = ("360x288x24", "360x288x240", "1920x1080x24", "3840x2160x24")
WAYS = ("plain", "bare", "serial", "submit-1", "submit-2")
NOTHING = "64x48x2000"
PICTURE = Path(__file__).resolve().parents[1] / "docs/road.png"
_COLOURS = ("#9aa0a6", "#7cb7c9", "#4f8fb5", "#2c5f8a", "#173a5e")


def main() -> None:
    asked = _arguments()
    if asked.bare:
        print(_warm(asked.bare))
        return
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="fsvfx-bench-") as folder:
        for name in asked.shots:
            found[name] = {way: measured(Path(folder) / f"{name}-{way}", name, way) for way in asked.ways}
        if asked.nothing:
            found[asked.nothing] = {"nothing": measured(Path(folder) / "nothing", asked.nothing, "nothing")}
    print(machine.save("road", {"footage": shots.footage(), "shots": found}).read_text())
    draw({name: ways for name, ways in found.items() if "nothing" not in ways}, PICTURE)


def measured(folder: Path, name: str, way: str) -> dict[str, Any]:
    """One way of processing one shot (WIDTHxHEIGHTxFRAMES), from scratch; its files are deleted."""
    width, height, frames = map(int, name.split("x"))
    shot = shots.make(folder, frames=frames, size=(width, height), swap=way != "nothing")
    figures = _ways(shot, way)
    figures["cpu_per_frame"] = round(figures["cpu"] / frames, 4)
    print(f"{name:16} {way:9} {figures['cpu']:8.1f} s cpu {figures['wall']:8.1f} s wall", flush=True)
    shutil.rmtree(folder)
    return figures


def _ways(shot: shots.Shot, way: str) -> dict[str, Any]:
    if way == "plain":
        script = Path(__file__).with_name("plain_script.py")
        words = [shot.plate, shot.reference, "plain", settings().cache / "models", shot.frames]
        return asdict(cost_of([sys.executable, str(script), *map(str, words)], shot.folder))
    if way == "bare":
        cost = cost_of([sys.executable, "-m", "benchmarks.road", "--bare", str(shot.manifest)], shot.folder)
        cpu, wall = map(float, (shot.folder / "command.log").read_text().split()[-2:])
        return {"wall": wall, "cpu": cpu, "peak_mib": cost.peak_mib}
    if way.startswith("submit"):
        return _submitted(shot, way.partition("-")[2])
    return _run(shot, ["run", "shot.yaml", "--executor", "serial"])


def _warm(manifest: Path) -> str:
    """Processor and wall seconds of the shot's stages in this process, after loading everything."""
    from fsvfx.executors.serial import Serial
    from fsvfx.runner.drive import Silent
    from fsvfx.runner.shot import run_shot

    for name in ("memory://warm", "memory://measured"):
        [job] = jobs(manifest, store=name)
        cpu, wall = time.process_time(), time.monotonic()
        with Serial() as executor:
            run_shot(job.model_copy(update={"may_replace": True}), executor, Silent())
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    return f"{cpu:.2f} {wall:.2f}"


def _submitted(shot: shots.Shot, workers: str) -> dict[str, Any]:
    from flows import server

    running = server.wait(server.begin())
    before = cpu_of_tree(running.pid) if running.pid else 0.0
    figures = _run(shot, ["submit", "shot.yaml", "--wait", "--workers", workers])
    return figures | {"server_cpu": round(cpu_of_tree(running.pid) - before, 2) if running.pid else None}


def _run(shot: shots.Shot, words: Sequence[str]) -> dict[str, Any]:
    begun = time.time()
    cost = cost_of([sys.executable, "-m", "flows.cli", *words], shot.folder)
    [job] = jobs(shot.manifest)
    receipts = [entry.receipt for entry in plan(job).entries if entry.receipt]
    objects = [path for path in (shot.folder / "work").rglob("*") if path.is_file()]
    return asdict(cost) | {
        "first_stage_after": round(min(one.started.timestamp() for one in receipts) - begun, 2),
        "share_of_wall_with_no_stage_at_work": round(1 - _covered(receipts) / cost.wall, 3),
        "objects_per_frame": round(len(objects) / shot.frames, 2),
        "bytes_per_frame": round(sum(path.stat().st_size for path in objects) / shot.frames),
        "stages": _by_stage(receipts),
    }


def _by_stage(receipts: Sequence[Receipt]) -> dict[str, float]:
    """Wall seconds, of all units."""
    seconds: dict[str, float] = defaultdict(float)
    for receipt in receipts:
        seconds[receipt.stage] += receipt.seconds
    return {name: round(spent, 2) for name, spent in seconds.items()}


def _covered(receipts: Sequence[Receipt]) -> float:
    """Seconds in which at least one stage was running."""
    covered, end = 0.0, 0.0
    for start, stop in sorted((receipt.started.timestamp(), receipt.ended.timestamp()) for receipt in receipts):
        covered += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return covered


def draw(found: Mapping[str, Mapping[str, Mapping[str, Any]]], to: Path) -> None:
    """Processor milliseconds a frame of each way, shot by shot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.6 + 1.5 * len(found)), layout="constrained")
    for axes, (name, ways) in zip(figure.subplots(len(found), 1, squeeze=False)[:, 0], found.items()):
        width, height, frames = name.split("x")
        values = [1000 * one["cpu_per_frame"] for one in ways.values()]
        bars = axes.barh(list(ways), values, color=_COLOURS[-len(values) :])
        axes.bar_label(bars, fmt="%.0f", padding=3)
        axes.invert_yaxis()
        axes.set_title(f"{width}x{height}, {frames} frames: processor ms a frame", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(to, dpi=110)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", nargs="+", default=SHOTS, metavar="WIDTHxHEIGHTxFRAMES")
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--nothing", default=NOTHING, help="the shot in which nobody is replaced; '' for none")
    parser.add_argument("--bare", type=Path, metavar="MANIFEST", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
