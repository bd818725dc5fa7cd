"""The gate, as a pure function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gate_cases import NOW, both, evidence_of, job, raw_record, spoilt
from hypothesis import given
from hypothesis import strategies as st

from fsvfx.rights.decision import Evidence, Missing
from fsvfx.rights.gates import check_swap

# id, whose record, which field of it, its value, what the reason says
REFUSED = [
    ("other person's record", "lead", "person", "double", "is about 'double'"),
    ("identity with a performer's record", "lead", "roles", ["target_performer"], "role source_identity"),
    ("performer with an identity's record", "double", "roles", ["source_identity"], "role target_performer"),
    ("other production", "lead", "scope.production", "desert", "production 'desert', not 'harbour'"),
    ("other shots", "double", "scope.shots", ["sq9*", "sh0041"], "sh0040 is not among the consented shots"),
    ("letter case of shots", "double", "scope.shots", ["SH*"], "not among the consented shots"),
    ("other uses", "lead", "scope.uses", ["dub", "test"], "use 'face_replacement' is not among"),
    ("not yet", "lead", "scope.valid_from", "2026-11-23", "starts on 2026-11-23"),
    ("ended", "double", "scope.valid_to", "2026-11-21", "ended on 2026-11-21"),
    ("revoked", "lead", "revocation.status", "revoked", "is revoked; stop work"),
    ("not asked for a day", "lead", "revocation.checked_at", "2026-11-21T11:59:00Z", "over 24 hours ago"),
    ("asked tomorrow", "double", "revocation.checked_at", "2026-11-23T08:00:00Z", "in the future"),
    ("other document", "lead", "document.sha256", "0" * 64, "does not match its sha256"),
]


@pytest.mark.parametrize(("who", "path", "value", "reason"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_one_fault_is_enough(who: str, path: str, value: object, reason: str) -> None:
    spoiled = evidence_of(spoilt(raw_record(who), path, value))
    decision = check_swap(job(), {**both(), who: spoiled}, NOW)
    assert not decision.allow
    (told,) = decision.reasons
    role = {"lead": "identity", "double": "performer"}[who]
    assert told.startswith(f"{who} ({role}): ")
    assert reason in told
    assert "; " in told, "it does not say what to do"


def test_sound_records_allow() -> None:
    decision = check_swap(job(), both(), NOW)
    assert decision.allow
    assert decision.reasons == ()
    assert decision.records == decision.test_records == ("test-double", "test-lead")


def test_a_real_record_is_no_test_record() -> None:
    real = evidence_of(spoilt(raw_record("lead"), "is_test_record", False))
    assert check_swap(job(), {**both(), "lead": real}, NOW).test_records == ("test-double",)


def test_every_reason_is_told() -> None:
    worst = spoilt(spoilt(raw_record("lead"), "scope.production", "desert"), "revocation.status", "revoked")
    decision = check_swap(job(), {"lead": evidence_of(worst)}, NOW)
    assert len(decision.reasons) == 3
    assert [reason.split(" ")[0] for reason in decision.reasons] == ["double", "lead", "lead"]


def test_a_record_that_cant_be_read_refuses() -> None:
    decision = check_swap(job(), {**both(), "lead": Missing("there is no file; get it")}, NOW)
    assert decision.reasons == ("lead (identity): there is no file; get it",)


def test_a_register_that_does_not_know_the_record_refuses() -> None:
    known = both()["lead"]
    unknown = Evidence(record=known.record, standing=None, checked_at=NOW, document=known.document)
    assert "does not list record test-lead" in check_swap(job(), {**both(), "lead": unknown}, NOW).reasons[0]


def test_who_swaps_nobody_needs_no_consent() -> None:
    decision = check_swap(job(swaps=[]), {}, NOW)
    assert decision.allow
    assert decision.records == ()


def test_one_s_own_face_needs_both_roles() -> None:
    own = job(swaps=[("lead", "lead")])
    one_role = check_swap(own, {"lead": evidence_of(raw_record("lead"))}, NOW)
    assert [reason for reason in one_role.reasons if "target_performer" in reason]
    roles = ["source_identity", "target_performer"]
    assert check_swap(own, {"lead": evidence_of(spoilt(raw_record("lead"), "roles", roles))}, NOW).allow


def test_swapping_both_ways_needs_both_roles_of_both() -> None:
    decision = check_swap(job(swaps=[("double", "lead"), ("lead", "double")]), both(), NOW)
    assert len(decision.reasons) == 2


@pytest.mark.parametrize(("flag", "allow"), [(False, False), (True, True)])
def test_nudity_needs_to_be_consented_to(flag: bool, allow: bool) -> None:
    evidence = {who: evidence_of(spoilt(raw_record(who), "scope.nudity_or_sexual", flag)) for who in ("lead", "double")}
    assert check_swap(job(nudity_or_sexual=True), evidence, NOW).allow is allow


def test_the_last_day_is_whole() -> None:
    ends_today = evidence_of(spoilt(raw_record("lead"), "scope.valid_to", "2026-11-22"))
    fresh = spoilt(raw_record("double"), "revocation.checked_at", "2026-11-22T20:00:00Z")
    late = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    decision = check_swap(job(), {"lead": ends_today, "double": evidence_of(fresh)}, late)
    assert decision.allow


def test_the_digest_stands_while_the_decision_does() -> None:
    allowed = check_swap(job(), both(), NOW)
    renewed = {
        who: evidence_of(spoilt(raw_record(who), "revocation.checked_at", "2026-11-22T11:00:00Z")) for who in both()
    }
    assert check_swap(job(), both(), NOW + timedelta(hours=3)).digest == allowed.digest
    assert check_swap(job(), renewed, NOW).digest == allowed.digest
    reworded = evidence_of(
        spoilt(raw_record("lead"), "scope.description", "Another text, which is long enough to count.")
    )
    others = [
        check_swap(job(), {**both(), "lead": reworded}, NOW),
        check_swap(job(name="sh0041"), both(), NOW),
        check_swap(job(), both(), NOW + timedelta(days=2)),
        check_swap(job(swaps=[]), {}, NOW),
    ]
    assert len({allowed.digest, *(other.digest for other in others)}) == 5


FAULTS = st.sampled_from([(who, path, value) for _, who, path, value, _ in REFUSED])


@given(
    st.sets(st.sampled_from(["lead", "double"])), st.lists(FAULTS.map(lambda f: (f[0], f[1], repr(f[2]))), max_size=4)
)
def test_less_paper_never_allows_more(kept: set[str], faults: list[tuple[str, str, str]]) -> None:
    """Whatever is wrong with the records, taking some away never turns a refusal into leave."""
    raws: dict[str, dict[str, Any]] = {who: raw_record(who) for who in ("lead", "double")}
    for who, path, value in faults:
        raws[who] = spoilt(
            raws[who], path, next(v for _, w, p, v, _ in REFUSED if (w, p, repr(v)) == (who, path, value))
        )
    whole = {who: evidence_of(raw) for who, raw in raws.items()}
    part = {who: found for who, found in whole.items() if who in kept}
    less, more = check_swap(job(), part, NOW), check_swap(job(), whole, NOW)
    assert not less.allow or more.allow
    assert less.allow == (len(part) == 2 and not faults)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)))
def test_leave_is_given_within_the_window_only(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    checked = datetime(2026, 11, 22, 8, tzinfo=UTC)
    in_window = checked - timedelta(minutes=5) <= now <= checked + timedelta(hours=24)
    assert check_swap(job(), both(), now).allow == in_window
