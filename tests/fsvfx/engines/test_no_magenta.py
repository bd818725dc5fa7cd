"""No violet where the skins differ: lips and shadows keep their place beside the skin's own hue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from swaps import swapped

from fsvfx.context import Context
from fsvfx.engines.landmark_warp import LandmarkWarp, LandmarkWarpSettings
from fsvfx.engines.mesh import regions, tone
from fsvfx.faces.topology import LIPS_OUTER

Made = Callable[..., Any]
Colour = tuple[float, float, float]

_SKINS: dict[str, Colour] = {
    "orange, of a webcam under a bulb": (0.60, 0.35, 0.21),
    "fair": (0.78, 0.62, 0.55),
    "cool": (0.62, 0.50, 0.47),
    "dark": (0.30, 0.20, 0.15),
    "olive": (0.55, 0.42, 0.30),
}
_PAIRS = [(one, other) for one in _SKINS for other in _SKINS if one != other]


def to_magenta(colours: NDArray[np.floating], skin: Colour) -> NDArray[np.float32]:
    """How much colour, in CIE Lab, lies off the skin's hue towards magenta: (n,)."""
    flat = np.asarray([skin, *colours.reshape(-1, 3)], np.float32)
    lab = cv2.cvtColor(flat[None], cv2.COLOR_RGB2LAB)[0]
    hue = np.arctan2(lab[0, 2], lab[0, 1])
    return np.asarray(lab[1:, 1] * np.sin(hue) - lab[1:, 2] * np.cos(hue), np.float32)


def face(skin: Colour, seed: int = 0, lips: Colour = (0.92, 0.76, 0.87)) -> NDArray[np.float32]:
    """(1000, 3): lit and shaded skin; then lips (from 800) and the shadow below them (from 900).

    Lips lose green before blue, as they do in a webcam's picture.
    """
    rng = np.random.default_rng(seed)
    light = rng.uniform(0.75, 1.25, (1000, 1))
    light[900:] *= 0.3
    colours = light * np.array(skin)
    colours[800:900] *= np.array(lips)
    return (colours + rng.normal(0, 0.004, (1000, 3))).clip(0, 1).astype(np.float32)


@pytest.mark.parametrize(("identity", "performer"), _PAIRS)
def test_lips_and_shadows_turn_no_more_to_magenta_than_the_identitys_own(identity: str, performer: str) -> None:
    one, other = _SKINS[identity], _SKINS[performer]
    weight = np.ones(1000, np.float32)
    matched = tone.match(face(one), face(other, 1, (1, 1, 1)), weight).clip(0, 1)
    own, shown = to_magenta(face(one), one), to_magenta(matched, other)
    assert shown[800:900].mean() < max(own[800:900].mean(), 0) + 4
    assert abs(shown[900:].mean()) < 3, "the shadow below the lip has the skin's hue"
    assert abs(shown[:800].mean()) < 1


@pytest.mark.parametrize("grey", [0.2, 0.4, 0.6, 0.8])
def test_a_black_and_white_reference_takes_the_skins_hue(grey: float) -> None:
    matched = tone.match(face((grey, grey, grey)), face(_SKINS["fair"], 1), np.ones(1000, np.float32)).clip(0, 1)
    assert abs(to_magenta(matched[:800], _SKINS["fair"]).mean()) < 1


@pytest.mark.parametrize("lips", [(0.75, 0.1, 0.15), (0.5, 0.05, 0.3), (0.2, 0.05, 0.05), (0.9, 0.5, 0.1)])
def test_the_performers_lipstick_is_no_light(lips: Colour, mesh: Made, batch: Made, identity: Made) -> None:
    """The skin about the lips is the same, whatever is on them."""
    skin, made = np.array(_SKINS["fair"], np.float32), mesh(128)
    plain = np.ones((128, 128, 3), np.float32) * skin
    painted = plain.copy()
    drawn = regions.polygon(made, LIPS_OUTER, 128, grow=0, soft=0.3)
    painted += drawn[..., None] * (np.array(lips, np.float32) - skin)
    person = identity([np.ones((128, 128, 3), np.float32) * np.array(_SKINS["olive"], np.float32)] * 5, [made] * 5)
    engine = LandmarkWarp(LandmarkWarpSettings(), Context())
    shown = swapped(engine, batch([plain, painted], [made, made]), person).crops
    x, y = made[[18, 200], :2].mean(0).round().astype(int)
    below = np.abs(to_magenta(shown[:, y - 2 : y + 3, x - 2 : x + 3], _SKINS["fair"])).reshape(2, -1).mean(1)
    assert (below < 2.5).all()


@pytest.mark.parametrize("violet", [0, 2, 4])
def test_one_pictures_violet_block_is_not_the_persons(violet: int, mesh: Made, batch: Made, identity: Made) -> None:
    skin, made = np.array(_SKINS["olive"], np.float32), mesh(128)
    x, y = made[[18, 200], :2].mean(0).round().astype(int)
    pictures = [np.ones((128, 128, 3), np.float32) * skin for _ in range(6)]
    pictures[violet][y - 6 : y + 7, x - 10 : x + 11] *= np.array([1.0, 0.9, 1.25], np.float32)
    engine = LandmarkWarp(LandmarkWarpSettings(references=6), Context())
    plate = np.ones((128, 128, 3), np.float32) * np.array(_SKINS["fair"], np.float32)
    alone = identity([pictures[violet]], [made])
    shown = [
        to_magenta(
            swapped(engine, batch([plate], [made]), who).crops[0, y - 3 : y + 4, x - 4 : x + 5],
            _SKINS["fair"],
        ).mean()
        for who in (alone, identity(pictures, [made] * 6))
    ]
    assert shown[0] > 1.5, "a person with one picture looks as on that"
    assert abs(shown[1]) < 0.4


@pytest.mark.parametrize("dark", [(0.0, 0.0, 0.0), (0.03, 0.0, 0.0), (-0.1, -0.2, 0.05), (0.1, -0.05, -0.05)])
def test_nostrils_glow_in_no_colour(dark: Colour) -> None:
    """What is dark stays dark, whatever a match has left there: below black, or of one channel only."""
    picture = np.ones((64, 64, 3), np.float32) * np.array(_SKINS["fair"], np.float32)
    usual, mask = picture.copy(), np.ones((64, 64), np.float32)
    picture[30:33, 30:34] = dark
    shown = tone.texture(
        picture * tone.recolour(picture, usual, mask, 1.5), tone.crispness(usual, mask, 0.7), mask, 0.7
    )
    assert shown[31, 31:33].max() < 0.33
    assert np.isfinite(shown).all()
