"""Driven faces: the plate as if its performer acted as somebody else does, and swaps laid over it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pytest

from fsvfx.actors import Moment, actor, perform
from fsvfx.comp.matte import hull
from fsvfx.engines.contract import Drive, FaceBatch, SwapBatch
from fsvfx.engines.driving import DrivenFaces, driven_faces
from fsvfx.engines.mesh.regions import polygon
from fsvfx.entries import EntryView
from fsvfx.evaluation.actors import Performed, acted, true_swap
from fsvfx.faces.measures import mouth_opening
from fsvfx.faces.topology import LIPS_INNER
from fsvfx.morphable import FittedEntry, arrays_of, fit_frames, fit_person, ict, performance

SIZE = 128
SHUT, SMILE, WIDE = {}, {"mouthSmile_L": 0.7, "mouthSmile_R": 0.7}, {"jawOpen": 0.6}
pytestmark = pytest.mark.usefixtures("head")


class Frames:
    """``EntryView``'s data of made arrays: name -> (n, ...)."""

    def __init__(self, numbers: tuple[int, ...], arrays: dict[str, Any]) -> None:
        self.numbers, self.arrays = numbers, arrays

    def frame(self, name: str, number: int) -> Any:
        return self.arrays[name.removeprefix("r0/")][self.numbers.index(number)]


@lru_cache(maxsize=1)
def plate() -> Performed:
    """Ben at rest, twice turned."""
    turned = perform(40, seed=2)[::20]
    return acted(actor("ben"), [replace(one, expression=SHUT) for one in (*turned, turned[0])], SIZE)


@lru_cache(maxsize=1)
def truth() -> np.ndarray:
    """Ben as if he acted as Ada does."""
    moments = tuple(replace(one, expression=each) for one, each in zip(plate().moments, (SMILE, WIDE, SHUT)))
    return true_swap(actor("ben"), replace(plate(), moments=moments))


@lru_cache(maxsize=1)
def stages() -> tuple[FittedEntry, EntryView]:
    """What they would have of the plate, and of Ada, who smiles, opens her mouth, and rests."""
    model, numbers = ict(), plate().faces.frames
    faces, driver = plate().faces, acted(actor("ada"), [Moment(each) for each in (SMILE, WIDE, SHUT)], SIZE).faces
    person, _ = fit_person(model, faces.landmarks, faces.crops)
    fits = fit_frames(model, person, faces.landmarks, faces.crops)
    whole = arrays_of(person, fits) | {"rest": np.repeat(fits.expression.mean(axis=0)[None], 3, axis=0)}
    hers, _ = fit_person(model, driver.landmarks, driver.crops)
    acts = fit_frames(model, hers, driver.landmarks, driver.crops)
    given = performance(acts.expression, acts.expression[2], acts.placing.rotation, np.ones(3, np.float32))
    lips = np.stack([[40 + 20 * np.cos(a), 40 + 9 * np.sin(a)] for a in np.linspace(np.pi, -np.pi, 20, endpoint=False)])
    performed = {
        "share": given.share,
        "expression": given.expression,
        "turn": given.turn,
        "light": acts.light,
        "mouth": np.full((3, 80, 80, 3), [0.1, 0.9, 0.1], np.float16),
        "lips": np.repeat(lips[None].astype(np.float32), 3, axis=0),
    }
    return FittedEntry(EntryView(Frames(numbers, whole), 0)), EntryView(Frames(numbers, performed), 0)


def made(mouth: Literal["driver", "performer"] = "performer", **how: Any) -> DrivenFaces:
    said = {"expression": True, "pose": False, "strength": 1.0, **how}
    return driven_faces(plate().faces, *stages(), Drive(mouth=mouth, **said), ict())


def faces_of(batch: FaceBatch) -> np.ndarray:
    return np.stack([hull(mesh, SIZE) for mesh in batch.landmarks]) > 0.5


def off(pictures: np.ndarray) -> list[float]:
    """Mean difference from the truth, in the face, but for what shows in an open mouth: here nobody's does."""
    mouths = np.stack([polygon(each, LIPS_INNER, SIZE, grow=3, soft=1) for each in made().faces.landmarks])
    inside = faces_of(plate().faces) & (mouths < 0.1)
    return [float(np.abs(one - other)[where].mean()) for one, other, where in zip(pictures, truth(), inside)]


def test_nearer_to_the_performer_who_acts_so_than_the_plate() -> None:
    (smile, wide, still), before = off(made().faces.crops), off(plate().faces.crops)
    assert smile < 0.8 * before[0]
    assert wide < 0.85 * before[1]
    assert still < before[2] + 0.01


def test_landmarks_and_fits_are_the_drivers() -> None:
    faces = made().faces
    openings = [mouth_opening(mesh) for mesh in faces.landmarks]
    assert openings[1] > 0.3
    assert openings[2] < 0.1
    fits = FittedEntry(faces.read["fit"]).fits(faces.frames)
    jaw = fits.expression[:, ict().names.index("jawOpen")]
    assert jaw[1] - jaw[2] == pytest.approx(0.6, abs=0.2)
    np.testing.assert_array_equal(fits.light, stages()[0].fits(faces.frames).light)
    held = FittedEntry(faces.read["fit"]).identity(faces.frames[0])
    np.testing.assert_array_equal(held, stages()[0].identity(faces.frames[0]))


@pytest.mark.parametrize("how", [{"strength": 0.0}, {"expression": False}])
def test_nothing_taken_nothing_touched(how: dict[str, Any]) -> None:
    faces = made(**how).faces
    np.testing.assert_array_equal(faces.crops, plate().faces.crops)
    np.testing.assert_array_equal(faces.landmarks, plate().faces.landmarks)


def test_half_as_strong_half_as_far() -> None:
    whole, half = (made(strength=each).faces.landmarks - plate().faces.landmarks for each in (1.0, 0.5))
    jaw = [152, 14, 17]
    np.testing.assert_allclose(half[1, jaw, 1], whole[1, jaw, 1] / 2, rtol=0.1, atol=0.2)


def test_far_from_the_face_the_plate_stays() -> None:
    rest, far = made(pose=True), np.zeros((SIZE, SIZE), bool)
    far[: SIZE // 4, : SIZE // 8] = far[: SIZE // 4, -SIZE // 8 :] = True
    np.testing.assert_allclose(rest.faces.crops[:, far], plate().faces.crops[:, far], atol=1e-3)


def test_an_open_mouth_shows_what_the_drivers_does() -> None:
    green = [float((one[..., 1] - one[..., 0]).max()) for one in made("driver").faces.crops]
    assert green[1] > 0.4
    assert max(green[0], green[2]) < 0.2
    assert max(float((one[..., 1] - one[..., 0]).max()) for one in made().faces.crops) < 0.2


def test_a_swap_is_laid_over_the_moved_plate() -> None:
    driven = made()
    face = faces_of(driven.faces).astype(np.float32)
    swap = SwapBatch(np.clip(driven.faces.crops + 0.2, 0, 1), face)
    laid = driven.over(swap)
    assert (laid.matte >= face).all()
    np.testing.assert_allclose(laid.crops, driven.faces.crops, atol=0.06)  # another tone is no step at the swap's rim
    outside = laid.matte == 0
    np.testing.assert_array_equal(laid.crops[outside], driven.faces.crops[outside])
