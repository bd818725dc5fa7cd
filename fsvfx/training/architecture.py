"""What a training job says of its model's sizes, losses and supervision, checked."""

from __future__ import annotations

from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.supervision import Supervision
from schemas.job import TrainJob


def architecture_of(job: TrainJob) -> EngineSettings:
    """As the job's engine reads it."""
    from fsvfx.engines.registry import learned

    return learned(job.engine).Architecture.model_validate(job.architecture)


def supervision_of(job: TrainJob) -> Supervision:
    """Of an open model: what it is given beside targets and codes. Of others: nothing."""
    found = architecture_of(job)
    return found if isinstance(found, Supervision) else Supervision()
