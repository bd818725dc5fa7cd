"""The gates of general models: collections that are learned, and rosters of those whose faces are in weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import toy_packages
from gate_cases import NOW, PAPER, evidence_of, job, raw_record, spoilt, trainable
from test_training_gate import training

from fsvfx import packages
from fsvfx.errors import LicenceError, ModelError, RightsError
from fsvfx.rights import clear, clear_training, roster_of
from fsvfx.rights.decision import CollectionEvidence, Decision, Evidence, Missing, Rostered, record_digest
from fsvfx.rights.gates import check_swap, check_training
from schemas.collection import CollectionRecord
from schemas.consent import ConsentRecord, RevocationRegister
from schemas.job import CollectionJob, TrainedModel, TrainJob
from schemas.manifest import Person
from schemas.train import HeldOut

MADE_UP: dict[str, Any] = {
    "schema_version": 1,
    "record_id": "made-up-1",
    "collection": "made_up",
    "people": ["t2i_*"],
    "made_up": True,
    "generators": [{"name": "Flux.1", "terms": "those of its outputs"}],
    "statement": "A made-up record for a test: nobody in this collection exists, as its generator is known.",
    "source": "a test",
    "licence": "MIT",
    "commercial_use": True,
    "is_test_record": True,
}
LONDON: dict[str, Any] = {
    **MADE_UP,
    "record_id": "london-1",
    "collection": "london",
    "people": ["lon_*"],
    "made_up": False,
    "generators": [],
    "training": {"models": ["any*"], "productions": ["harbour"]},
    "document": {"sha256": raw_record("lead")["document"]["sha256"]},
    "revocation": {"register": "register.yaml"},
}
REGISTER: dict[str, Any] = {
    "schema_version": 1,
    "checked_at": "2026-11-22T08:00:00Z",
    "checked_by": "test",
    "records": {"test-lead": "none", "test-double": "none", "test-friend": "none", "london-1": "none"},
}
PEOPLE = {"made_up": ("t2i_1", "t2i_2"), "london": ("lon_1", "lon_2")}


def crowd(folder: Path = Path("/job"), *collections: str, people: tuple[str, ...] = ("lead", "double")) -> TrainJob:
    shared = [
        CollectionJob(
            name=name,
            folder=str(folder / name),
            only=("*",),
            leave_out=(),
            record=str(folder / f"consents/{name}.yaml"),
            faceless=0.05,
        )
        for name in collections or ("made_up", "london")
    ]
    made = training(folder, people=people)
    return made.model_copy(update={"model": "anybody", "collections": tuple(shared), "held_out": HeldOut()})


def general(person: str) -> dict[str, Any]:
    """A sound record that allows general models."""
    scope = {"models": ["any*"], "productions": ["har*", "desert"]}
    return spoilt(trainable(person), "scope.training", scope)


def collection(raw: dict[str, Any], people: tuple[str, ...] | None = None, withdrawn: tuple[str, ...] = ()) -> Any:
    record = CollectionRecord.model_validate(raw)
    stands = {"standing": "none", "checked_at": NOW} if record.revocation else {}
    return CollectionEvidence(
        record.collection, record, people or PEOPLE[record.collection], **stands, withdrawn=withdrawn
    )


def asked(records: dict[str, dict[str, Any]] | None = None, **shared: CollectionEvidence | Missing) -> Decision:
    """The training gate over lead, double and both collections, with these changes."""
    raws = {name: general(name) for name in ("lead", "double")} | (records or {})
    evidence: dict[str, Evidence | Missing] = {name: evidence_of(raw) for name, raw in raws.items()}
    found = {"made_up": collection(MADE_UP), "london": collection(LONDON)} | shared
    return check_training(crowd(), evidence, NOW, found)


def test_people_and_collections_allow_a_crowd() -> None:
    decision = asked()
    assert decision.allow, decision.reasons
    assert set(decision.test_records) == {"test-lead", "test-double", "made-up-1", "london-1"}


# id, whose record, which field of it, its value, what the reason says
UNFIT = [
    ("no general models", "scope.training", None, "lead (learned): record test-lead does not allow general models"),
    ("another model", "scope.training.models", ["other"], "lead (learned): record test-lead allows the models other"),
    ("wrong production", "scope.training.productions", ["desert"], "not 'harbour'"),
    ("revoked", "revocation.status", "revoked", "lead (learned): the consent (record test-lead) is revoked"),
    ("no training", "scope.training_allowed", False, "does not allow training"),
]


@pytest.mark.parametrize(("path", "value", "reason"), [row[1:] for row in UNFIT], ids=[row[0] for row in UNFIT])
def test_one_person_stops_a_crowd(path: str, value: object, reason: str) -> None:
    raw = general("lead")
    if path == "scope.training_allowed":
        raw = spoilt(raw, "scope.training", None)
    decision = asked({"lead": spoilt(raw, path, value)})
    assert len(decision.reasons) == 1
    assert reason in decision.reasons[0]


# id, which record, its change, who is learned, what the reason says
COLLECTIONS = [
    ("unknown person", MADE_UP, {}, ("t2i_1", "eve"), "collection made_up: record made-up-1 does not list eve"),
    ("unknown collection", MADE_UP, {"collection": "other"}, ("t2i_1",), "is about collection 'other'"),
    ("wrong production", LONDON, {"training": {"models": ["*"], "productions": ["desert"]}}, ("lon_1",),
     "collection london: record london-1 allows the productions desert, not 'harbour'"),
    ("another model", LONDON, {"training": {"models": ["x"], "productions": ["*"]}}, ("lon_1",), "not 'anybody'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "change", "people", "reason"), [row[1:] for row in COLLECTIONS], ids=[row[0] for row in COLLECTIONS]
)
def test_a_collection_stops_a_crowd(
    raw: dict[str, Any], change: dict[str, Any], people: tuple[str, ...], reason: str
) -> None:
    name = raw["collection"]
    found = collection({**raw, **change}, people)
    decision = asked(**{name: CollectionEvidence(name, found.record, people, "none", NOW)})
    assert len(decision.reasons) == 1
    assert reason in decision.reasons[0]


def test_a_person_of_a_collection_may_revoke() -> None:
    [told] = asked(london=collection(LONDON, withdrawn=("lon_2",))).reasons
    assert told.startswith("collection london: the consent of lon_2 is revoked; leave them out")
    [told] = asked(london=Missing("no record")).reasons
    assert told == "collection london: no record"
    unlisted = CollectionEvidence("london", CollectionRecord.model_validate(LONDON), PEOPLE["london"], None, NOW)
    assert "does not list record london-1" in asked(london=unlisted).reasons[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"generators": []}, "made-up people need generators"),
        ({"made_up": False}, "generators are only for made-up people"),
        ({"made_up": False, "generators": []}, "add training, document, revocation"),
    ],
)
def test_half_a_record_is_none(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CollectionRecord.model_validate({**MADE_UP, **change})


def test_general_models_need_training_to_be_allowed() -> None:
    with pytest.raises(ValueError, match="needs training_allowed"):
        ConsentRecord.model_validate(spoilt(general("lead"), "scope.training_allowed", False))


def test_records_from_before_keep_their_digest() -> None:
    """As version 0.2 computed it: what they have allowed stays allowed."""
    digest = record_digest(ConsentRecord.model_validate(raw_record("lead")))
    assert digest == "26c1be54ac0d6d183037c4dfe81f4452d485ad9715a585524f04c2809e605cca"


# The roster


def roster(**more: Any) -> Any:
    return roster_of(asked(**more), PEOPLE)


def rostered(register: dict[str, Any] | None = REGISTER, found: Any = None) -> Rostered:
    read = RevocationRegister.model_validate(register) if register else None
    return Rostered("anybody", found or roster(), read, "" if read else "name their register in the manifest")


def used(one: Rostered, production: str = "harbour") -> tuple[str, ...]:
    """Why a shot may not use the model."""
    shot = job().model_copy(update={"production": production})
    raws = {name: spoilt(raw_record(name), "scope.production", production) for name in ("lead", "double")}
    return check_swap(shot, {name: evidence_of(raw) for name, raw in raws.items()}, NOW, [one]).reasons


def register(changed: dict[str, str | None]) -> dict[str, Any]:
    """The register with other answers; None: it does not know the record."""
    said = {**REGISTER["records"], **changed}
    return {**REGISTER, "records": {name: standing for name, standing in said.items() if standing}}


def test_a_roster_has_everybody_by_their_record() -> None:
    found = roster()
    assert found.people == ("lead", "double", "t2i_1", "t2i_2", "lon_1", "lon_2")
    seal = packages.seal_of(found)
    assert (seal.people, seal.real) == (6, 4)
    assert seal.collections[0].generators[0].terms == "those of its outputs"
    assert used(rostered()) == ()


def test_people_of_a_roster_need_not_be_in_the_manifest() -> None:
    """Nor the identity in the roster: it is who is asked as the identity."""
    assert used(rostered(found=roster().model_copy(update={"members": ()}))) == ()


# id, the register, the production, what the reasons say
BLOCKED = [
    ("revoked", register({"test-double": "revoked"}), "harbour",
     "double (their face is in model 'anybody'): the consent (record test-double) is revoked; train model 'anybody'"),
    ("one of a collection", register({"london-1.lon_1": "revoked"}), "harbour", "the consent of lon_1 is revoked"),
    ("a whole collection", register({"london-1": "revoked"}), "harbour", "collection london"),
    ("pictures withdrawn", register({"made-up-1": "revoked"}), "harbour", "collection made_up"),
    ("not in the register", register({"test-lead": None}), "harbour",
     "lead (their face is in model 'anybody'): the register of revocations does not list record test-lead"),
    ("unknown collection", register({"london-1": None}), "harbour",
     "collection london (its faces are in model 'anybody'): the register of revocations does not list"),
    ("wrong production", REGISTER, "desert",
     "collection london (its faces are in model 'anybody'): record london-1 allows"),
    ("not asked for a day", {**REGISTER, "checked_at": "2026-11-21T11:00:00Z"}, "harbour", "over 24 hours ago"),
    ("no register", None, "harbour", "has learned people who may have revoked: name their register"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "production", "reason"), [row[1:] for row in BLOCKED], ids=[row[0] for row in BLOCKED]
)
def test_a_roster_blocks_its_package(given: dict[str, Any] | None, production: str, reason: str) -> None:
    [told] = used(rostered(given), production)
    assert reason in told


def test_made_up_people_need_no_register() -> None:
    decision = check_training(crowd(Path("/job"), "made_up", people=()), {}, NOW, {"made_up": collection(MADE_UP)})
    alone = roster_of(decision, PEOPLE)
    assert used(rostered(None, alone), "anywhere") == ()
    assert packages.seal_of(alone).real == 0


def test_a_roster_ends_with_its_consents() -> None:
    ended = roster(records={"lead": spoilt(general("lead"), "scope.valid_to", "2026-11-22")})
    assert used(rostered(found=ended)) == ()
    late = ended.model_copy(
        update={"members": tuple(m.model_copy(update={"valid_to": NOW.date().replace(day=21)}) for m in ended.members)}
    )
    assert all("ended on 2026-11-21" in why for why in used(rostered(found=late)))


def test_what_is_trained_from_a_general_model_takes_its_roster_over() -> None:
    start = rostered()
    begun = crowd(Path("/job"), "made_up", people=("friend",))
    evidence: dict[str, Evidence | Missing] = {"friend": evidence_of(general("friend"))}
    found = {"made_up": collection(MADE_UP, ("t2i_2", "t2i_3"))}
    decision = check_training(begun, evidence, NOW, found, [start])
    assert decision.allow, decision.reasons
    joined = roster_of(decision, {"made_up": ("t2i_2", "t2i_3")})
    assert joined.people == ("lead", "double", "friend", "t2i_1", "t2i_2", "t2i_3", "lon_1", "lon_2")
    gone = rostered(register({"test-lead": "revoked"}))
    [told] = check_training(begun, evidence, NOW, found, [gone]).reasons
    assert told.startswith("lead (their face is in model 'anybody'): ")
    other = begun.model_copy(update={"model": "else"})
    assert "allows the models any*, not 'else'" in " ".join(
        check_training(other, evidence, NOW, found, [start]).reasons
    )


# On disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A production's folder with records of people and collections, and the collections' folders."""
    (tmp_path / "consents").mkdir()
    said = {"register": REGISTER, "made_up": MADE_UP, "london": LONDON, "lead": general("lead"),
            "double": general("double")}  # fmt: skip
    for name, raw in said.items():
        (tmp_path / f"consents/{name}.yaml").write_text(json.dumps(raw))
        (tmp_path / f"consents/{name}.pdf").write_bytes(PAPER)
    for name, people in PEOPLE.items():
        for person in people:
            (tmp_path / name / person).mkdir(parents=True)
    return tmp_path


