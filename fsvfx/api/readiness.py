"""The shots of a manifest that can run: selected, cleared by the rights gate, checked by preflight. Used before every
run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsvfx import manifests, rights, runner
from fsvfx.errors import FsvfxError, InputError, Where
from fsvfx.runner import Plan
from schemas.frames import FrameRange
from schemas.job import ShotJob, TrainJob
from schemas.outcome import Outcome

if TYPE_CHECKING:  # preflight opens media: `status` does not need it
    from fsvfx.preflight import Trouble


@dataclass(frozen=True)
class Ready:
    """The shots of a manifest: already done, able to run, and preflight's findings for those that it checked."""

    finished: tuple[Outcome, ...]
    able: tuple[ShotJob, ...]
    troubles: Mapping[str, Sequence[Trouble]]

    @property
    def refused(self) -> dict[str, list[Trouble]]:
        """Problems that prevent shots from running, by shot."""
        stops = {name: [one for one in found if one.stops] for name, found in self.troubles.items()}
        return {name: found for name, found in stops.items() if found}

    def as_data(self) -> dict[str, list[dict[str, Any]]]:
        """All of preflight's findings, by shot."""
        return {name: [vars(one) for one in found] for name, found in self.troubles.items() if found}


def jobs_of(manifest: Path, shots: Sequence[str] | None, store: str | None, *, replace: bool = False) -> list[ShotJob]:
    """The selected shots of a manifest. ``replace``: they may overwrite files that others delivered.

    Raises ManifestError, InputError.
    """
    found = manifests.jobs(manifest, shots=tuple(shots or ()), store=store)
    return [job.model_copy(update={"may_replace": replace}) for job in found]


def frames_of(text: str) -> FrameRange:
    """Raises InputError if ``text`` is not a frame range."""
    try:
        return FrameRange.parse(text)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise InputError(what, hint=hint[:1].upper() + hint[1:], where=Where(field="--frames")) from error


def cleared(jobs: Sequence[ShotJob]) -> Sequence[ShotJob]:
    """The same jobs, if the rights gate clears all of them. Raises RightsError."""
    rights.clear_all(jobs)
    return jobs


def ready(
    jobs: Sequence[ShotJob],
    manifest: Path,
    finished: Sequence[Outcome] = (),
    plans: Mapping[str, Plan] | None = None,
) -> Ready:
    """Check every shot that is not ``finished``. ``plans``: the ledger's state, where known.

    Raises PreflightError, with every problem, if no shot can run.
    """
    from fsvfx.preflight import preflight, refusal

    done = {outcome.shot for outcome in finished}
    open_ones = [job for job in jobs if job.shot.name not in done]
    found = preflight(open_ones, plans)
    error = None if finished else refusal(str(manifest), found)
    if error is not None:
        raise error
    able = tuple(job for job in open_ones if not any(one.stops for one in found[job.shot.name]))
    return Ready(tuple(finished), able, found)


def footage_ready(job: TrainJob, manifest: Path) -> Ready:
    """Like ``ready``, for a training's footage and collections: all are needed. Raises PreflightError if some can't
    run."""
    from fsvfx.preflight import collection_troubles, learner_troubles, occluder_troubles, preflight, refusal

    shots = {each.name: each.shot for each in job.footage}
    found = {name: troubles for name, shot in shots.items() for troubles in preflight([shot]).values()}
    found |= {one.name: tuple(collection_troubles(one)) for one in job.collections}
    if job.occluders:
        found |= {"occluders": tuple(occluder_troubles(job.occluders))}
    if troubles := tuple(learner_troubles(job.engine)):
        found |= {job.model: troubles}
    stopped = {name: troubles for name, troubles in found.items() if any(one.stops for one in troubles)}
    if error := refusal(str(manifest), stopped):
        raise error
    return Ready((), tuple(shots.values()), found)


def plans_of(jobs: Sequence[ShotJob]) -> dict[str, Plan]:
    """By shot; those that can't be planned are omitted: preflight says why."""
    from fsvfx.preflight import reachable

    found: dict[str, Plan] = {}
    with runner.uncollected():
        for job in jobs:
            if reachable(job):
                with suppress(FsvfxError):
                    found[job.shot.name] = runner.plan(job)
    return found


def finished_of(plans: Mapping[str, Plan]) -> list[Outcome]:
    """The outcomes of shots with nothing left to do."""
    return [outcome for outcome in (plan.outcome() for plan in plans.values()) if outcome.state == "done"]
