"""``fsvfx retry``: run what is not done, or redo what is named."""

from __future__ import annotations

from flows.verbs.options import AsJson, Frames, ManifestPath, Shots, Stages, Store, Workers, jobs_of, limits_of
from flows.verbs.submit import cleared, ended, standing, wait_for


def run(
    manifest: ManifestPath,
    frames: Frames = None,
    stage: Stages = None,
    shot: Shots = None,
    workers: Workers = 0,
    store: Store = None,
    json: AsJson = False,
) -> int:
    """Run what is not done. --frames: only those, and what hangs on them. --stage: redo it even where it is done."""
    from flows.launch import Request
    from flows.standing import concerned

    limits = limits_of(frames)
    jobs = cleared(concerned(jobs_of(manifest, shot, store), limits, stage or ()))
    finished = [] if stage else [outcome for outcome in (standing(job) for job in jobs) if outcome.state == "done"]
    names = {outcome.shot for outcome in finished}
    left = tuple(job.shot.name for job in jobs if job.shot.name not in names)
    if not left:
        return ended(finished, json)
    request = Request(manifest, left, store, str(limits) if limits else None, tuple(stage or ()))
    return ended([*finished, *wait_for(request, workers, json)], json)
