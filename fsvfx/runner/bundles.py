"""Which steps one task does: consecutive stages of a chunk, in one pass. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from fsvfx.runner.graph import Graph, Step
from schemas.receipts import Unit

MOST_TASKS = 500
"""Per shot: schedulers slow down with more (measured with Prefect), and nobody can read a longer list."""


@dataclass(frozen=True)
class Bundle:
    """What one task does: a shot-wide step, or consecutive steps of a chunk (in long shots, of several chunks)."""

    steps: tuple[Step, ...]
    waits_for: frozenset[Step]
    """Steps of other bundles."""

    @property
    def stage(self) -> str:
        return self.steps[0].stage

    @property
    def label(self) -> str:
        """``swap 1025-1048``; for several ``align..deliver 1001-1072``."""
        stages = list(dict.fromkeys(step.stage for step in self.steps))
        names = stages[0] if len(stages) == 1 else f"{stages[0]}..{stages[-1]}"
        return f"{names} {_span([step.unit for step in self.steps])}"


def bundles_of(graph: Graph, todo: Iterable[Step], apart: Collection[str] = (), most: int = MOST_TASKS) -> list[Bundle]:
    """Cut ``todo`` into bundles, in DAG order, at most about ``most``.

    The chunk-local stages of a chunk run in a row, so that they hand on arrays in memory; on long shots those of
    several neighboring chunks. A stage that reads other units than its own begins a new row, so bundles never wait
    for each other in a ring, and the stages between it and what it reads come along: what they make is at hand then. A
    stage that goes to other workers than its neighbors begins a new row, too.

    ``apart``: the stages that go to workers of another kind.
    """
    asked = set(todo)
    wanted = [step for step in graph if step in asked]
    rows = _rows(wanted, graph, apart)
    fixed = sum(len(row) for row in rows if not _is_local(row))
    local = sum(len({step.unit for step in row}) for row in rows if _is_local(row))
    width = -(-local // max(1, most - fixed - len(rows)))
    groups = [group for row in rows for group in (_grouped(row, width) if _is_local(row) else [[s] for s in row])]
    return [_bundle(group, graph) for group in groups]


def _rows(wanted: Sequence[Step], graph: Graph, apart: Collection[str]) -> list[list[Step]]:
    """Runs of stages in which no step reads another unit of the same run."""
    rows: list[list[Step]] = []
    for _, same_stage in groupby(wanted, key=lambda step: (step.stage, step.unit.kind)):
        stage = list(same_stage)
        if not rows or not _go_together(rows[-1][-1], stage[0], apart):
            rows.append(stage)
        elif far := _read_across(stage, rows[-1], graph):
            end = max(place for place, step in enumerate(rows[-1], start=1) if step.stage in far)
            rows[-1:] = [rows[-1][:end], [*rows[-1][end:], *stage]]
        else:
            rows[-1].extend(stage)
    return rows


def _go_together(one: Step, other: Step, apart: Collection[str]) -> bool:
    return _is_local([one]) and _is_local([other]) and (one.stage in apart) == (other.stage in apart)


def _read_across(stage: Sequence[Step], row: Iterable[Step], graph: Graph) -> set[str]:
    """The stages of the row of which ``stage`` reads other units than its own."""
    here = set(row)
    sources = ((step, source) for step in stage for source in graph.reads[step])
    return {source.stage for step, source in sources if source in here and source.unit != step.unit}


def _is_local(row: Sequence[Step]) -> bool:
    return row[0].unit.kind == "chunk"


def _grouped(row: Sequence[Step], width: int) -> list[list[Step]]:
    """Steps of ``width`` chunks each, chunk by chunk and within a chunk in the order of the stages."""
    by_unit: dict[Unit, list[Step]] = {}
    for step in row:
        by_unit.setdefault(step.unit, []).append(step)
    units = list(by_unit)
    return [
        [step for unit in units[first : first + width] for step in by_unit[unit]]
        for first in range(0, len(units), width)
    ]


def _bundle(steps: Sequence[Step], graph: Graph) -> Bundle:
    outside = frozenset(source for step in steps for source in graph.reads[step]) - frozenset(steps)
    return Bundle(steps=tuple(steps), waits_for=outside)


def _span(units: Sequence[Unit]) -> str:
    chunks = [unit.chunk for unit in units if unit.chunk]
    return f"{chunks[0].first}-{chunks[-1].last}" if chunks else units[0].name
