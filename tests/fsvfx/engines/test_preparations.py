"""Identities are made ready once in a process, and again as soon as anything differs that the result depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from swaps import swapped

from fsvfx.context import Context
from fsvfx.engines.contract import Identity
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.engines.preparations import Preparations

Made = Callable[..., Any]


class Counted(LandmarkWarp):
    """What it prepares is when."""

    count = 0

    def prepare(self, identity: Identity, size: int) -> Any:
        Counted.count += 1
        return Counted.count


def engine(device: str = "cpu", head: str = "ict_facekit", **settings: Any) -> Counted:
    return Counted(Counted.Settings(**settings), Context(device=device, head=head))


def test_an_identity_is_prepared_once_and_older_ones_make_room(identity: Made, mesh: Made, picture: Made) -> None:
    one = identity([picture()], [mesh()])
    held, reads = Preparations(most=2), []

    def of(made: Counted, person: str = "lead", digest: str = "1", size: int = 96) -> Any:
        return held.of(made, person, digest, size, lambda: reads.append(person) or one)

    first = of(engine())
    assert of(engine(shape=0.5)) == first, "its preparation reads no setting"
    assert reads == ["lead"], "pictures are read when they are prepared"
    others = [of(engine(), digest="2"), of(engine(), size=64), of(engine(), person="double"), of(engine("cuda:0"))]
    others.insert(0, of(engine(head="makehuman")))
    assert len({first, *others}) == 6
    assert of(engine("cuda:0")) == others[-1]
    assert of(engine()) > others[-1], "it had to make room"


def test_what_a_setting_changes_is_prepared_anew(identity: Made, mesh: Made, picture: Made) -> None:
    class Shaped(Counted):
        prepares_by = ("shape",)

    held, one = Preparations(), identity([picture()], [mesh()])
    made = [
        held.of(Shaped(Shaped.Settings(**settings), Context()), "lead", "1", 96, lambda: one)
        for settings in ({}, {"light": 0.5}, {"shape": 0.5})
    ]
    assert made[0] == made[1] != made[2]


def test_what_is_kept_gives_the_same_bits(identity: Made, mesh: Made, picture: Made, batch: Made) -> None:
    one = identity([picture(seed=seed) for seed in (1, 2)], [mesh(), mesh(yaw=10)])
    faces = batch([picture(seed=9)], [mesh(yaw=5)])
    warp = LandmarkWarp(LandmarkWarp.Settings(), Context())
    prepared = warp.prepare(one, 128)
    fresh = swapped(warp, faces, replace(one, crops=one.crops.copy()))
    for kept in (warp.swap(faces, prepared), warp.swap(faces, prepared)):
        assert np.array_equal(fresh.crops, kept.crops)
        assert np.array_equal(fresh.matte, kept.matte)
