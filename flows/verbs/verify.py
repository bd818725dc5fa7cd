"""``fsvfx verify``: are the stored results and the deliverables still what was written?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.verbs import output
from flows.verbs.options import AsJson, ManifestPath, Shots, Store
from flows.verbs.shots import jobs_of
from fsvfx.errors import ExitCode
from fsvfx.printable import counted

if TYPE_CHECKING:
    from fsvfx.errors import FsvfxError
    from schemas.job import ShotJob


EXAMPLES = (
    "fsvfx verify harbour.yaml",
    "fsvfx verify harbour.yaml --shot sq010_sh0040",
)


def run(manifest: ManifestPath, shot: Shots = None, store: Store = None, json: AsJson = False) -> int:
    """Read all stored results and deliverables, and compare them with the digests in their receipts."""
    from fsvfx import delivery, runner

    jobs = {job.shot.name: job for job in jobs_of(manifest, shot, store)}
    found = {name: [*runner.verify(job), *delivery.verify_deliverables(job)] for name, job in jobs.items()}
    notes = {name: delivery.delivery_notes(job) for name, job in jobs.items()}
    if json:
        told = {name: [str(one) for one in problems] for name, problems in found.items()}
        hints = {name: hint for name, job in jobs.items() if (hint := _hint(job, found[name], notes[name]))}
        output.as_json({"problems": told, "notes": notes, "commands": hints})
    for name, problems in () if json else found.items():
        tell(jobs[name], problems, notes[name])
    return ExitCode.MACHINE if any(found.values()) else 0


def tell(job: ShotJob, problems: Sequence[FsvfxError], notes: Sequence[str]) -> None:
    name = job.shot.name
    well = "all digests that were checked match" if notes else "all digests match"
    output.line(f"{name}: {counted(len(problems), 'problem')}" if problems else f"{name}: {well}")
    for problem in problems:
        output.line(f"{problem.what} ({problem.where})" + ("" if problem.where.stage else f". {problem.hint}"), "  ")
    for note in notes:
        output.line(f"note: {note}", "  ")
    if command := _hint(job, problems, notes):
        output.command(f"  {'Recreate them' if problems else 'Deliver them'}: {command}")


def _hint(job: ShotJob, problems: Sequence[FsvfxError], notes: Sequence[str]) -> str:
    """The single command that repeats all of the work, and what was not delivered; empty if a run would change
    nothing."""
    from fsvfx import commands
    from fsvfx.runner.dag import stages
    from schemas.frames import FrameRange

    broken = {problem.where.stage for problem in problems}
    frames = FrameRange(number for problem in problems for number in problem.where.frames or ())
    named = [stage for stage in stages() if stage in broken]
    return commands.retry(job, frames=frames, stages=named) if named or notes else ""
