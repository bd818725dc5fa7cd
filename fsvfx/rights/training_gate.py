"""The gate of trainings: may an engine learn these people's faces? A pure function of job, records and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from fsvfx.rights.decision import Decision, Evidence, Missing, decide
from fsvfx.rights.gate import ROLE_NAMES
from fsvfx.rights.refusals import no_training, not_in_order, trained_of, without_role
from schemas.consent import Role
from schemas.job import TrainJob

VERSION = 1


def asked(job: TrainJob) -> dict[str, str]:
    """Everybody whose consent the training needs, with what for, in words."""
    roles = _roles(job)
    learned = {person: ROLE_NAMES[roles[person]] if person in roles else "also learned" for person in job.learned}
    before = trained_of(job.models).items()
    return {person: f"model '{models[0]}' was trained on their face" for person, models in before} | learned


def check_training(job: TrainJob, evidence: Mapping[str, Evidence | Missing], now: datetime) -> Decision:
    """Whether ``job`` may run at ``now`` (with a time zone), given each person's ``evidence``; every reason if not.

    Asked is everybody whose face will be in the model: whoever is learned, and whoever was by its start. In which
    shots, and for what, the model may be used is for the gate of swaps to ask.
    """
    roles = _roles(job)

    def refusals(person: str, found: Evidence) -> Iterator[str]:
        yield from not_in_order(person, job.production, found, now)
        if person in roles:
            yield from without_role(found.record, roles[person])
        yield from no_training(found.record)

    return decide(
        asked(job),
        evidence,
        refusals,
        {
            "training_gate": VERSION,
            "production": job.production,
            "model": job.model,
            "learned": list(job.learned),
            "models": [model.model_dump(mode="json", exclude={"licence", "commercial_use"}) for model in job.models],
            **({"purpose": job.purpose} if job.purpose != "commercial" else {}),
        },
    )


def _roles(job: TrainJob) -> dict[str, Role]:
    """What is asked of the first two; whoever else is learned may have either role."""
    identity, performer = job.learned[:2]
    return {identity: "source_identity", performer: "target_performer"}
