"""Faces that nobody has: far from everybody and from each other, drawn from made-up people alone."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.banks.strangers import drawn, far_apart, stranger_record
from fsvfx.errors import InputError
from fsvfx.faces.embedding import SAME_PERSON
from fsvfx.identity.contract import distance
from fsvfx.packages import Packages, starter_of

CARD = starter_of("refine")
assert CARD is not None
PACKAGE = Packages().find(CARD.model, CARD.sha256)


def test_strangers_are_far_from_everybody_and_from_each_other() -> None:
    known = np.random.default_rng(3).normal(size=(20, 128)).astype(np.float32) / 12
    faces = drawn(PACKAGE, CARD, 6, 0, known)
    apart = distance(faces.code[:, None], np.concatenate([known, faces.code])[None])
    assert np.sort(apart, axis=1)[:, 1].min() > SAME_PERSON
    assert len({crop.tobytes() for crop in faces.crops}) == 6
    low, high = faces.landmarks[..., :2].min(), faces.landmarks[..., :2].max()
    assert low >= 0
    assert high <= faces.crops.shape[1]


def test_a_seed_draws_the_same_again() -> None:
    none = np.zeros((0, 128), np.float32)
    one, again, other = (drawn(PACKAGE, CARD, 2, seed, none) for seed in (1, 1, 2))
    assert np.array_equal(one.crops, again.crops)
    assert not np.array_equal(one.code, other.code)


def test_where_there_is_no_room_nobody_is_drawn() -> None:
    everywhere = np.zeros((1, 128), np.float32)
    with pytest.raises(InputError, match="Only 0 of 2 strangers are far enough from everybody"):
        far_apart(np.full((50, 128), 0.01, np.float32), everywhere, 2)


def test_what_is_said_of_strangers() -> None:
    record = stranger_record("nobody", CARD)
    assert record.made_up
    assert CARD.sha256[:12] in record.generators[0].name


@pytest.mark.parametrize("change", [{"real": 3}, None], ids=["people who exist", "named people"])
def test_no_strangers_from_models_of_people_who_exist(change: dict[str, int] | None) -> None:
    assert CARD.roster is not None
    roster = None if change is None else CARD.roster.model_copy(update=change)
    with pytest.raises(InputError, match="has learned"):
        stranger_record("nobody", CARD.model_copy(update={"roster": roster}))
