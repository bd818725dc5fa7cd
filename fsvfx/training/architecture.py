"""A training job's settings for its model's sizes, losses and supervision, checked."""

from __future__ import annotations

from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.supervision import Supervision
from schemas.job import TrainJob


def architecture_of(job: TrainJob) -> EngineSettings:
    """As parsed by the job's engine."""
    from fsvfx.engines.registry import learned

    return learned(job.engine).Architecture.model_validate(job.architecture)


def supervision_of(job: TrainJob) -> Supervision:
    """For an open model: its inputs besides targets and codes. For others: none."""
    found = architecture_of(job)
    return found if isinstance(found, Supervision) else Supervision()
