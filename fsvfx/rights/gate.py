"""The gate of swaps: may this shot be worked on? A pure function of job, records and time; no way around it.

It proves the paperwork, not who is in the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from fsvfx.rights.decision import Decision, Evidence, Missing, decide
from fsvfx.rights.refusals import no_training, not_in_order, trained_of, without_role
from schemas.consent import ConsentRecord, Role
from schemas.job import ShotJob

VERSION = 2
ROLE_NAMES: dict[Role, str] = {"source_identity": "identity", "target_performer": "performer"}


def roles_of(job: ShotJob) -> dict[str, tuple[Role, ...]]:
    """Everybody whom the shot's swaps show, and how. Empty if it swaps nothing."""
    roles: dict[str, set[Role]] = {}
    for entry in job.shot.replace:
        roles.setdefault(entry.performer, set()).add("target_performer")
        roles.setdefault(entry.identity, set()).add("source_identity")
    return {person: tuple(sorted(roles[person])) for person in sorted(roles)}


def asked(job: ShotJob) -> dict[str, str]:
    """Everybody whose consent the shot needs, with what for, in words."""
    roles, models = roles_of(job), trained_of(job.models)
    return {
        person: " and ".join(
            [ROLE_NAMES[role] for role in roles.get(person, ())]
            + [f"model '{model}' was trained on their face" for model in models.get(person, ())]
        )
        for person in sorted({*roles, *models})
    }


def check(job: ShotJob, evidence: Mapping[str, Evidence | Missing], now: datetime) -> Decision:
    """Whether ``job`` may run at ``now`` (with a time zone), given each person's ``evidence``; every reason if not."""
    roles, models = roles_of(job), trained_of(job.models)

    def refusals(person: str, found: Evidence) -> Iterator[str]:
        yield from not_in_order(person, job.production, found, now)
        for role in roles.get(person, ()):
            yield from without_role(found.record, role)
        if person in roles:
            yield from _not_this_shot(job, found.record)
        if person in models:
            yield from no_training(found.record)

    return decide(
        asked(job),
        evidence,
        refusals,
        {
            "gate": VERSION,
            "production": job.production,
            "shot": job.shot.name,
            "use": job.shot.use,
            "nudity_or_sexual": job.shot.nudity_or_sexual,
            "roles": {person: list(needed) for person, needed in roles.items()},
            "models": [model.model_dump(mode="json", exclude={"licence", "commercial_use"}) for model in job.models],
            **({"purpose": job.purpose} if job.purpose != "commercial" else {}),
        },
    )


def _not_this_shot(job: ShotJob, record: ConsentRecord) -> Iterator[str]:
    scope, shot = record.scope, job.shot
    if not any(fnmatchcase(shot.name, pattern) for pattern in scope.shots):
        yield f"shot {shot.name} is not among the consented shots ({', '.join(scope.shots)}); get it added"
    if shot.use not in scope.uses:
        yield f"the use '{shot.use}' is not among the consented ones ({', '.join(scope.uses)}); get it added"
    if shot.nudity_or_sexual and not scope.nudity_or_sexual:
        yield "the shot shows nudity or sexual content, and the consent leaves that out; get it added"
