"""``fsvfx validate``: no I/O beyond the manifest."""

from __future__ import annotations

from flows.verbs import say
from flows.verbs.options import AsJson, ManifestPath, Shots, Store, jobs_of


def run(manifest: ManifestPath, shot: Shots = None, store: Store = None, json: AsJson = False) -> None:
    """Check a manifest: every problem at once, each with its place in the file."""
    jobs = jobs_of(manifest, shot, store)
    if json:
        say.as_json(
            {"valid": True, "shots": [{"shot": job.shot.name, "frames": job.shot.plate.frames} for job in jobs]}
        )
        return
    rows = [
        (
            job.shot.name,
            job.shot.plate.frames,
            len(job.shot.chunks),
            ", ".join(f"{entry.performer} -> {entry.identity} ({entry.engine})" for entry in job.shot.replace),
        )
        for job in jobs
    ]
    say.table(f"{manifest}: in order", ("shot", "frames", "chunks", "replace"), rows)
