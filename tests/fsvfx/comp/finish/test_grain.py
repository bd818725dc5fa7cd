"""Grain: what is measured, what is made, and what must not be taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_pictures import along, disc, grain, scene

from fsvfx.comp.finish import grain_seed, regrain
from fsvfx.comp.finish.grain import measure_grain

SIZE = 256
RAMP = np.broadcast_to(np.linspace(0.05, 0.4, SIZE, dtype=np.float32)[None, :, None], (SIZE, SIZE, 3)).copy()
EVERYWHERE = np.ones((SIZE, SIZE), bool)
MATTE = disc(SIZE, 0.45)
INSIDE = MATTE == 1
MIDDLE = (slice(64, -64), slice(64, -64))


@pytest.mark.parametrize("deviation", [0.004, 0.02])
@pytest.mark.parametrize("size", [0.0, 0.6, 1.0, 1.5])
@pytest.mark.parametrize("ground", [RAMP, scene(SIZE) * 0.4], ids=["ramp", "shapes"])
def test_known_grain_is_matched(deviation: float, size: float, ground: np.ndarray) -> None:
    plate = ground + grain((SIZE, SIZE), deviation, size)
    added = regrain(RAMP, plate, MATTE, 100, seed=1) - RAMP
    truth = grain((SIZE, SIZE), deviation, size)
    assert added[MIDDLE].std() == pytest.approx(deviation, rel=0.15)
    for step in (1, 2):
        assert along(added[MIDDLE], step) == pytest.approx(along(truth[MIDDLE], step), abs=0.15)


def test_stronger_where_the_plate_says_so() -> None:
    """Shot noise: variance by light."""
    plate = RAMP + grain((SIZE, SIZE), 1.0, 0.5) * 0.03 * np.sqrt(RAMP)
    added = regrain(RAMP, plate, np.ones((SIZE, SIZE)), 100, seed=1) - RAMP
    for columns in (slice(20, 60), slice(110, 150), slice(200, 240)):
        wanted = 0.03 * float(np.sqrt(RAMP[:, columns]).mean())
        assert added[:, columns].std() == pytest.approx(wanted, rel=0.15)


def test_channels_are_as_alike_as_in_the_plate() -> None:
    separate, joint = grain((SIZE, SIZE), 0.01, 0.5), grain((SIZE, SIZE), 0.01, 0.5, seed=9)[..., :1]
    added = regrain(RAMP, RAMP + separate * np.float32(0.6) + joint * np.float32(0.8), MATTE, 100, seed=1) - RAMP
    alike = np.corrcoef(added[MIDDLE].reshape(-1, 3).T)
    np.testing.assert_allclose(alike[[0, 0, 1], [1, 2, 2]], 0.64, atol=0.1)


def test_only_what_is_missing_is_added() -> None:
    plate = RAMP + grain((SIZE, SIZE), 0.02, 0.6)
    half = RAMP + grain((SIZE, SIZE), 0.012, 0.6, seed=8)
    whole = RAMP + grain((SIZE, SIZE), 0.021, 0.6, seed=8)
    made = regrain(half, plate, np.ones((SIZE, SIZE)), 100, seed=1)
    assert (made - RAMP)[MIDDLE].std() == pytest.approx(0.02, rel=0.1)
    left = regrain(whole, plate, np.ones((SIZE, SIZE)), 100, seed=1)
    assert (left - whole)[MIDDLE].std() < 0.003


def test_as_strong_through_the_soft_edge() -> None:
    """Plate's grain goes and the new comes; together they stay as strong."""
    fade = np.broadcast_to(np.linspace(0, 1, SIZE, dtype=np.float32)[None], (SIZE, SIZE))
    even = np.full_like(RAMP, 0.2)
    noise = grain((SIZE, SIZE), 0.02, 0.5)
    comp = regrain(even + noise * (1 - fade)[..., None], even + noise, fade, 100, seed=1) - even
    for columns in np.split(np.arange(SIZE), 8):
        assert comp[:, columns].std() == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize(("amount", "wanted"), [(50, 0.01), (100, 0.02), (200, 0.04)])
def test_percent(amount: float, wanted: float) -> None:
    added = regrain(RAMP, RAMP + grain((SIZE, SIZE), 0.02, 0.5), MATTE, amount, seed=1) - RAMP
    assert added[MIDDLE].std() == pytest.approx(wanted, rel=0.15)


def test_nothing_outside_the_matte_and_nothing_for_nothing() -> None:
    plate = RAMP + grain((SIZE, SIZE), 0.02, 0.5)
    made = regrain(RAMP, plate, MATTE, 100, seed=1)
    np.testing.assert_array_equal(made[MATTE == 0], RAMP[MATTE == 0])
    assert regrain(RAMP, plate, MATTE, 0, seed=1) is RAMP
    assert regrain(RAMP, plate, np.zeros_like(MATTE), 100, seed=1) is RAMP


def eight_bit(picture: np.ndarray) -> np.ndarray:
    return (np.rint(np.sqrt(picture) * 255).astype(np.float32) / 255) ** 2


def compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    eight = np.rint(np.sqrt(np.clip(picture, 0, 1)) * 255).astype(np.uint8)
    back = cv2.imdecode(cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return (back.astype(np.float32) / 255) ** 2


@pytest.mark.parametrize(
    "clean",
    [RAMP, scene(SIZE) * 0.5, eight_bit(RAMP), eight_bit(scene(SIZE) * 0.5), compressed(scene(SIZE) * 0.5, 50)],
    ids=["ramp", "shapes", "8-bit ramp", "8-bit shapes", "mosquito noise"],
)
def test_clean_plates_give_none(clean: np.ndarray) -> None:
    """Less than half a step of 8 bits."""
    made = regrain(RAMP, clean, MATTE, 100, seed=1)
    assert (made - RAMP).std() < 0.5 / 255 * 2 * np.sqrt(0.2)


def test_light_far_above_white_and_broken_pixels() -> None:
    plate = RAMP * 100 + grain((SIZE, SIZE), 1.0, 0.5) * 0.02 * RAMP * 100
    plate[10, 10], plate[100, 100], plate[50, 60] = np.nan, np.inf, -np.inf
    made = regrain(RAMP * 100, plate, MATTE, 100, seed=1)
    assert np.isfinite(made).all()
    added = (made - RAMP * 100)[INSIDE] / (RAMP * 100)[INSIDE]
    assert added.std() == pytest.approx(0.02, rel=0.15)


def test_the_same_seed_the_same_bytes() -> None:
    plate = RAMP + grain((SIZE, SIZE), 0.02, 0.5)
    one, again, other = (regrain(RAMP, plate, MATTE, 100, seed=seed) for seed in (7, 7, 8))
    assert one.tobytes() == again.tobytes()
    assert np.corrcoef((one - RAMP)[INSIDE].ravel(), (other - RAMP)[INSIDE].ravel())[0, 1] < 0.05
    seeds = {grain_seed(shot, frame, entry) for shot in (0, 1) for frame in (1001, 1002) for entry in (0, 1)}
    assert len(seeds) == 8


def test_too_small_a_place_gives_none() -> None:
    assert measure_grain(RAMP[:12, :12] + grain((12, 12), 0.02, 0.0), EVERYWHERE[:12, :12]) is None
