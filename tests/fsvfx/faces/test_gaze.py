"""Where a face looks, on actors whose eyes are turned on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.actors import Moment, actor
from fsvfx.evaluation.actors import acted
from fsvfx.evaluation.measures import gazes
from fsvfx.evaluation.pictures import u8
from fsvfx.faces.geometry import crop, move_points

LEFT = {"eyeLookIn_L": 0.6, "eyeLookOut_R": 0.6}
RIGHT = {"eyeLookOut_L": 0.6, "eyeLookIn_R": 0.6}
UP = {"eyeLookUp_L": 0.6, "eyeLookUp_R": 0.6}
DOWN = {"eyeLookDown_L": 0.6, "eyeLookDown_R": 0.6}
LIDS = ((160, 144), (159, 145), (158, 153), (387, 373), (386, 374), (385, 380))


@pytest.mark.usefixtures("head")
def test_eyes_are_followed_and_shut_ones_look_nowhere() -> None:
    looks = [LEFT, {}, RIGHT, UP, DOWN]
    faces = acted(actor("ben"), [Moment(each) for each in looks], 192).faces
    assert len(faces.crops) == len(looks)
    found = gazes(u8(faces.crops), faces.landmarks)
    left, ahead, right = found["gaze_across"][:3]
    assert left + 0.06 < ahead < right - 0.06
    up, down = found["gaze_down"][3:5]
    assert up + 0.05 < down
    shut = faces.landmarks[:1].copy()
    for lids in LIDS:
        shut[0, lids] = shut[0, lids].mean(axis=0)
    assert np.isnan(gazes(u8(faces.crops[:1]), shut)["gaze_across"]).all()

    tilted = np.array([[np.cos(0.3), np.sin(0.3), 0], [-np.sin(0.3), np.cos(0.3), 0]])
    tilted[:, 2] = 95.5 - tilted[:, :2] @ [95.5, 95.5]
    turned = u8(np.stack([crop(each, tilted, 192) for each in faces.crops[:3]]))
    again = gazes(turned, np.stack([move_points(tilted, each) for each in faces.landmarks[:3]]))
    assert again["gaze_across"] == pytest.approx(found["gaze_across"][:3], abs=0.04)
