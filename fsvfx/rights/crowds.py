"""What the gates check for crowds: for picture collections, and for people whose faces a general model has learned.
Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from fsvfx.rights.answers import against_papers, not_fresh, out_of_time
from fsvfx.rights.decision import CollectionEvidence, Decision, Missing, Rostered, record_digest
from schemas.consent import ConsentRecord, RevocationRegister, TrainingScope
from schemas.roster import Member, MemberCollection, Roster

_NAMED = 5
"""Number of people named in a message if many have the same problem."""


def not_in_general(record: ConsentRecord, model: str, production: str) -> Iterator[str]:
    """The record allows this general model to learn the person, for this production."""
    if record.scope.training is None:
        why = "does not allow general models (scope.training)"
        yield f"record {record.record_id} {why}; get consent for it, or train a pair"
        return
    yield from _out_of_scope(record.scope.training, record.record_id, model, production)


def against_collection(
    name: str, found: CollectionEvidence | Missing, model: str, production: str, now: datetime
) -> Iterator[str]:
    """Every reason against learning a picture collection."""
    if isinstance(found, Missing):
        yield f"collection {name}: {found.why}"
        return
    for why in _against(found, model, production, now):
        yield f"collection {name}: {why}"


def _against(found: CollectionEvidence, model: str, production: str, now: datetime) -> Iterator[str]:
    record = found.record
    if record.collection != found.name:
        yield f"record {record.record_id} is about collection '{record.collection}'; use this collection's own record"
    unknown = [name for name in found.people if not any(fnmatchcase(name, glob) for glob in record.people)]
    if unknown:
        what = f"record {record.record_id} does not list {_some(unknown)}"
        yield f"{what}; leave them out (leave_out), or have them added to the record"
    yield from against_papers(found, now)
    if found.withdrawn:
        yield f"the consent of {_some(found.withdrawn)} is revoked; leave them out (leave_out)"
    if record.training is not None:
        yield from _out_of_scope(record.training, record.record_id, model, production)


def against_roster(one: Rostered, model: str, production: str, now: datetime) -> Iterator[str]:
    """Every reason against using a general model: for everybody in its roster who exists.

    ``model``: the one whose weights will contain their faces: its own name, or that of a model trained from it.
    """
    real = [each for each in one.roster.collections if not each.made_up]
    for member in one.roster.members:
        for why in _against_member(member, one, model, production, now):
            yield f"{member.person} (their face is in model '{one.model}'): {why}"
    for each in one.roster.collections:
        for why in _against_shared(each, one, model, production):
            yield f"collection {each.collection} (its faces are in model '{one.model}'): {why}"
    if one.register is not None and (one.roster.members or real):
        for why in not_fresh("the register of revocations", one.register.checked_at, now):
            yield f"model '{one.model}': {why}"
    if one.register is None and (one.roster.members or real):
        yield f"model '{one.model}' has learned people who may have revoked: {one.why}"


def _against_member(member: Member, one: Rostered, model: str, production: str, now: datetime) -> Iterator[str]:
    yield from _out_of_scope(member.training, member.record, model, production)
    yield from out_of_time(None, member.valid_to, now)
    if one.register is not None:
        yield from _standing(member.record, one.register, one.model)


def _against_shared(each: MemberCollection, one: Rostered, model: str, production: str) -> Iterator[str]:
    """For made-up people only what the register says about them directly: a publisher may withdraw pictures, too."""
    if each.training is not None:
        yield from _out_of_scope(each.training, each.record, model, production)
    if one.register is None:
        return
    if not each.made_up or each.record in one.register.records:
        yield from _standing(each.record, one.register, one.model)
    gone = [name for name in each.people if one.register.records.get(f"{each.record}.{name}") == "revoked"]
    if gone:
        yield f"the consent of {_some(gone)} is revoked; train model '{one.model}' again without them"


def _standing(record: str, register: RevocationRegister, model: str) -> Iterator[str]:
    standing = register.records.get(record)
    if standing is None:
        yield f"the register of revocations does not list record {record}; have it added"
    if standing == "revoked":
        yield f"the consent (record {record}) is revoked; train model '{model}' again without them"


def _out_of_scope(scope: TrainingScope, record: str, model: str, production: str) -> Iterator[str]:
    if not any(fnmatchcase(model, glob) for glob in scope.models):
        yield f"record {record} allows the models {', '.join(scope.models)}, not '{model}'; get it added"
    if not any(fnmatchcase(production, glob) for glob in scope.productions):
        yield f"record {record} allows the productions {', '.join(scope.productions)}, not '{production}'; get it added"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def roster_of(decision: Decision, people: Mapping[str, Sequence[str]], unseen: Collection[str] = ()) -> Roster:
    """The roster to seal into the weights of a general model that ``decision`` allowed.

    people: of each collection, those whose faces were learned. unseen: of those with a record of their own, the
    held-out ones. People in the rosters of the models that it started from are included.
    """
    members = {
        record.record_id: Member(
            person=person,
            record=record.record_id,
            digest=record_digest(record),
            training=record.scope.training,
            valid_to=record.scope.valid_to,
            is_test_record=record.is_test_record,
        )
        for person, record in decision.by_person.items()
        if record.scope.training is not None and person not in unseen
    }
    shared = [_shared(one, people[one.name]) for one in decision.collections if people.get(one.name)]
    before = [one.roster for one in decision.rosters]
    inherited = {member.record: member for roster in before for member in roster.members}
    return Roster(
        members=tuple((inherited | members).values()),
        collections=_joined([*(each for roster in before for each in roster.collections), *shared]),
    )


def _shared(one: CollectionEvidence, people: Sequence[str]) -> MemberCollection:
    record = one.record
    return MemberCollection(
        collection=one.name,
        record=record.record_id,
        digest=record_digest(record),
        people=tuple(people),
        made_up=record.made_up,
        generators=record.generators,
        licence=record.licence,
        training=record.training,
        is_test_record=record.is_test_record,
    )


def _joined(parts: Sequence[MemberCollection]) -> tuple[MemberCollection, ...]:
    """One entry for each version of a record: what an ancestor learned of it, and what was learned now."""
    found: dict[tuple[str, str], MemberCollection] = {}
    for one in parts:
        at = (one.record, one.digest)
        people = tuple(dict.fromkeys((*(found[at].people if at in found else ()), *one.people)))
        found[at] = one.model_copy(update={"people": people})
    return tuple(found.values())


def tests_in(collections: Sequence[CollectionEvidence], rosters: Sequence[Rostered]) -> Iterator[str]:
    """Ids of records that are made up for tests."""
    yield from (one.record.record_id for one in collections if one.record.is_test_record)
    for each in rosters:
        yield from (one.record for one in each.roster.members if one.is_test_record)
        yield from (one.record for one in each.roster.collections if one.is_test_record)
