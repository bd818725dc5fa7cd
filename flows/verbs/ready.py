"""Which shots can run: preflight for verbs that run or plan them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.verbs import say

if TYPE_CHECKING:
    from fsvfx.preflight import Trouble
    from schemas.job import ShotJob, TrainJob
    from schemas.outcome import Outcome


@dataclass(frozen=True)
class Ready:
    """The shots of a manifest: done already, able to run, and the troubles of those looked at."""

    finished: tuple[Outcome, ...]
    able: tuple[ShotJob, ...]
    troubles: Mapping[str, Sequence[Trouble]]

    @property
    def refused(self) -> dict[str, list[Trouble]]:
        """What keeps shots from running, by shot."""
        stops = {name: [one for one in found if one.stops] for name, found in self.troubles.items()}
        return {name: found for name, found in stops.items() if found}

    def as_data(self) -> dict[str, list[dict[str, Any]]]:
        return {name: [vars(one) for one in found] for name, found in self.troubles.items() if found}

    def tell(self) -> None:
        """For people."""
        for name, found in self.troubles.items():
            if found:
                say.line(f"{name}: " + ("can't run" if name in self.refused else "told before it runs"))
            for one in found:
                say.line(str(one), "  ")


def ready(jobs: Sequence[ShotJob], manifest: Path, finished: Sequence[Outcome] = ()) -> Ready:
    """Look at every shot that is not ``finished``. Raises PreflightError, with all that is wrong, if none can run."""
    from fsvfx.preflight import preflight, refusal

    done = {outcome.shot for outcome in finished}
    open_ones = [job for job in jobs if job.shot.name not in done]
    found = preflight(open_ones)
    error = None if finished else refusal(str(manifest), found)
    if error is not None:
        raise error
    able = tuple(job for job in open_ones if not any(one.stops for one in found[job.shot.name]))
    return Ready(tuple(finished), able, found)


def footage_ready(job: TrainJob, manifest: Path) -> Ready:
    """As ``ready``, of a training's footage: all of it is needed. Raises PreflightError if a piece can't run."""
    from fsvfx.preflight import preflight, refusal

    shots = {each.name: each.shot for each in job.footage}
    found = {name: troubles for name, shot in shots.items() for troubles in preflight([shot]).values()}
    stopped = {name: troubles for name, troubles in found.items() if any(one.stops for one in troubles)}
    if error := refusal(str(manifest), stopped):
        raise error
    return Ready((), tuple(shots.values()), found)


def finished_of(jobs: Sequence[ShotJob]) -> list[Outcome]:
    """Those of which nothing is left to do; one whose standing can't be told is not among them: preflight says why."""
    from flows.standing import Standing
    from fsvfx.errors import FsvfxError
    from fsvfx.preflight import reachable

    found: list[Outcome] = []
    for job in jobs:
        if not reachable(job):
            continue
        try:
            outcome = Standing.of(job).outcome()
        except FsvfxError:
            continue
        found += [outcome] if outcome.state == "done" else []
    return found