def test_records_on_disk_clear_a_crowd(folder: Path) -> None:
    decision = clear_training(crowd(folder), NOW)
    assert roster_of(decision, PEOPLE).people == ("lead", "double", *PEOPLE["made_up"], *PEOPLE["london"])
    assert {one.name for one in decision.weights} >= {"made_up", "london"}
    (folder / "made_up/stranger").mkdir()
    with pytest.raises(RightsError) as refused:
        clear_training(crowd(folder), NOW)
    assert refused.value.reasons == (
        "collection made_up: record made-up-1 does not list stranger; leave them out (leave_out), or have them added"
        " to the record",
    )


def test_pictures_for_research_only_make_no_commercial_model(folder: Path) -> None:
    (folder / "consents/london.yaml").write_text(json.dumps({**LONDON, "commercial_use": False}))
    with pytest.raises(LicenceError, match="london"):
        clear_training(crowd(folder), NOW)
    assert clear_training(crowd(folder).model_copy(update={"purpose": "research"}), NOW).allow


def package(folder: Path) -> TrainedModel:
    found = roster()
    placed = packages.place(
        folder / "packages",
        {"weight": torch.zeros(1)},
        lambda sha256: toy_packages.card(sha256, people=(), model="anybody", roster=packages.seal_of(found)),
        {packages.ROSTER: packages.roster_bytes(found)},
    )
    read = packages.card_of(placed)
    assert read.roster
    return TrainedModel(model=read.model, sha256=read.sha256, engine=read.engine, people=(), roster=read.roster.sha256)


