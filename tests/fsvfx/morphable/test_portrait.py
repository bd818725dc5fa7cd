"""Faces of mixed coefficients: drawn as they were rendered, and followed along their mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
from toy_morphable import toy

from fsvfx.morphable.portrait import Portrait, carried, drawn, face_part, lit


def portrait(known: Any, row: int, turn: tuple[float, float, float] = (0, 0, 0), shift: float = 0.0) -> Portrait:
    part, model = face_part(toy()), toy()
    points = part.posed(known.identity, known.expression[row])
    placing = known.placing.of(slice(row, row + 1)).stepped(np.array([[*turn, 0, shift, 0]]))
    colors = lit(part, points, placing, known.light[row], known.albedo[part.vertices])
    assert len(part.vertices) <= len(model.neutral)
    return drawn(part, placing.seen(points)[0], colors, len(known.crops[0]))


def test_it_is_drawn_as_the_face_looks(known: Any) -> None:
    made = portrait(known, 3)
    full = made.cover == 1
    assert full.mean() > 0.15
    assert np.abs(made.colors - known.crops[3])[full].mean() < 0.03
    assert not made.colors[made.cover == 0].any()


def test_on_a_still_mesh_each_pixel_was_where_it_is(known: Any) -> None:
    made = portrait(known, 3)
    at, kept = carried(made, made)
    own = np.stack(np.meshgrid(np.arange(at.shape[0]), np.arange(at.shape[0])), axis=-1)
    assert np.array_equal(kept > 0, made.cover == 1)
    np.testing.assert_allclose(at[kept > 0], own[kept > 0], atol=1e-3)


def test_where_a_shifted_face_was(known: Any) -> None:
    before, after = portrait(known, 3), portrait(known, 3, shift=1.0)
    at, kept = carried(before, after)
    own = np.stack(np.meshgrid(np.arange(at.shape[0]), np.arange(at.shape[0])), axis=-1)
    moved = (at - own)[kept > 0].mean(axis=0)
    np.testing.assert_allclose(moved, [-known.placing.scale[3], 0], atol=0.05)


def test_colors_follow_the_mesh_and_what_was_hidden_is_not_kept(known: Any) -> None:
    before, after = portrait(known, 0), portrait(known, 0, turn=(0, 0.9, 0))
    at, kept = carried(before, after)
    x, y = np.rint(at[kept > 0]).astype(int).T
    row, column = np.nonzero(kept)
    followed = np.abs(before.colors[y, x] - after.colors[row, column]).mean()
    assert followed < 0.6 * np.abs(before.colors - after.colors)[kept > 0].mean()
    assert kept.sum() < 0.98 * (after.cover == 1).sum(), "a turned head shows what the other view hid"


def test_albedo_is_smoothed_over_the_mesh() -> None:
    part, random = face_part(toy()), np.random.default_rng(0)
    values = random.uniform(0.5, 1.5, (len(part.vertices), 3)).astype(np.float32)
    assert np.array_equal(part.softened(values, 0), values)
    spread = [part.softened(values, rounds).std() for rounds in (0, 1, 3)]
    assert spread[0] > 2 * spread[1] > 2 * spread[2]
    np.testing.assert_allclose(part.softened(np.ones_like(values), 4), 1, atol=1e-5)


def test_another_person_keeps_the_performance(known: Any) -> None:
    part = face_part(toy())
    one, other = (part.posed(identity, known.expression[0]) for identity in (known.identity, -known.identity))
    rest, still = (part.posed(identity, known.expression[0] * 0) for identity in (known.identity, -known.identity))
    np.testing.assert_allclose(one - rest, other - still, atol=1e-5)
    assert np.abs(one - other).max() > 0.1
