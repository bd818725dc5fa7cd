"""Pictures of likely faces on meshes, and where a warp is taken for the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fsvfx.engines.anyone.linear_prior import Likely
from fsvfx.engines.mesh import atlas
from fsvfx.engines.mesh.shape import canonical
from fsvfx.engines.priors import laid_over, where_sure
from fsvfx.engines.supervision import Supervision, parts_of

Made = Callable[..., Any]


def likely(mesh: Made) -> Likely:
    """With a dark left half."""
    colours = np.full((atlas.SIDE, atlas.SIDE, 3), (0.7, 0.5, 0.4), np.float32)
    colours[:, : atlas.SIDE // 2] *= 0.5
    return Likely(colours, canonical(mesh(64)).astype(np.float32))


def test_a_likely_face_lies_on_the_mesh_and_nowhere_else(mesh: Made, picture: Made) -> None:
    targets = np.stack([picture(64, 1), picture(64, 2)])
    meshes = np.stack([mesh(64), mesh(64, 20)])
    laid = laid_over(targets, meshes, [likely(mesh)] * 2)
    assert laid.shape == targets.shape
    changed = np.abs(laid - targets).mean(3) > 1e-3
    rows, columns = np.nonzero(changed[0])
    low, high = meshes[0, :, :2].min(0) - 1, meshes[0, :, :2].max(0) + 1
    assert changed.mean() > 0.1
    assert (columns.min(), rows.min()) >= tuple(low.astype(int))
    assert columns.max() <= high[0]
    assert rows.max() <= high[1]
    alone = laid_over(targets[1:], meshes[1:], [likely(mesh)])
    assert np.array_equal(alone[0], laid[1]), "each by itself"


def test_a_warp_is_the_truth_away_from_its_edge() -> None:
    matte = np.zeros((100, 100), np.float32)
    matte[20:80, 20:80] = 1
    sure = where_sure(matte)
    assert sure[50, 50] == 1
    assert 0 < sure.sum() < 0.9 * matte.sum()


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ({}, ()),
        ({"swaps": 2000}, ()),
        ({"prior": "none", "swaps": 0, "supervised": 0.25}, ()),
        ({"prior": "linear", "swaps": 300, "supervised": 0.25, "width": 8}, ("linear prior", "300 swaps made ahead")),
    ],
)
def test_a_card_tells_the_parts_in_words(architecture: dict[str, Any], words: tuple[str, ...]) -> None:
    assert parts_of(architecture) == words


def test_by_default_there_is_no_supervision() -> None:
    assert Supervision().parts == ()
