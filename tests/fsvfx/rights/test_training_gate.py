"""The gate of trainings, and what the gate of swaps asks of those whom a shot's models were trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gate_cases import NOW, PAPER, evidence_of, job, raw_record, spoilt, trainable
from hypothesis import given
from hypothesis import strategies as st

from fsvfx.errors import RightsError
from fsvfx.rights import clear, clear_training
from fsvfx.rights.decision import Decision, Evidence, Missing
from fsvfx.rights.gates import check_swap, check_training
from schemas.augmentation import Augmentation
from schemas.faceset import FacesetSettings
from schemas.job import ShotJob, TrainedModel, TrainJob
from schemas.manifest import Person
from schemas.trainer import TrainerSettings

CAST = ("lead", "double", "friend")
COMB = TrainedModel(model="cast", sha256="a" * 64, engine="comb", people=CAST)


def training(
    folder: Path = Path("/job"), start: TrainedModel | None = None, people: tuple[str, ...] = CAST
) -> TrainJob:
    return TrainJob(
        production="harbour",
        model="cast",
        engine="comb",
        architecture={},
        learned=people,
        people={name: Person(consent=str(folder / f"consents/{name}.yaml")) for name in CAST},
        footage=(),
        faceset=FacesetSettings(),
        augmentation=Augmentation(),
        trainer=TrainerSettings(iterations=1),
        start=None,
        models=(start,) if start else (),
        licence="none",
        store="memory://test",
        folder=str(folder / "training/cast"),
        packages=str(folder / "packages"),
        manifest=str(folder / "train.yaml"),
    )


def all_three() -> dict[str, Evidence | Missing]:
    return {person: evidence_of(trainable(person)) for person in CAST}


# id, whose record, which field of it, its value, as what they are asked, what the reason says
REFUSED = [
    ("training not allowed", "lead", "scope.training_allowed", False, "identity", "does not allow training"),
    ("training not named", "friend", "scope.training_allowed", None, "also learned", "does not allow training"),
    ("other person's record", "friend", "person", "lead", "also learned", "is about 'lead'"),
    ("performer as identity", "lead", "roles", ["target_performer"], "identity", "role source_identity"),
    ("identity as performer", "double", "roles", ["source_identity"], "performer", "role target_performer"),
    ("other production", "double", "scope.production", "desert", "performer", "production 'desert', not 'harbour'"),
    ("not yet", "lead", "scope.valid_from", "2026-11-23", "identity", "starts on 2026-11-23"),
    ("ended", "friend", "scope.valid_to", "2026-11-21", "also learned", "ended on 2026-11-21"),
    ("revoked", "double", "revocation.status", "revoked", "performer", "is revoked; stop work"),
    ("not asked for a day", "lead", "revocation.checked_at", "2026-11-21T11:59:00Z", "identity", "over 24 hours ago"),
    ("other document", "friend", "document.sha256", "0" * 64, "also learned", "does not match its sha256"),
]


@pytest.mark.parametrize(
    ("who", "path", "value", "role", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_one_fault_stops_a_training(who: str, path: str, value: object, role: str, reason: str) -> None:
    decision = check_training(training(), {**all_three(), who: evidence_of(spoilt(trainable(who), path, value))}, NOW)
    assert not decision.allow
    [told] = decision.reasons
    assert told.startswith(f"{who} ({role}): ")
    assert reason in told


def test_sound_records_allow_training() -> None:
    decision = check_training(training(), all_three(), NOW)
    assert decision.allow
    assert decision.records == ("test-double", "test-friend", "test-lead")
    assert set(decision.by_person) == set(CAST)


def test_shots_and_uses_are_not_asked_of_a_training() -> None:
    narrow = {
        person: evidence_of(spoilt(spoilt(trainable(person), "scope.shots", ["none"]), "scope.uses", ["dub"]))
        for person in CAST
    }
    assert check_training(training(), narrow, NOW).allow


def test_whoever_a_start_was_trained_on_is_asked() -> None:
    """Else one iteration more would wash a model of its people."""
    start = COMB.model_copy(update={"model": "old"})
    begun = training(start=start, people=("lead", "double"))
    assert check_training(begun, all_three(), NOW).allow
    decision = check_training(begun, {**all_three(), "friend": evidence_of(raw_record("friend"))}, NOW)
    [told] = decision.reasons
    assert told.startswith("friend (model 'old' was trained on their face): ")
    assert check_training(training(people=("lead", "double")), all_three(), NOW).records == ("test-double", "test-lead")


def test_the_digest_of_a_training_is_of_who_and_what() -> None:
    both = ["source_identity", "target_performer"]
    anyhow: dict[str, Evidence | Missing] = {
        person: evidence_of(spoilt(trainable(person), "roles", both)) for person in CAST
    }
    turned = training(people=("double", "lead", "friend"))
    assert check_training(training(), anyhow, NOW).digest != check_training(turned, anyhow, NOW).digest
    allowed = check_training(training(), all_three(), NOW)
    renewed = spoilt(trainable("lead"), "revocation.checked_at", "2026-11-22T11:00:00Z")
    assert check_training(training(), {**all_three(), "lead": evidence_of(renewed)}, NOW).digest == allowed.digest
    reworded = spoilt(trainable("lead"), "scope.description", "Another text, which is long enough to count as one.")
    others = [
        check_training(training().model_copy(update={"model": "other"}), all_three(), NOW),
        check_training(training(start=COMB), all_three(), NOW),
        check_training(training(), {**all_three(), "lead": evidence_of(reworded)}, NOW),
        check_training(training(), {**all_three(), "lead": Missing("none")}, NOW),
    ]
    assert len({allowed.digest, *(other.digest for other in others)}) == 5


@given(st.sets(st.sampled_from(CAST)), st.sets(st.sampled_from(REFUSED).map(lambda row: row[0])))
def test_nobody_is_left_out_of_a_training(kept: set[str], faults: set[str]) -> None:
    raws = {person: trainable(person) for person in CAST}
    for name, who, path, value, *_ in REFUSED:
        if name in faults:
            raws[who] = spoilt(raws[who], path, value)
    evidence = {person: evidence_of(raw) for person, raw in raws.items() if person in kept}
    assert check_training(training(), evidence, NOW).allow == (len(kept) == 3 and not faults)


def swap_with(*models: TrainedModel) -> ShotJob:
    return job().model_copy(update={"models": models})


def test_a_shot_asks_the_third_person_of_its_comb() -> None:
    evidence = all_three()
    assert check_swap(swap_with(COMB), evidence, NOW).allow
    del evidence["friend"]
    [told] = check_swap(swap_with(COMB), evidence, NOW).reasons
    assert told.startswith("friend (model 'cast' was trained on their face): there is no consent record")


def swap_refused(who: str, path: str, value: object) -> tuple[str, ...]:
    return check_swap(
        swap_with(COMB), {**all_three(), who: evidence_of(spoilt(trainable(who), path, value))}, NOW
    ).reasons


def test_who_is_in_the_shot_must_have_allowed_training_too() -> None:
    [told] = swap_refused("lead", "scope.training_allowed", False)
    assert told.startswith("lead (identity and model 'cast' was trained on their face): ")
    assert check_swap(job(), {**all_three(), "lead": evidence_of(raw_record("lead"))}, NOW).allow, (
        "no model, no training"
    )


def test_the_third_person_may_revoke() -> None:
    assert "is revoked" in swap_refused("friend", "revocation.status", "revoked")[0]
    assert "does not allow training" in swap_refused("friend", "scope.training_allowed", False)[0]
    assert "production 'desert'" in swap_refused("friend", "scope.production", "desert")[0]
    assert not swap_refused("friend", "scope.shots", ["none"]), "they are not in the shot"


def test_the_digest_of_a_swap_is_of_its_models_too() -> None:
    other = COMB.model_copy(update={"sha256": "b" * 64})
    decisions = [check_swap(swap_with(*models), all_three(), NOW) for models in ((), (COMB,), (other,), (COMB, other))]
    assert len({decision.digest for decision in decisions}) == 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A production's folder with sound records of three people."""
    (tmp_path / "consents").mkdir()
    for person in CAST:
        (tmp_path / f"consents/{person}.yaml").write_text(json.dumps(trainable(person)))
        (tmp_path / f"consents/{person}.pdf").write_bytes(PAPER)
    return tmp_path


def test_records_on_disk_clear_a_training(folder: Path) -> None:
    decision: Decision = clear_training(training(folder), NOW)
    assert decision.records == ("test-double", "test-friend", "test-lead")
    (folder / "consents/friend.yaml").unlink()
    with pytest.raises(RightsError) as refused:
        clear_training(training(folder), NOW)
    assert refused.value.exit_code == 3
    assert "does not exist" in refused.value.reasons[0]


def test_whoever_is_in_a_model_must_be_among_the_manifest_s_people(folder: Path) -> None:
    shot = job(folder=folder).model_copy(update={"models": (COMB,)})
    with pytest.raises(RightsError, match=r"friend .*not among the manifest's people; add them"):
        clear(shot, NOW)
    friend = Person(consent=str(folder / "consents/friend.yaml"))
    assert clear(shot.model_copy(update={"people": {**shot.people, "friend": friend}}), NOW).allow
