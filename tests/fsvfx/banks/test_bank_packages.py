"""Banks as packages: placed, found by name and hash, opened only if they are what the card says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_banks
from pydantic import ValidationError

from fsvfx.banks.bank import open_bank
from fsvfx.banks.build import Wishes, gathered
from fsvfx.errors import InputError, ModelError
from fsvfx.packages import BANK, FACES, Packages, bank_of, members_for, unknown_to
from schemas.bank import FromBank
from schemas.bank_card import About, UsedBank


def test_what_was_placed_is_found_and_opened(tmp_path: Path) -> None:
    card = toy_banks.placed(tmp_path)
    folder = Packages(tmp_path).find_bank("toys")
    assert folder == tmp_path / "toys" / card.sha256[:12] == Packages(tmp_path).find_bank("toys", card.sha256)
    opened = open_bank(folder)
    assert opened.card == card
    assert opened.crops.shape == (4, 32, 32, 3)
    assert opened.crops.dtype == np.uint8
    assert list(opened.vectors) == ["dlib"]
    assert toy_banks.placed(tmp_path) == card, "equal banks are equal bytes"
    assert (
        toy_banks.placed(tmp_path, statement="Other words about the very same numbers, which is another bank.") != card
    )


@pytest.mark.parametrize(
    ("name", "sha256", "what", "hint"),
    [
        ("toyz", None, "No bank 'toyz'", "Did you mean 'toys'"),
        ("toys", "0" * 64, "No bank 'toys' has sha256 0", "Versions of 'toys': "),
        ("twins", None, "2 banks are named 'twins'", "Give one of these as sha256: "),
    ],
)
def test_a_bank_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, name: str, sha256: str | None, what: str, hint: str
) -> None:
    toy_banks.placed(tmp_path)
    for seed in (1, 2):
        toy_banks.placed(tmp_path, name="twins", seed=seed)
    with pytest.raises(InputError, match=what) as refused:
        Packages(tmp_path).find_bank(name, sha256)
    assert hint in refused.value.hint


def _cut(folder: Path) -> None:
    (folder / FACES).write_bytes((folder / FACES).read_bytes()[:-5])


def _other_people(folder: Path) -> None:
    (folder / BANK).write_text((folder / BANK).read_text().replace("toy_1", "someone"))


def _other_licence(folder: Path) -> None:
    (folder / BANK).write_text((folder / BANK).read_text().replace("licence: MIT", "licence: ours"))


def _one_pixel(folder: Path) -> None:
    content = bytearray((folder / FACES).read_bytes())
    content[-1] ^= 1
    (folder / FACES).write_bytes(content)


def _no_card(folder: Path) -> None:
    (folder / BANK).write_text("- nothing\n")


@pytest.mark.parametrize("spoil", [_cut, _other_people, _other_licence, _one_pixel, _no_card])
def test_a_bank_that_is_not_its_card_s_is_not_opened(tmp_path: Path, spoil: object) -> None:
    toy_banks.placed(tmp_path)
    folder = Packages(tmp_path).find_bank("toys")
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(ModelError, match="bank's"):
        open_bank(folder)


def test_members_are_picked_by_name_or_glob(tmp_path: Path) -> None:
    toy_banks.placed(tmp_path, count=12)
    bank = open_bank(Packages(tmp_path).find_bank("toys"))
    assert bank.rows(FromBank(bank="toys")) == list(range(12))
    assert bank.rows(FromBank(bank="toys", pick=("toy_1*",))) == [0, 9, 10, 11]
    assert bank.rows(FromBank(bank="toys", pick=("toy_1*",), leave_out=("toy_11",))) == [0, 9, 11]


ABOUT = (
    About(age=24.6, age_deviation=8, sex="female", sex_probability=0.97),
    About(age=41, sex="male"),
    About(age=33, age_deviation=7, sex="female", sex_probability=0.6),
    About(),
)


@pytest.mark.parametrize(
    ("said", "expected", "unknown"),
    [
        ({}, [1, 2, 3, 4], 0),
        ({"age": "25-41"}, [1, 2, 3], 1),
        ({"age": "26 - 40"}, [3], 1),
        ({"sex": "female"}, [1], 2),
        ({"sex": "male"}, [2], 2),
        ({"sex": "female", "age": "30-40"}, [], 2),
        ({"sex": "female", "pick": ("toy_1", "toy_2")}, [1], 0),
    ],
)
def test_members_are_chosen_by_age_and_sex_where_those_are_known(
    said: dict[str, Any], expected: list[int], unknown: int
) -> None:
    card, entry = toy_banks.card(about=ABOUT), FromBank(bank="toys", **said)
    assert members_for(card, entry) == [f"toy_{number}" for number in expected]
    assert unknown_to(card, entry) == unknown
    used = UsedBank(**card.model_dump(include=set(UsedBank.model_fields)))
    assert members_for(used, entry) == members_for(card, entry)


@pytest.mark.parametrize("age", ["40-20", "twenty", "20", "-5-20", "20-4000"])
def test_a_range_of_ages_is_written_as_one(age: str) -> None:
    with pytest.raises(ValidationError, match=r"20-40|15-25"):
        FromBank(bank="toys", age=age)


def test_banks_know_ages_and_older_banks_know_none(tmp_path: Path) -> None:
    toy_banks.placed(tmp_path, about=ABOUT)
    assert open_bank(Packages(tmp_path).find_bank("toys")).card.about == ABOUT
    changed = Packages(tmp_path).find_bank("toys") / BANK
    changed.write_text(changed.read_text().replace("age: 41.0", "age: 21.0"))
    with pytest.raises(ModelError, match="do not match the card"):
        bank_of(changed.parent)


@pytest.mark.parametrize(
    ("said", "people", "what"),
    [
        (
            {
                "made_up": False,
                "generators": [],
                "training": {"models": ["*"], "productions": ["*"]},
                "document": {"sha256": "0" * 64},
                "revocation": {"status": "none", "checked_at": "2026-11-22T08:00:00Z"},
            },
            ["toy_1"],
            "about people who exist",
        ),
        ({}, ["toy_1", "ada"], "does not list ada"),
        ({}, [], "Nobody in"),
        ({}, ["toy_1"], "No face was found"),
    ],
    ids=["people who exist", "who is not in the record", "nobody", "no picture"],
)
def test_a_bank_is_built_of_made_up_people_alone(
    tmp_path: Path, said: dict[str, object], people: list[str], what: str
) -> None:
    for name in people:
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=what):
        gathered(tmp_path, toy_banks.record(**said), Wishes())


def test_a_card_names_the_sha256_of_its_pictures(tmp_path: Path) -> None:
    from fsvfx.digests import sha256_of

    card = toy_banks.placed(tmp_path)
    folder = Packages(tmp_path).find_bank("toys")
    assert card.sha256 == sha256_of(folder / FACES) == bank_of(folder).sha256
