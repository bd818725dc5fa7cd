"""Return values of runs, plans and checks: values to query, text to print, tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from pydantic import JsonValue

from fsvfx.errors import FsvfxError
from fsvfx.preflight import Trouble
from fsvfx.printable import counted
from fsvfx.runner import Plan
from schemas.outcome import Outcome
from schemas.receipts import Failure

Row = Sequence[object]


@dataclass(frozen=True)
class ShotResult:
    """How one shot ended."""

    outcome: Outcome
    deliverables: tuple[Path, ...] = ()
    """Every delivered file: frames, movies, report."""
    figures: Mapping[str, JsonValue] = field(default_factory=dict)
    """Quality figures over the shot: each with its median, lowest and highest, see ``fsvfx.qc.summary``."""

    @property
    def name(self) -> str:
        return self.outcome.shot

    @property
    def ok(self) -> bool:
        """Whether everything requested is done."""
        return self.outcome.state == "done"

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The cause of each failed chunk."""
        return self.outcome.failures

    @property
    def seconds(self) -> float:
        return self.outcome.seconds

    def __str__(self) -> str:
        one = self.outcome
        lines = [f"{one.shot}: {one.state}, {one.done} of {one.total} steps, {one.seconds:.1f} s"]
        for failure in one.failures:
            place = f" (frames {failure.frames})" if failure.frames else ""
            lines.append(f"  {failure.stage} {failure.unit.name}{place}: {failure.message}. {failure.hint}")
        return "\n".join(lines)


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    shots: tuple[ShotResult, ...]
    refused: Mapping[str, tuple[Trouble, ...]] = field(default_factory=dict)
    """Shots that were not run, and preflight's findings."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every shot is done."""
        return not self.refused and all(shot.ok for shot in self.shots)

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(failure for shot in self.shots for failure in shot.failures)

    def __getitem__(self, name: str) -> ShotResult:
        """The shot with that name. KeyError if it was not run."""
        return {shot.name: shot for shot in self.shots}[name]

    def __iter__(self) -> Iterator[ShotResult]:
        return iter(self.shots)

    def __str__(self) -> str:
        refused = [f"{name}: not run; {one}" for name, found in self.refused.items() for one in found]
        return "\n".join([*map(str, self.shots), *refused])

    def _repr_html_(self) -> str:
        rows: list[Row] = [
            (one.name, one.outcome.state, f"{one.outcome.done}/{one.outcome.total}", f"{one.seconds:.1f}",
             len(one.deliverables), "; ".join(map(_line, one.failures)))
            for one in self.shots
        ]  # fmt: skip
        rows += [(name, "not run", "", "", "", "; ".join(map(str, found))) for name, found in self.refused.items()]
        return html_table(("shot", "state", "steps", "seconds", "files", "failures"), rows)


@dataclass(frozen=True)
class PlanResult:
    """What a run would do."""

    plans: tuple[Plan, ...]
    troubles: Mapping[str, Sequence[Trouble]] = field(default_factory=dict)
    """Preflight's findings, by shot; some of them prevent the shot from running."""

    _COLUMNS = ("shot", "stage", "wanted", "done", "to run", "seconds", "MiB")

    def __getitem__(self, name: str) -> Plan:
        """The plan of the shot with that name. KeyError if there is none."""
        return {plan.job.shot.name: plan for plan in self.plans}[name]

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.plans)

    @property
    def seconds(self) -> float:
        """One worker's time for everything to run, estimated from similar work in the past."""
        return sum(plan.estimate.total_seconds for plan in self.plans)

    def rows(self) -> list[Row]:
        """For each shot and stage: number of steps wanted, done, to run; estimated seconds and MiB."""
        return [
            (plan.job.shot.name, stage, wanted, done, wanted - done,
             round(plan.estimate.seconds.get(stage, 0.0), 1), plan.estimate.bytes.get(stage, 0) >> 20)
            for plan in self.plans
            for stage, (done, wanted) in plan.counts().items()
        ]  # fmt: skip

    def __str__(self) -> str:
        found = [f"{name}: {one}" for name, troubles in self.troubles.items() for one in troubles]
        return "\n".join([text_table(self._COLUMNS, self.rows()), *found])

    def _repr_html_(self) -> str:
        return html_table(self._COLUMNS, self.rows())


@dataclass(frozen=True)
class StatusResult:
    """The state of every stage of every chunk."""

    plans: tuple[Plan, ...]

    def __getitem__(self, name: str) -> Plan:
        """The plan of the shot with that name. KeyError if there is none."""
        return {plan.job.shot.name: plan for plan in self.plans}[name]

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.plans)

    @property
    def ok(self) -> bool:
        """Whether every shot is done."""
        return all(plan.is_complete for plan in self.plans)

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(failure for plan in self.plans for failure in plan.failures)

    def __str__(self) -> str:
        return "\n\n".join(f"{plan.job.shot.name}\n{text_table(*_cells(plan))}" for plan in self.plans)

    def _repr_html_(self) -> str:
        return "".join(f"<h4>{escape(plan.job.shot.name)}</h4>{html_table(*_cells(plan))}" for plan in self.plans)


@dataclass(frozen=True)
class VerifyResult:
    """Whether store and deliverables match their digests."""

    problems: Mapping[str, tuple[FsvfxError, ...]]
    """By shot: missing or damaged items, each with the command that repeats the work."""
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By shot: items that could not be checked, as they were not delivered."""

    @property
    def ok(self) -> bool:
        return not any(self.problems.values())

    def __str__(self) -> str:
        lines = [
            f"{name}: {counted(len(found), 'problem')}" if found else f"{name}: ok"
            for name, found in self.problems.items()
        ]
        return "\n".join([*lines, *(str(one) for found in self.problems.values() for one in found)])


def text_table(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Columns separated by two spaces."""
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def html_table(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """For notebooks."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _line(failure: Failure) -> str:
    return f"{failure.stage} {failure.unit.name}: {failure.message}"


def _cells(plan: Plan) -> tuple[Sequence[str], list[Row]]:
    rows = plan.rows()
    return tuple(rows[0]), [tuple(row.values()) for row in rows]
