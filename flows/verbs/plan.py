"""``fsvfx plan``: what is done and what would run. Writes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flows.verbs import output
from flows.verbs.options import AsJson, Frames, ManifestPath, Shots, Store
from flows.verbs.shots import cleared, finished_among, jobs_of, limits_of, plans_of, ready, tell
from fsvfx.errors import ExitCode
from fsvfx.printable import counted

if TYPE_CHECKING:
    from fsvfx.runner import Plan

EXAMPLES = (
    "fsvfx plan harbour.yaml",
    "fsvfx plan harbour.yaml --shot sq010_sh0040 --frames 1010-1033",
)


def run(
    manifest: ManifestPath, shot: Shots = None, frames: Frames = None, store: Store = None, json: AsJson = False
) -> int:
    """Show what is done, what would run, how much time and disk that would take, and what would stop it."""
    from fsvfx import runner
    from fsvfx.runner.graph import jobs_with

    limits = limits_of(frames)
    jobs = cleared(jobs_with(jobs_of(manifest, shot, store), limits))
    whole = plans_of(jobs)
    finished = finished_among(whole)
    found = ready(jobs, manifest, finished, whole)
    able = {outcome.shot for outcome in finished} | {job.shot.name for job in found.able}
    if limits:
        whole = {}
    plans = [whole.get(job.shot.name) or runner.plan(job, frames=limits) for job in jobs if job.shot.name in able]
    if json:
        output.as_json({"shots": [_data(plan) for plan in plans], "problems": found.as_data()})
    else:
        for plan in plans:
            _tell(plan)
        tell(found)
    return ExitCode.PARTIAL if found.refused else 0


def _data(plan: Plan) -> dict[str, Any]:
    estimate = plan.estimate
    return {
        "shot": plan.job.shot.name,
        "chunks": len(plan.job.shot.chunks),
        "stages": {name: {"done": done, "wanted": every} for name, (done, every) in plan.counts().items()},
        "todo": [str(step) for step in plan.todo],
        "waived": plan.waived,
        "seconds": round(estimate.total_seconds, 1),
        "bytes": estimate.total_bytes,
        "unknown": estimate.unknown,
        "notes": plan.notes,
    }


def _tell(plan: Plan) -> None:
    estimate = plan.estimate
    rows = [
        (name, every, done, every - done, _time(estimate.seconds.get(name)), _size(estimate.bytes.get(name)))
        for name, (done, every) in plan.counts().items()
    ]
    shot = plan.job.shot
    columns = ("stage", "total", "done", "to run", "worker time", "store")
    output.table(f"{shot.name}: {shot.plate.frames}, {counted(len(shot.chunks), 'chunk')}", columns, rows)
    for note in plan.notes:
        output.line(f"note: {note}")
    if not plan.todo:
        output.line("Everything is done.")
        return
    unknown = f"; unknown for {', '.join(estimate.unknown)}" if estimate.unknown else ""
    known = f"{_time(estimate.total_seconds) or '0:00:00'} of worker time, {_size(estimate.total_bytes) or '0 MiB'}"
    output.line(f"Estimate from earlier runs: {known}{unknown}")


def _time(seconds: float | None) -> str:
    return str(timedelta(seconds=round(seconds))) if seconds else ""


def _size(count: int | None) -> str:
    return f"{count / (1 << 20):.0f} MiB" if count else ""
