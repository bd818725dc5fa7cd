"""References are made ready once in a process, and again as soon as a pixel of them differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fsvfx.context import Context
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.engines.mesh import references


@pytest.fixture(autouse=True)
def nothing_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_prepared", {})


def test_equal_pictures_are_prepared_once(identity, mesh, picture, monkeypatch) -> None:
    made: list[int] = []
    prepare = references._prepare
    monkeypatch.setattr(references, "_prepare", lambda who, size: made.append(size) or prepare(who, size))
    one = identity([picture(seed=seed) for seed in (1, 2, 3)], [mesh()] * 3)
    first = references.prepare(one, 96)
    assert references.prepare(replace(one, crops=one.crops.copy()), 96) is first
    crops = one.crops.copy()
    crops[1, 5, 5, 0] += 0.01
    assert references.prepare(replace(one, crops=crops), 96) is not first
    assert references.prepare(replace(one, sharpness=np.array([1, 2, 3], np.float32)), 96) is not first
    assert made == [96, 96, 96]
    assert len(references._prepared) == 2, "older ones make room"


def test_what_is_kept_gives_the_same_bits(identity, mesh, picture, batch) -> None:
    one = identity([picture(seed=seed) for seed in (1, 2)], [mesh(), mesh(yaw=10)])
    faces = batch([picture(seed=9)], [mesh(yaw=5)])
    engine = LandmarkWarp(LandmarkWarp.Settings(), Context())
    fresh, kept = engine.swap(faces, one), engine.swap(faces, one)
    references._prepared.clear()
    again = engine.swap(faces, one)
    for other in (kept, again):
        assert np.array_equal(fresh.crops, other.crops)
        assert np.array_equal(fresh.matte, other.matte)
