"""The choice of references: the best ones, by weights that never jump."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.engines.mesh import atlas
from fsvfx.engines.mesh.references import prepare, weights
from fsvfx.faces.measures import appearance

Made = Callable[..., Any]

REFERENCES = np.random.default_rng(5).normal(0, 2, (40, 9)).astype(np.float32)
QUALITY = np.random.default_rng(6).uniform(0.5, 1, 40).astype(np.float32)


def dense(target: Any, most: int) -> NDArray[np.float64]:
    chosen, shares = weights(np.asarray(target, np.float32), REFERENCES, QUALITY, most=most)
    full = np.zeros(len(REFERENCES))
    full[chosen] = shares
    return full


@settings(max_examples=100, deadline=None)
@given(target=st.lists(st.floats(-6, 6), min_size=9, max_size=9), most=st.integers(1, 60))
def test_weights_are_shares_of_at_most_so_many(target: Any, most: int) -> None:
    shares = dense(target, most)
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    assert (shares >= 0).all()
    assert (shares > 0).sum() <= most


@settings(max_examples=100, deadline=None)
@given(start=st.lists(st.floats(-4, 4), min_size=9, max_size=9), way=st.lists(st.floats(-1, 1), min_size=9, max_size=9))
def test_nothing_pops(start: list[float], way: list[float]) -> None:
    steps = np.linspace(0, 1, 200)[:, None] * np.array(way) + np.array(start)
    path = np.stack([dense(step, 4) for step in steps])
    assert np.abs(np.diff(path, axis=0)).sum(1).max() < 0.25


def test_the_reference_like_the_frame_leads() -> None:
    assert dense(REFERENCES[7], 4).argmax() == 7


def test_worse_pictures_count_less() -> None:
    two = np.zeros((2, 9), np.float32)
    chosen, shares = weights(two[0], two, np.array([1, 0.25], np.float32), most=4)
    assert dict(zip(chosen.tolist(), shares.tolist(), strict=True))[0] == pytest.approx(0.8)


@pytest.mark.parametrize(("what", "index"), [({"yaw": 20}, 0), ({"pitch": 15}, 1), ({"opening": 1.0}, 2)])
def test_measures_tell_faces_apart(mesh: Made, picture: Made, what: dict[str, float], index: int) -> None:
    shown = picture(128)
    apart = np.abs(appearance(shown, mesh(128, **what)) - appearance(shown, mesh(128)))
    assert apart[index] > 1


def test_light_from_the_side_is_measured(mesh: Made, picture: Made) -> None:
    lit = picture(128) * np.linspace(0.4, 1, 128, dtype=np.float32)[None, :, None]
    assert appearance(lit, mesh(128))[7] < appearance(lit[:, ::-1].copy(), mesh(128))[7] - 1


GREY = np.full((atlas.SIDE, atlas.SIDE, 3), 0.5, np.float32)


def test_a_prior_tells_what_is_wrong_in_a_single_picture(mesh: Made, identity: Made) -> None:
    shown = np.full((128, 128, 3), 0.5, np.float32)
    cheek = mesh(128)[50, :2].round().astype(int)
    shown[cheek[1] - 9 : cheek[1] + 9, cheek[0] - 9 : cheek[0] + 9] = [0.9, 0.1, 0.1]
    one = identity([shown], [mesh(128)])
    trust = prepare(one, 128, GREY).pictures[0].trust[:, 0]
    assert trust[50] < 0.4 * trust[280]
    blind = prepare(one, 128).pictures[0].trust[:, 0]
    assert blind[50] > 0.8 * blind[280]


def test_few_pictures_show_their_mirror_images_too(mesh: Made, picture: Made, identity: Made) -> None:
    one = identity([picture(128)], [mesh(128, 15)])
    plain, filled = prepare(one, 128), prepare(one, 128, GREY)
    assert (len(plain.pictures), len(filled.pictures)) == (1, 2)
    mirrored = filled.pictures[1]
    assert np.array_equal(mirrored.crop, filled.pictures[0].crop[:, ::-1])
    assert np.abs(mirrored.mesh - mesh(128, -15))[:, :2].max() < 1.5
    assert filled.quality[1] < 0.8 * filled.quality[0]
    many = identity([picture(128, seed) for seed in range(6)], [mesh(128, 5 * seed) for seed in range(6)])
    assert len(prepare(many, 128, GREY).pictures) == 6


def test_the_prior_has_a_small_share_and_shows_where_nothing_is_trusted(
    mesh: Made, picture: Made, identity: Made
) -> None:
    found = prepare(identity([picture(128)], [mesh(128, 70)]), 128, GREY)
    pictures, shares = found.blended(found.appearance[0], 4)
    assert pictures[-1] is found.prior
    assert shares[-1] < 0.02
    assert shares[:-1].sum() == pytest.approx(1, abs=1e-5)
    hidden = max(float(found.pictures[0].trust.min()), found.least_trust) * shares[0]
    assert shares[-1] > 0.4 * (shares[-1] + hidden), "of what lies on the far side"
