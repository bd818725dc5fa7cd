"""The shots that a verb works on, through the library's gates (``fsvfx.api.readiness``), imported on use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.verbs import output

if TYPE_CHECKING:
    from fsvfx.api.readiness import Ready
    from fsvfx.runner import Plan
    from schemas.frames import FrameRange
    from schemas.job import ShotJob, TrainJob
    from schemas.outcome import Outcome


def jobs_of(manifest: Path, shots: Sequence[str] | None, store: str | None, *, replace: bool = False) -> list[ShotJob]:
    """See ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.jobs_of(manifest, shots, store, replace=replace)


def manifest_with(shot: str) -> Path:
    """The manifest in this folder that has the shot. Raises InputError if none or several have it."""
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
    """The frames that a run is limited to, if any. Raises InputError if ``text`` is not a frame range."""
    return None if text is None else frames_of(text)


def frames_of(text: str) -> FrameRange:
    """See ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.frames_of(text)


def cleared(jobs: Sequence[ShotJob]) -> Sequence[ShotJob]:
    """See ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.cleared(jobs)


def ready(
    jobs: Sequence[ShotJob],
    manifest: Path,
    finished: Sequence[Outcome] = (),
    plans: Mapping[str, Plan] | None = None,
) -> Ready:
    """See ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.ready(jobs, manifest, finished, plans)


def footage_ready(job: TrainJob, manifest: Path) -> Ready:
    """See ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.footage_ready(job, manifest)


def plans_of(jobs: Sequence[ShotJob]) -> dict[str, Plan]:
    """See ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.plans_of(jobs)


def finished_of(jobs: Sequence[ShotJob]) -> list[Outcome]:
    """The outcomes of shots with nothing left to do."""
    return finished_among(plans_of(jobs))


def finished_among(plans: Mapping[str, Plan]) -> list[Outcome]:
    """See ``finished_of`` in ``fsvfx.api.readiness``."""
    from fsvfx.api import readiness

    return readiness.finished_of(plans)


def tell(found: Ready) -> None:
    """Preflight's findings, for people."""
    for name, troubles in found.troubles.items():
        if troubles:
            output.line(f"{name}: " + ("can't run" if name in found.refused else "can run, with warnings"))
        for one in troubles:
            output.line(str(one), "  ")
