"""``fsvfx verify``: re-read store and deliverables against their digests."""

from __future__ import annotations

from flows.verbs import say
from flows.verbs.options import AsJson, ManifestPath, Shots, Store, jobs_of

EXIT_DAMAGED = 5


def run(manifest: ManifestPath, shot: Shots = None, store: Store = None, json: AsJson = False) -> int:
    """Check every byte of store and deliverables against the receipts."""
    from fsvfx import delivery, runner

    found = {
        job.shot.name: [*runner.verify(job), *delivery.verify_deliverables(job)]
        for job in jobs_of(manifest, shot, store)
    }
    broken = sum(map(len, found.values()))
    if json:
        say.as_json({"problems": {name: [str(one) for one in problems] for name, problems in found.items()}})
    for name, problems in () if json else found.items():
        say.line(f"{name}: {len(problems)} problems" if problems else f"{name}: all is as its digests say")
        for problem in problems:
            say.line(str(problem), "  ")
    return EXIT_DAMAGED if broken else 0
