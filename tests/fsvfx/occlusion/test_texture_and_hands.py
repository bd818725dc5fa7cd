"""The embedded segmenter on drawn faces: what comes over the rim is in front, what the face itself does is not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from fsvfx.faces import topology
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.occlusion import fronts
from fsvfx.occlusion.contract import WIDE_SIZE, Faces, Segmentation
from fsvfx.occlusion.hands import WRIST, Hand
from fsvfx.occlusion.texture_and_hands import TextureAndHands

SIZE = 160
FRAMES = 12
SKIN, HAIR, THING = (0.78, 0.58, 0.47), (0.2, 0.15, 0.1), (0.25, 0.4, 0.7)
CHIN = (80, 126)

Change = Callable[[int, np.ndarray], np.ndarray]


@pytest.fixture(autouse=True)
def _no_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    for way in ("searched", "followed"):
        monkeypatch.setattr(fronts, way, lambda *args: [])


def mesh() -> np.ndarray:
    points = topology.CANONICAL * np.array([1, -1, -1], np.float32)
    return move_points(crop_matrix(points, SIZE), points)


def drawn(number: int) -> np.ndarray:
    """A head with brows, eyes and a mouth, and a little noise of its own in each frame."""
    picture = np.full((SIZE, SIZE, 3), 0.6)
    points = mesh()
    cv2.fillConvexPoly(picture, cv2.convexHull(np.round(points[:, :2]).astype(np.int32)), SKIN)
    for ring in (topology.LEFT_BROW, topology.RIGHT_BROW, topology.LEFT_EYE, topology.RIGHT_EYE):
        cv2.fillPoly(picture, [np.round(points[ring, :2]).astype(np.int32)], HAIR)
    cv2.fillPoly(picture, [np.round(points[topology.LIPS_OUTER, :2]).astype(np.int32)], (0.7, 0.35, 0.35))
    soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
    return np.clip(soft + np.random.default_rng(number).normal(0, 0.01, soft.shape), 0, 1)


def faces(numbers: range, change: Change, edges: Callable[[int], float] | None = None) -> Faces:
    """edges: where the plate ends to the right, px of the crop."""
    pictures = [change(number, drawn(number)) for number in numbers]
    crops = np.array(pictures, np.float16).reshape(-1, SIZE, SIZE, 3)
    landmarks = np.repeat(mesh()[None], len(crops), axis=0).astype(np.float32)
    wide = np.zeros((len(crops), WIDE_SIZE, WIDE_SIZE, 3), np.float32)
    if edges is None:
        return Faces(crops, landmarks, wide, tuple(numbers))
    ends = [[[-SIZE, -SIZE], [edges(k), -SIZE], [edges(k), 2 * SIZE], [-SIZE, 2 * SIZE]] for k in numbers]
    return Faces(crops, landmarks, wide, tuple(numbers), np.array(ends, np.float32))


def segment(change: Change, others: Change | None = None) -> Segmentation:
    return TextureAndHands().segment(faces(range(FRAMES), change), faces(range(0, 24, 2), others or change), face=True)


def disc(picture: np.ndarray, centre: tuple[int, int], radius: int = 16) -> np.ndarray:
    return np.asarray(cv2.circle(picture.copy(), centre, radius, THING, -1, cv2.LINE_AA))


def on_disc(centre: tuple[int, int], radius: int = 16) -> np.ndarray:
    hull = cv2.fillConvexPoly(np.zeros((SIZE, SIZE)), cv2.convexHull(np.round(mesh()[:, :2]).astype(np.int32)), 1.0)
    return (cv2.circle(np.zeros((SIZE, SIZE)), centre, radius, 1.0, -1) * hull) > 0


def in_front(number: int) -> bool:
    return 3 <= number <= 7


def test_what_comes_over_the_rim_is_in_front() -> None:
    found = segment(lambda number, picture: disc(picture, CHIN) if in_front(number) else picture)
    truth = on_disc(CHIN)
    for row in range(FRAMES):
        front = found.front[row] > 0.5
        assert found.face is not None
        if in_front(row):
            assert (front & truth).sum() / truth.sum() > 0.85
            assert found.face[row][truth].mean() < 0.25
        else:
            assert front.sum() == 0
            assert found.face[row][truth].mean() > 0.8


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("nothing", lambda number, picture: picture),
        ("an open mouth", lambda number, picture: disc(picture, (80, 112), 8) if in_front(number) else picture),
        ("a step of exposure", lambda number, picture: picture * (0.8 if number > 5 else 1.0)),
        ("a lamp from the side", lambda number, picture: picture * np.linspace(0.8, 1.0, SIZE)[None, :, None]),
        ("a flash of one frame", lambda number, picture: disc(picture, CHIN) if number == 5 else picture),
    ],
)
def test_what_the_face_or_the_light_does_is_not_in_front(what: str, change: Change) -> None:
    assert segment(change).front.max() < 0.05, what


def test_another_scene_s_look_is_not_compared_with() -> None:
    def other(number: int, picture: np.ndarray) -> np.ndarray:
        return np.random.default_rng(0).uniform(0, 1, (20, 20, 3)).repeat(8, axis=0).repeat(8, axis=1)

    assert segment(lambda number, picture: picture, others=other).front.max() == 0


def test_a_face_alone_has_no_front() -> None:
    alone = TextureAndHands().segment(faces(range(2), drawn_as_is), faces(range(0), drawn_as_is), face=True)
    assert alone.front.max() == 0
    assert alone.face is not None
    assert alone.face.mean() == pytest.approx(on_disc((80, 80), 400).mean(), abs=0.02)


@pytest.mark.parametrize(("wrist", "is_hand"), [(0.0, False), (0.25, True)])
def test_a_hand_whose_wrist_lies_on_the_face_is_the_face(
    monkeypatch: pytest.MonkeyPatch, wrist: float, is_hand: bool
) -> None:
    points = np.tile(np.array([[0.5, 0.56]]), (21, 1)) * WIDE_SIZE
    points[WRIST, 1] += wrist * WIDE_SIZE
    monkeypatch.setattr(fronts, "searched", lambda *args: [Hand(points, 1.0)])
    seen = []
    monkeypatch.setattr(fronts.own_face, "without", lambda look, *about: seen.append(about) or look)
    segment(drawn_as_is)
    assert bool(seen) == is_hand


def drawn_as_is(number: int, picture: np.ndarray) -> np.ndarray:
    return picture


def _edge(number: int) -> float:
    """The face leaves the plate, and is half out at last."""
    return SIZE * (0.9 - 0.4 * number / FRAMES)


def _mirrored(number: int, picture: np.ndarray) -> np.ndarray:
    """As align cuts it: mirrored beyond the plate's edge."""
    edge = round(_edge(number))
    seen = picture.copy()
    seen[:, edge:] = picture[:, edge - 1 : 2 * edge - SIZE - 1 : -1]
    return seen


def test_what_lies_beyond_the_plate_is_neither_compared_nor_learnt() -> None:
    found, others = (faces(numbers, _mirrored, _edge) for numbers in (range(FRAMES), range(0, FRAMES, 2)))
    front = TextureAndHands().segment(found, others, face=False).front
    assert front.max() == 0


def test_a_thing_at_the_plates_edge_is_in_front() -> None:
    def thing(number: int, picture: np.ndarray) -> np.ndarray:
        if number < FRAMES - 2:
            return picture
        x, y = mesh()[0, :2].round().astype(int)
        seen = picture.copy()
        seen[y - 6 : y + 40, x - 30 : x + 6] = THING
        return _mirrored(number, seen)

    found, others = (faces(numbers, thing, _edge) for numbers in (range(FRAMES), range(0, FRAMES, 2)))
    front = TextureAndHands().segment(found, others, face=False).front
    assert front[-1].max() > 0.5
