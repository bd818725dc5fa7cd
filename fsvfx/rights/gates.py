"""The gates: may this shot be worked on, may these faces be learned? Pure functions of job, records and time.

They can't be bypassed. They prove the paperwork, not who is in the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from pydantic import JsonValue

from fsvfx.rights.answers import against_papers, out_of_time
from fsvfx.rights.banks import about_crowds, against_bank, against_crowds
from fsvfx.rights.crowds import against_collection, against_roster, not_in_general, tests_in
from fsvfx.rights.decision import (
    Banked,
    CollectionEvidence,
    Decision,
    Evidence,
    Missing,
    Rostered,
    decide,
    record_digest,
)
from schemas.consent import ConsentRecord, Role
from schemas.job import ShotJob, TrainedModel, TrainJob

SWAP_VERSION = 2
TRAINING_VERSION = 1
_ELSE = {False: "also learned", True: "learned"}
_ROLE_NAMES: dict[Role, str] = {"source_identity": "identity", "target_performer": "performer", "driver": "driver"}


def _roles_of(job: ShotJob) -> dict[str, tuple[Role, ...]]:
    """All people that the shot's swaps show, by face or by performance. Empty if it swaps nothing."""
    roles: dict[str, set[Role]] = {}
    for entry in job.shot.replace:
        for person in entry.shown if entry.is_crowd else (entry.performer,):
            roles.setdefault(person, set()).add("target_performer")
        if isinstance(entry.identity, str):
            roles.setdefault(entry.identity, set()).add("source_identity")
        if entry.driver:
            roles.setdefault(entry.driver.person, set()).add("driver")
    return {person: tuple(sorted(roles[person])) for person in sorted(roles)}


def asked_for_swap(job: ShotJob) -> dict[str, str]:
    """All people whose consent the shot needs, and for what, in words."""
    roles, models = _roles_of(job), _trained_of(job.models)
    return {
        person: " and ".join(
            [_ROLE_NAMES[role] for role in roles.get(person, ())]
            + [f"model '{model}' was trained on their face" for model in models.get(person, ())]
        )
        for person in sorted({*roles, *models})
    }


def check_swap(
    job: ShotJob,
    evidence: Mapping[str, Evidence | Missing],
    now: datetime,
    rosters: Sequence[Rostered] = (),
    banks: Sequence[Banked] = (),
) -> Decision:
    """Whether ``job`` may run at ``now`` (with a time zone), given each person's ``evidence``; every reason if not.

    Three questions: who is shown, whose face is in the weights (by name, or in the ``rosters`` of general models), and
    who is the identity: a person, or a member of ``banks``, who must not exist.
    """
    roles, models = _roles_of(job), _trained_of(job.models)

    def refusals(person: str, found: Evidence) -> Iterator[str]:
        yield from _not_in_order(person, job.production, found, now)
        for role in roles.get(person, ()):
            yield from _without_role(found.record, role)
        if person in roles:
            yield from _not_this_shot(job, found.record)
        if person in models:
            yield from _no_training(found.record)

    return decide(
        asked_for_swap(job),
        evidence,
        refusals,
        {
            "gate": SWAP_VERSION,
            "production": job.production,
            "shot": job.shot.name,
            "use": job.shot.use,
            "nudity_or_sexual": job.shot.nudity_or_sexual,
            "roles": {person: list(needed) for person, needed in roles.items()},
            **about_crowds(job),
            **_about(job),
        },
        [
            *(why for one in rosters for why in against_roster(one, one.model, job.production, now)),
            *against_crowds(job, now),
            *(why for one in banks for why in against_bank(one)),
        ],
        (*tests_in((), rosters), *(one.bank.record.record_id for one in banks if one.bank.record.is_test_record)),
    )


def _about(job: ShotJob | TrainJob) -> dict[str, JsonValue]:
    """The models and the purpose, for the digest."""
    models: list[JsonValue] = []
    for model in job.models:
        without = {"licence", "commercial_use", "weights", "wide", *(() if model.roster else ("roster",))}
        models.append(model.model_dump(mode="json", exclude=without))
    return {"models": models, **({"purpose": job.purpose} if job.purpose != "commercial" else {})}


