"""Whose performance drives a face is asked as whoever is shown."""

from __future__ import annotations

from typing import Any

from gate_cases import NOW, both, evidence_of, job, raw_record, spoilt

from fsvfx.rights.decision import Evidence
from fsvfx.rights.gates import asked_for_swap, check_swap
from schemas.job import ShotJob

TAKE = {"path": "/job/take.mp4", "frames": "1001-1024", "color_space": "sRGB"}


def driven() -> ShotJob:
    entry = {
        "performer": "double",
        "identity": "lead",
        "engine": "blanz",
        "driver": {"person": "friend", "plate": TAKE},
    }
    return job(replace=[entry])


def friend(roles: list[str], **more: Any) -> dict[str, Evidence]:
    record = spoilt(raw_record("friend"), "roles", roles)
    for path, value in more.items():
        record = spoilt(record, path.replace("__", "."), value)
    return both() | {"friend": evidence_of(record)}


def test_the_driver_is_asked() -> None:
    assert asked_for_swap(driven())["friend"] == "driver"
    (told,) = check_swap(driven(), both(), NOW).reasons
    assert told.startswith("friend (driver): there is no consent record")


def test_a_record_must_cover_it() -> None:
    (told,) = check_swap(driven(), friend(["source_identity", "target_performer"]), NOW).reasons
    assert "does not cover the role driver" in told
    (told,) = check_swap(driven(), friend(["driver"], scope__shots=["sq9*"]), NOW).reasons
    assert "sh0040 is not among the consented shots" in told


def test_sound_records_allow_and_tell() -> None:
    decision = check_swap(driven(), friend(["driver"]), NOW)
    assert decision.allow
    assert "test-friend" in decision.records
    assert decision.digest != check_swap(job(), both(), NOW).digest
