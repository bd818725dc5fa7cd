"""``fsvfx status``: the ledger as a table, chunk x stage."""

from __future__ import annotations

from flows.verbs import output
from flows.verbs.options import AsJson, ManifestPath, Shots, Store
from flows.verbs.shots import jobs_of

EXAMPLES = (
    "fsvfx status harbour.yaml",
    "fsvfx status harbour.yaml --shot sq010_sh0040 --json",
)


def run(manifest: ManifestPath, shot: Shots = None, store: Store = None, json: AsJson = False) -> None:
    """Show the state of every stage of every chunk."""
    from fsvfx import runner

    with runner.uncollected():
        found = [runner.plan(job) for job in jobs_of(manifest, shot, store)]
    outcomes = [plan.outcome() for plan in found]
    if json:
        shots = [
            {
                "shot": outcome.shot,
                "state": outcome.state,
                "units": plan.rows(),
                "outcome": outcome,
                "notes": plan.notes,
            }
            for plan, outcome in zip(found, outcomes)
        ]
        output.as_json({"shots": shots})
        return
    for plan, outcome in zip(found, outcomes):
        rows = plan.rows()
        title = f"{outcome.shot}: {outcome.done} of {outcome.total} steps done"
        output.table(title, tuple(rows[0]), [tuple(row.values()) for row in rows])
        for failure in outcome.failures:
            output.line(f"{failure.stage} {failure.unit.name}: {failure.message}. {failure.hint}")
        for note in plan.notes:
            output.line(f"note: {note}")
        if outcome.command:
            output.command(f"Run the rest: {outcome.command}")
