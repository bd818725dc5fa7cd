"""Faces that leave the picture or come into it, followed by their pixels; the pictures are blotches that slide."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from face_shapes import face
from numpy.typing import NDArray

from fsvfx.faces.leaving import with_edges
from fsvfx.faces.trails import Trail

HEIGHT, WIDTH, SIZE = 240, 320, 120
FOUND = 0.6
"""Share of the face down to which these faces are found."""


def scene(flat: bool = False) -> NDArray[np.uint8]:
    noise = np.random.default_rng(4).standard_normal((3 * HEIGHT, 3 * WIDTH, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip(128 + (0 if flat else 40) * smooth / smooth.std(), 0, 255).astype(np.uint8)


class Slide:
    """The picture, with the face in its middle at first, shifted by so many px in each frame from 1001."""

    def __init__(self, shifts: Sequence[tuple[float, float]], flat: bool = False) -> None:
        self.shifts, self.scene, self.looked = np.array(shifts, np.float32), scene(flat), list[int]()
        self.numbers = list(range(1001, 1001 + len(shifts)))

    def look(self, number: int) -> NDArray[np.uint8]:
        self.looked.append(number)
        x, y = self.shifts[number - 1001]
        return np.asarray(
            cv2.warpAffine(self.scene, np.array([[1, 0, x - WIDTH], [0, 1, y - HEIGHT]]), (WIDTH, HEIGHT))
        )

    def mesh(self, number: int) -> NDArray[np.float32]:
        return face(WIDTH / 2, HEIGHT / 2, height=SIZE) + np.array([*self.shifts[number - 1001], 0], np.float32)

    def share(self, number: int) -> float:
        x, y = self.mesh(number)[:, :2].T
        return float(((x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)).mean())

    def trail(self, least: float = FOUND, without: Sequence[int] = ()) -> Trail:
        found = [number for number in self.numbers if self.share(number) >= least and number not in without]
        meshes = np.array([self.mesh(number) for number in found], np.float32)
        boxes = np.concatenate([meshes[..., :2].min(axis=1), meshes[..., :2].max(axis=1)], axis=1)
        score = np.full(len(found), 0.9, np.float32)
        return Trail(np.array(found), boxes, score, meshes, np.zeros(len(found), np.bool_))

    def followed(self, trail: Trail, cuts: Sequence[int] = ()) -> Trail:
        return with_edges(trail, self.numbers, frozenset(cuts), self.look)

    def off(self, trail: Trail) -> float:
        """The most that a filled mesh is off, of the face's height."""
        pairs = zip(trail.frame[trail.filled].tolist(), trail.landmarks[trail.filled], strict=True)
        return max(float(np.abs(mesh - self.mesh(number)).max()) for number, mesh in pairs) / SIZE


def out(way: tuple[int, int], during: int = 16) -> list[tuple[float, float]]:
    """Out of the picture within so many frames, and some more."""
    far = (WIDTH if way[0] else HEIGHT) / 2 + SIZE
    steps = np.minimum(np.arange(during + 8) / during, 1) * far
    return [(way[0] * step, way[1] * step) for step in steps]


@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, 1), (0, -1)])
@pytest.mark.parametrize("backwards", [False, True])
def test_it_is_followed_until_nothing_is_left_and_back(way: tuple[int, int], backwards: bool) -> None:
    shifts = out(way)
    slide = Slide(shifts[::-1] if backwards else shifts)
    known = slide.trail()
    whole = slide.followed(known)
    assert len(whole.frame) > len(known.frame) + 2
    assert whole.frame.tolist() == [number for number in slide.numbers if number in whole.frame], "in order, each once"
    seen = [number for number in slide.numbers if slide.share(number) > 0.04]
    assert set(seen) <= set(whole.frame.tolist())
    assert all(slide.share(number) > 0 for number in whole.frame.tolist())
    assert slide.off(whole) < 0.02
    assert not whole.filled[np.isin(whole.frame, known.frame)].any()


def test_where_it_stays_half_out_both_ends_are_bridged() -> None:
    far = WIDTH / 2 + 0.2 * SIZE
    steps = np.concatenate([np.linspace(0, far, 12), np.full(30, far), np.linspace(far, 0, 12)])
    slide = Slide([(step + np.sin(place / 3), 0) for place, step in enumerate(steps)])
    whole = slide.followed(slide.trail())
    assert whole.frame.tolist() == slide.numbers
    assert slide.off(whole) < 0.02


@pytest.mark.parametrize("lost", [0.8, 1.0], ids=["at the edge, but hardly cut", "well within"])
def test_what_was_lost_for_other_reasons_is_left(lost: float) -> None:
    slide = Slide(out((1, 0), during=80))
    known = slide.trail(lost)
    assert slide.followed(known) is known


def test_what_can_not_be_followed_is_left() -> None:
    slide = Slide(out((1, 0)), flat=True)
    known = slide.trail()
    assert slide.followed(known) is known


def test_nothing_goes_over_a_cut() -> None:
    slide = Slide(out((1, 0)))
    known = slide.trail()
    last = int(known.frame[-1])
    assert slide.followed(known, cuts=[last + 1]) is known
    assert slide.followed(known, cuts=[last + 3]).frame[-1] == last + 2


def test_a_face_that_is_found_throughout_costs_no_look() -> None:
    slide = Slide([(0, 0)] * 12)
    known = slide.trail()
    assert slide.followed(known) is known
    assert slide.looked == []


def test_nobody_is_nobody() -> None:
    slide = Slide([(0, 0)])
    assert len(slide.followed(Trail.none()).frame) == 0
