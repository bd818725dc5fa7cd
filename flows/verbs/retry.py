"""``fsvfx retry``: run what is not done, or redo some of it."""

from __future__ import annotations

from flows.verbs.options import AsJson, Frames, ManifestPath, Replace, Shots, Stages, Store, Workers
from flows.verbs.outcomes import ended, wait_for
from flows.verbs.shots import cleared, finished_of, jobs_of, limits_of, ready, tell

EXAMPLES = (
    "fsvfx retry harbour.yaml",
    "fsvfx retry harbour.yaml --frames 1010-1033",
    "fsvfx retry harbour.yaml --shot sq010_sh0040 --stage composite",
)


def run(
    manifest: ManifestPath,
    frames: Frames = None,
    stage: Stages = None,
    shot: Shots = None,
    workers: Workers = 0,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Run what is not done, here, and wait; with --stage, redo that stage and everything that depends on it."""
    from flows.launch import Request
    from fsvfx.runner.graph import jobs_with

    limits = limits_of(frames)
    jobs = cleared(jobs_with(jobs_of(manifest, shot, store, replace=replace), limits, stage or ()))
    found = ready(jobs, manifest, [] if stage else finished_of(jobs))
    if not json:
        tell(found)
    left = tuple(job.shot.name for job in found.able)
    if not left:
        return ended(found.finished, json, found)
    request = Request(manifest, left, store, str(limits) if limits else None, tuple(stage or ()), replace=replace)
    return ended([*found.finished, *wait_for(request, found.able, workers, json)], json, found)
