"""The runner: the DAG of stages, the plan of a shot, and running, driving and verifying its steps."""

from fsvfx.runner.dag import inputs_of, resources_of, sources_of, stage, units_of
from fsvfx.runner.execute import run_unit
from fsvfx.runner.graph import Graph, Step
from fsvfx.runner.plan import Entry, Plan
from fsvfx.runner.planning import plan, plan_again, revoke_named, uncollected
from fsvfx.runner.verify import verify

__all__ = [
    "Entry",
    "Graph",
    "Plan",
    "Step",
    "causes",
    "dag",
    "drive",
    "graph",
    "inputs_of",
    "plan",
    "plan_again",
    "resources_of",
    "revoke_named",
    "run_unit",
    "shot",
    "sources_of",
    "stage",
    "steps",
    "uncollected",
    "units_of",
    "verify",
]