def test_a_shot_asks_the_roster_of_its_package(folder: Path) -> None:
    model = package(folder)
    people = {name: Person(consent=str(folder / f"consents/{name}.yaml")) for name in ("lead", "double")}
    shot = job(folder=folder).model_copy(
        update={
            "models": (model,),
            "people": people,
            "packages": str(folder / "packages"),
            "revocations": str(folder / "consents/register.yaml"),
        }
    )
    assert clear(shot, NOW).allow
    (folder / "consents/register.yaml").write_text(json.dumps(register({"test-double": "revoked"})))
    with pytest.raises(RightsError, match=r"double \(their face is in model 'anybody'\).* is revoked"):
        clear(shot, NOW)
    with pytest.raises(RightsError, match="name the register in which they are looked up"):
        clear(shot.model_copy(update={"revocations": ""}), NOW)


def test_a_roster_can_t_be_exchanged(folder: Path) -> None:
    model = package(folder)
    placed = packages.folder_of(folder / "packages", "anybody", model.sha256)
    (placed / packages.ROSTER).write_bytes(packages.roster_bytes(roster().model_copy(update={"members": ()})))
    with pytest.raises(ModelError, match="not the one that the weights were sealed with"):
        packages.roster_in(placed, model.roster)
    card = packages.card_of(placed)
    forged = card.model_copy(update={"roster": packages.seal_of(roster().model_copy(update={"members": ()}))})
    with pytest.raises(ModelError, match="they differ in roster"):
        packages.amend(placed, forged, {})