def _not_this_shot(job: ShotJob, record: ConsentRecord) -> Iterator[str]:
    scope, shot = record.scope, job.shot
    if not any(fnmatchcase(shot.name, pattern) for pattern in scope.shots):
        yield f"shot {shot.name} is not among the consented shots ({', '.join(scope.shots)}); get it added"
    if shot.use not in scope.uses:
        yield f"the use '{shot.use}' is not among the consented ones ({', '.join(scope.uses)}); get it added"
    if shot.nudity_or_sexual and not scope.nudity_or_sexual:
        yield "the shot shows nudity or sexual content, which the consent does not cover; get it added"


def asked_for_training(job: TrainJob) -> dict[str, str]:
    """All people whose consent the training needs, and for what, in words."""
    roles = _training_roles(job)
    learned = {person: _ROLE_NAMES[roles[person]] if person in roles else _ELSE[job.is_crowd] for person in job.learned}
    before = _trained_of(job.models).items()
    return {person: f"model '{models[0]}' was trained on their face" for person, models in before} | learned


def check_training(
    job: TrainJob,
    evidence: Mapping[str, Evidence | Missing],
    now: datetime,
    collections: Mapping[str, CollectionEvidence | Missing] | None = None,
    rosters: Sequence[Rostered] = (),
) -> Decision:
    """Whether ``job`` may run at ``now`` (with a time zone), given each person's ``evidence``; every reason if not.

    Needed from everybody whose face will be in the model: those learned now, and those learned by its start. The gate
    of swaps checks in which shots, and for what, the model may be used; for a general model, which learns a crowd, this
    gate checks whether it may be that model, and for this production. collections: the evidence of each; rosters: of
    its start.
    """
    roles = _training_roles(job)
    found_of = collections or {}
    unread = Missing("there is no record; write one, as docs/consent.md explains")
    shared = {one.name: found_of.get(one.name, unread) for one in job.collections}

    def refusals(person: str, found: Evidence) -> Iterator[str]:
        yield from _not_in_order(person, job.production, found, now)
        if person in roles:
            yield from _without_role(found.record, roles[person])
        yield from _no_training(found.record)
        if job.is_crowd and found.record.scope.training_allowed:
            yield from not_in_general(found.record, job.model, job.production)

    read = tuple(one for one in shared.values() if isinstance(one, CollectionEvidence))
    decision = decide(
        asked_for_training(job),
        evidence,
        refusals,
        {
            "training_gate": TRAINING_VERSION,
            "production": job.production,
            "model": job.model,
            "learned": list(job.learned),
            **({"collections": {one.name: record_digest(one.record) for one in read}} if job.is_crowd else {}),
            **_about(job),
        },
        [
            *(
                why
                for name, one in shared.items()
                for why in against_collection(name, one, job.model, job.production, now)
            ),
            *(why for one in rosters for why in against_roster(one, job.model, job.production, now)),
        ],
        tests_in(read, rosters),
    )
    records = tuple(sorted({*decision.records, *(one.record.record_id for one in read)}))
    return replace(decision, records=records, collections=read, rosters=tuple(rosters))


def _training_roles(job: TrainJob) -> dict[str, Role]:
    """The roles of the first two people; all others, including a crowd's, may have either role."""
    if job.is_crowd:
        return {}
    identity, performer = job.learned[:2]
    return {identity: "source_identity", performer: "target_performer"}


def _not_in_order(person: str, production: str, found: Evidence, now: datetime) -> Iterator[str]:
    """The record is the person's, for this production, valid now, not revoked, and its document is the signed one."""
    record = found.record
    if record.person != person:
        yield f"record {record.record_id} is about '{record.person}'; use this person's own record in the manifest"
    if record.scope.production != production:
        yield f"the consent is for production '{record.scope.production}', not '{production}'; each needs its own"
    yield from out_of_time(record.scope.valid_from, record.scope.valid_to, now)
    yield from against_papers(found, now)


def _without_role(record: ConsentRecord, role: Role) -> Iterator[str]:
    """The record covers the role."""
    if role not in record.roles:
        yield f"record {record.record_id} does not cover the role {role}; get consent for it"


def _no_training(record: ConsentRecord) -> Iterator[str]:
    """The record allows training engines on the person."""
    if not record.scope.training_allowed:
        yield f"record {record.record_id} does not allow training (scope.training_allowed); get consent for it"


def _trained_of(models: Sequence[TrainedModel]) -> dict[str, tuple[str, ...]]:
    """All people whose faces the ``models`` were trained on, and by which of them."""
    found: dict[str, set[str]] = {}
    for model in models:
        for person in model.people:
            found.setdefault(person, set()).add(model.model)
    return {person: tuple(sorted(found[person])) for person in sorted(found)}
