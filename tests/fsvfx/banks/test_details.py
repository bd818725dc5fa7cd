"""Details of strangers: sharper than they were, of three people, and none of them."""

from __future__ import annotations

import numpy as np
import pytest
import toy_banks

from fsvfx.banks.bank import Bank, Faces
from fsvfx.banks.details import PARTS, detailed
from fsvfx.banks.strangers import stranger_record, with_details, with_details_of
from fsvfx.errors import InputError
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.topology import CANONICAL
from fsvfx.packages import starter_of

SIDE = 96
UPRIGHT = (CANONICAL * [1, -1, -1]).astype(np.float32)
MESH = move_points(crop_matrix(UPRIGHT, SIDE), UPRIGHT)
SOFT = np.full((SIDE, SIDE, 3), 0.5, np.float32)


def striped(period: int) -> np.ndarray:
    """Skin with lines across, each ``period`` px."""
    return SOFT + np.float32(0.2) * ((np.arange(SIDE) // period % 2)[:, None, None] - np.float32(0.5))


def crisp(picture: np.ndarray, part: int) -> float:
    """How much neighboring rows differ in the part of the face: 0 eyes, 1 nose, 2 mouth."""
    low, high = MESH[:, 1].min(), MESH[:, 1].max()
    first, last = ((0.15, 0.35), (0.47, 0.57), (0.7, 0.9))[part]
    rows = picture[int(low + first * (high - low)) : int(low + last * (high - low)), SIDE // 2]
    return float(np.abs(np.diff(rows[..., 1])).mean())


@pytest.mark.parametrize("part", range(PARTS))
def test_each_part_of_the_face_has_the_details_of_another_giver(part: int) -> None:
    givers = [(SOFT, MESH)] * PARTS
    givers[part] = (striped(1), MESH)
    made = detailed(SOFT, MESH, givers)
    found = [crisp(made, each) for each in range(PARTS)]
    assert found[part] > 0.08
    assert all(one < 0.03 for place, one in enumerate(found) if place != part)


def test_what_is_coarse_stays_the_strangers_own() -> None:
    bright = (SOFT + np.float32(0.3), MESH)
    np.testing.assert_allclose(detailed(SOFT, MESH, [bright] * PARTS), SOFT, atol=0.02)


def bank(count: int, vectors: np.ndarray) -> Bank:
    crops = np.repeat((striped(2)[None] * 255).astype(np.uint8), count, 0)
    plain = toy_banks.bank(np.zeros((count, 12)), np.zeros((count, 128)))
    return Bank(plain.card, crops, np.repeat(MESH[None], count, 0), plain.sharpness, plain.look, plain.code, vectors)


def drawn(count: int) -> Faces:
    crops = np.repeat((SOFT[None] * 255).astype(np.uint8), count, 0)
    names = tuple(f"stranger_{number}" for number in range(count))
    ones = np.ones(count, np.float32)
    return Faces(names, crops, np.repeat(MESH[None], count, 0), ones, np.zeros((count, 128), np.float32))


FAR = np.full((4, 128), 3.0, np.float32)


def test_strangers_get_details_and_a_vector_of_what_they_now_show() -> None:
    faces = with_details_of(drawn(2), bank(4, {"dlib": FAR}), 0)
    assert faces.names == ("stranger_0", "stranger_1")
    assert all(crisp(crop / 255, part) > 0.03 for crop in faces.crops for part in range(PARTS))
    assert np.linalg.norm(faces.code, axis=1).min() > 0
    again = with_details_of(drawn(2), bank(4, {"dlib": FAR}), 0)
    assert np.array_equal(again.crops, faces.crops)


def test_who_would_be_taken_for_a_giver_is_left_out() -> None:
    shown = with_details_of(drawn(1), bank(4, {"dlib": FAR}), 0).code
    with pytest.raises(InputError, match="every stranger is recognized as one of"):
        with_details_of(drawn(1), bank(4, {"dlib": np.repeat(shown, 4, 0)}), 0)


def test_details_are_of_three_people() -> None:
    with pytest.raises(InputError, match="has 2 members, but details come from 3 people"):
        with_details_of(drawn(1), bank(2, {"dlib": FAR[:2]}), 0)


def test_the_record_names_the_bank_and_joins_the_terms() -> None:
    starter = starter_of("refine")
    assert starter is not None
    plain = stranger_record("nobody", starter)
    record = with_details(plain, toy_banks.card(commercial_use=False, licence="CC0-1.0"))
    assert "3 members each of bank toys@000000000000" in record.statement
    assert record.licence == f"{plain.licence} and CC0-1.0"
    assert not record.commercial_use
    assert [one.name for one in record.generators] == [plain.generators[0].name, "a random generator"]
