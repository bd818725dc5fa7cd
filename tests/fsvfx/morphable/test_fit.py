"""The fit: what is known comes back, and frames do not depend on each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from toy_morphable import toy

from fsvfx.morphable import Placing, fit_frames, fit_person, ict, joined, posed
from fsvfx.morphable.light import shading, to_shown
from fsvfx.morphable.lines import lines
from fsvfx.morphable.placing import turned_by, turns_of

Acted = Any


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of vertices, share of the toy face's width."""
    return float(np.linalg.norm(one - other, axis=-1).mean() / toy().width)


def degrees(one: Placing, other: Placing) -> np.ndarray:
    return np.degrees(np.linalg.norm(turns_of(one.rotation.swapaxes(1, 2) @ other.rotation), axis=1))


def test_lines_are_derivatives(known: Acted) -> None:
    """Beside finite differences, for each parameter."""
    model, step = toy(), 1e-3
    placing = known.placing.of(slice(0, 1))
    points = model.shape(known.identity)[None]
    found = lines(placing, points, [model.expression], nearness=True)

    def at(parameter: int, size: float) -> np.ndarray:
        pose = np.zeros((1, 6))
        moved, near = points, 0.0
        if parameter < 6:
            pose[0, parameter] = size
        elif parameter < 6 + len(model.names):
            moved = points + size * model.expression[parameter - 6]
        else:
            near = size
        after = placing.stepped(pose, near)
        px = after.seen(moved.astype(np.float32))[..., :2].astype(np.float64)
        return (px - placing.shift[:, None]) / placing.scale[:, None, None] * [1, -1]

    for parameter in range(found.by.shape[-1]):
        slope = (at(parameter, step) - at(parameter, -step)) / (2 * step)
        np.testing.assert_allclose(found.by[..., parameter].swapaxes(1, 2), slope, atol=2e-2, err_msg=str(parameter))


def test_turns_come_back() -> None:
    turns = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    np.testing.assert_allclose(turns_of(turned_by(turns)), turns, atol=1e-9)
    np.testing.assert_allclose(turns_of(np.eye(3)[None]), np.zeros((1, 3)))


def test_known_coefficients_come_back(known: Acted) -> None:
    person, fits = fit_person(toy(), known.landmarks, known.crops)
    assert apart(person.shape, toy().shape(known.identity)) < 0.01
    assert degrees(fits.placing, known.placing).max() < 1.0
    moved, wanted = (each - each.mean(axis=0) for each in (fits.expression, known.expression))
    assert np.abs(moved - wanted).mean() < 0.08  # what a face does in all pictures is taken for its shape, in part
    assert fits.off.max() < 0.006
    assert fits.unlike.max() < 0.02


def test_albedo_and_light_come_back(known: Acted) -> None:
    person, fits = fit_person(toy(), known.landmarks, known.crops)
    assert person.albedo is not None
    inner = toy().skin > 0
    assert np.corrcoef(person.albedo[inner].ravel(), known.albedo[inner].ravel())[0, 1] > 0.9
    seen = known.placing.turned(person.normals[inner])
    found, wanted = (to_shown(shading(light, seen))[seen[..., 2] > 0.3] for light in (fits.light, known.light))
    assert np.abs(found - wanted).mean() < 0.03


def test_pixels_hold_what_landmarks_miss(known: Acted) -> None:
    """A person known by then; landmarks that err by a pixel and a half, all of a frame alike."""
    person, _ = fit_person(toy(), known.landmarks, known.crops)
    drift = np.random.default_rng(3).normal(0, 1.5, (len(known.landmarks), 1, 3)) * [1, 1, 0]
    drifted = (known.landmarks + drift).astype(np.float32)
    truth = known.placing.seen(toy().shape(known.identity) + toy().moved(known.expression))

    def off(crops: np.ndarray | None) -> float:
        fits = fit_frames(toy(), person, drifted, crops)
        return float(np.linalg.norm((fits.placing.seen(posed(toy(), person, fits)) - truth)[..., :2], axis=-1).mean())

    assert off(known.crops) < 0.85 * off(None)


def test_a_frame_does_not_depend_on_its_batch(known: Acted) -> None:
    person, _ = fit_person(toy(), known.landmarks, known.crops)
    whole = fit_frames(toy(), person, known.landmarks, known.crops)
    apart = joined([fit_frames(toy(), person, known.landmarks[[i]], known.crops[[i]]) for i in range(6)])
    for name in ("expression", "light", "off", "unlike"):
        np.testing.assert_allclose(getattr(whole, name), getattr(apart, name), atol=2e-4)
    np.testing.assert_allclose(whole.placing.rotation, apart.placing.rotation, atol=2e-4)


def test_expression_leaves_the_person_alone(known: Acted) -> None:
    """One face at rest and the same face moved are one person."""
    person, _ = fit_person(toy(), known.landmarks, known.crops)
    before = person.identity.copy()
    fits = fit_frames(toy(), person, known.landmarks[3:], known.crops[3:])
    assert np.array_equal(person.identity, before)
    assert np.ptp(fits.expression, axis=0).max() > 0.1


@pytest.mark.usefixtures("head")
def test_heads_of_known_coefficients_come_back() -> None:
    """By exact points; docs/three_dimensions.md has what FaceMesh's own give."""
    from fsvfx.actors import actor, perform, render
    from fsvfx.faces.geometry import crop_matrix, move_points, similarity
    from fsvfx.morphable.facekit import FACE

    model = ict()
    landmarks = []
    for moment in perform(60, seed=3)[::10]:
        points = model.points.of(render(actor("ada"), moment, 64).vertices[:FACE])
        landmarks.append(move_points(crop_matrix(points, 256), points))
    person, fits = fit_person(model, np.stack(landmarks))
    truth = actor("ada").shape[:FACE]
    scale, turn, shift = similarity(person.shape, truth)
    inner = model.probes
    off = np.linalg.norm(scale * person.shape @ turn.T + shift - truth, axis=1)[inner].mean() / model.width
    assert off < 0.01
    assert fits.off.max() < 0.01
