"""The shots that a verb works on: chosen, cleared by the rights gate, and checked before they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.verbs import output

if TYPE_CHECKING:
    from fsvfx.preflight import Trouble
    from schemas.frames import FrameRange
    from schemas.job import ShotJob, TrainJob
    from schemas.outcome import Outcome


def jobs_of(manifest: Path, shots: Sequence[str] | None, store: str | None, *, replace: bool = False) -> list[ShotJob]:
    """The shots of a manifest that are asked for. ``replace``: they may deliver over what others delivered. Raises
    ManifestError, InputError."""
    from fsvfx import manifests

    found = manifests.jobs(manifest, shots=tuple(shots or ()), store=store)
    return [job.model_copy(update={"may_replace": replace}) for job in found]


def manifest_with(shot: str) -> Path:
    """The manifest in this folder that has the shot. Raises InputError if none has, or several have."""
    from flows.verbs.completion import shots_in
    from fsvfx.errors import InputError

    found = [path for path in sorted(Path().glob("*.y*ml")) if shot in shots_in(path)]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(map(str, found))
        raise InputError(f"Several manifests here have a shot '{shot}': {several}", hint="Name one, and add --shot")
    raise InputError(f"No manifest here has a shot '{shot}'", hint="Name a manifest file, or change to its folder")


def limits_of(text: str | None) -> FrameRange | None:
    """The frames that a run is limited to, if any. Raises InputError if ``text`` is no frame range."""
    return None if text is None else frames_of(text)


def frames_of(text: str) -> FrameRange:
    """Raises InputError if ``text`` is no frame range."""
    from fsvfx.errors import InputError, Where
    from schemas.frames import FrameRange

    try:
        return FrameRange.parse(text)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise InputError(what, hint=hint[:1].upper() + hint[1:], where=Where(field="--frames")) from error


def cleared(jobs: Sequence[ShotJob]) -> Sequence[ShotJob]:
    """The same jobs, if the rights gate lets all of them through. Raises RightsError."""
    from fsvfx import rights

    for job in jobs:
        rights.clear(job)
    return jobs


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
                output.line(f"{name}: " + ("can't run" if name in self.refused else "can run, with warnings"))
            for one in found:
                output.line(str(one), "  ")


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
    from fsvfx import runner
    from fsvfx.errors import FsvfxError
    from fsvfx.preflight import reachable

    found: list[Outcome] = []
    for job in jobs:
        if not reachable(job):
            continue
        try:
            outcome = runner.plan(job).outcome()
        except FsvfxError:
            continue
        found += [outcome] if outcome.state == "done" else []
    return found
