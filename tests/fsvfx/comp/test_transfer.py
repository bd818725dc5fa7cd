"""Colour transfers against the formulas of their papers, written out plainly here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import scipy.linalg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.exposure import match_histograms as skimage_match

from fsvfx.comp.transfer import KINDS, match_histograms, reach, transfer
from fsvfx.comp.transfer.sliced import distribution, samples, sliced
from fsvfx.comp.transfer.spaces import cielab, from_cielab, from_ruderman, ruderman

SIZE = 64
REAL = [kind for kind in KINDS if kind != "none"]
ONE = {"steady": 0.0, "starts": np.zeros(1, np.bool_), "wanted": slice(None)}


def picture(seed: int, mean: tuple[float, float, float], gain: float, size: int = SIZE) -> np.ndarray:
    """(1, size, size, 3): soft colours, correlated as skin's are."""
    random = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(random.random((size, size, 3)), (0, 0), 3)
    mixed = (soft - 0.5) @ np.array([[1.0, 0.8, 0.6], [0.2, 0.5, 0.1], [0.0, 0.1, 0.3]])
    return (mixed * gain + mean)[None].astype(np.float32)


SWAP, PLATE = picture(1, (0.55, 0.42, 0.35), 0.6), picture(2, (0.45, 0.40, 0.42), 0.9) ** np.float32(1.2)
WHOLE = np.ones((1, SIZE, SIZE), np.float32)
SOFT = cv2.GaussianBlur(np.pad(np.ones((40, 30), np.float32), ((12, 12), (20, 14))), (0, 0), 4)[None]


def given_colours(
    kind: str, share: np.ndarray = WHOLE, swap: np.ndarray = SWAP, plate: np.ndarray = PLATE
) -> np.ndarray:
    return transfer(swap, plate, share, share, kind, **ONE)


def moments(pixels: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = pixels.reshape(-1, 3).astype(np.float64)
    return np.average(flat, axis=0, weights=share.ravel()), np.cov(flat.T, aweights=share.ravel(), ddof=0)


def published_lab(rgb: np.ndarray) -> np.ndarray:
    """Reinhard et al. 2001, equations 4 to 6."""
    lms = (
        np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]]) @ rgb.reshape(-1, 3).T
    )
    l, m, s = np.log10(lms)  # noqa: E741
    return np.stack([(l + m + s) / 3**0.5, (l + m - 2 * s) / 6**0.5, (l - m) / 2**0.5], axis=1)


@pytest.mark.parametrize("share", [WHOLE, SOFT], ids=["whole", "masked"])
def test_rct_gives_mean_and_deviation_in_l_alpha_beta(share: np.ndarray) -> None:
    weight = share.ravel()

    def stated(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.average(lab, axis=0, weights=weight)
        return mean, np.sqrt(np.average((lab - mean) ** 2, axis=0, weights=weight))

    swap, plate = published_lab(SWAP), published_lab(PLATE)
    (swap_mean, swap_spread), (plate_mean, plate_spread) = stated(swap), stated(plate)
    wanted = (swap - swap_mean) * plate_spread / swap_spread + plate_mean
    got = published_lab(given_colours("rct", share))
    assert got == pytest.approx(wanted, abs=2e-4)
    assert stated(got)[1] == pytest.approx(plate_spread, rel=1e-3)


@pytest.mark.parametrize("kind", ["lct", "mkl"])
@pytest.mark.parametrize("share", [WHOLE, SOFT], ids=["whole", "masked"])
def test_linear_kinds_give_mean_and_covariance(kind: str, share: np.ndarray) -> None:
    mean, covariance = moments(given_colours(kind, share), share)
    wanted_mean, wanted = moments(PLATE, share)
    assert mean == pytest.approx(wanted_mean, abs=1e-5)
    assert covariance == pytest.approx(wanted, abs=2e-3 * np.abs(wanted).max())


def _matrix_of(result: np.ndarray) -> np.ndarray:
    """The linear map that was applied, by least squares."""
    source = np.c_[SWAP.reshape(-1, 3), np.ones(SIZE * SIZE)]
    return np.linalg.lstsq(source.astype(np.float64), result.reshape(-1, 3).astype(np.float64), rcond=None)[0][:3].T


def test_lct_and_mkl_are_their_papers_matrices() -> None:
    swap, plate = moments(SWAP, WHOLE)[1], moments(PLATE, WHOLE)[1]
    root = scipy.linalg.sqrtm(swap)
    roots = scipy.linalg.sqrtm(plate) @ np.linalg.inv(root)
    monge = np.linalg.inv(root) @ scipy.linalg.sqrtm(root @ plate @ root) @ np.linalg.inv(root)
    got = _matrix_of(given_colours("mkl"))
    assert _matrix_of(given_colours("lct")) == pytest.approx(roots.real, rel=5e-3, abs=5e-3)
    assert got == pytest.approx(monge.real, rel=5e-3, abs=5e-3)
    assert got == pytest.approx(got.T, abs=2e-3)
    assert (np.linalg.eigvalsh((got + got.T) / 2) > 0).all()


def sliced_distance(one: np.ndarray, other: np.ndarray, share: np.ndarray = WHOLE) -> float:
    """The sliced Wasserstein distance of what lies within the share."""
    ways = np.random.default_rng(5).standard_normal((48, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    levels = np.linspace(0.01, 0.99, 99)
    inside = share.ravel() > 0.5
    rows = [np.quantile(each.reshape(-1, 3)[inside] @ ways.T, levels, axis=0) for each in (one, other)]
    return float(np.sqrt(((rows[0] - rows[1]) ** 2).mean()))


@pytest.mark.parametrize("move", [distribution, sliced])
def test_transport_brings_samples_to_the_plates_distribution(move) -> None:
    swap, plate = (samples(each.reshape(-1, 3).T.copy(), WHOLE.ravel()) for each in (SWAP, PLATE))
    moved = move(swap, plate)
    assert sliced_distance(moved.T, plate.T, np.ones(moved.shape[1])) < 0.05 * sliced_distance(
        swap.T, plate.T, np.ones(moved.shape[1])
    )
    for got, wanted in zip(np.sort(moved, axis=1), np.sort(plate, axis=1), strict=True):
        assert np.abs(got - wanted).mean() < 0.01


@pytest.mark.parametrize("kind", ["idt", "sot", "mix"])
@pytest.mark.parametrize("share", [WHOLE, SOFT], ids=["whole", "masked"])
def test_transported_pictures_come_near_the_plates_distribution(kind: str, share: np.ndarray) -> None:
    before, after = sliced_distance(SWAP, PLATE, share), sliced_distance(given_colours(kind, share), PLATE, share)
    assert after < (0.35 if kind == "mix" else 0.2) * before


@pytest.mark.parametrize("kind", ["idt", "sot", "mix"])
def test_transport_leaves_grain_what_it_is(kind: str) -> None:
    """The same map with and without a little noise: what it makes of the noise is noise of about that size."""
    noise = np.random.default_rng(0).normal(0, 0.01, SWAP.shape).astype(np.float32)
    clean = given_colours(kind)
    rough = given_colours(kind, swap=SWAP + noise) - clean
    linear = given_colours("mkl", swap=SWAP + noise) - given_colours("mkl")
    fine = [each - cv2.GaussianBlur(each[0], (0, 0), 2)[None] for each in (rough, linear)]
    assert fine[0].std() < 1.5 * fine[1].std()


@pytest.mark.parametrize("light", ["display", "linear"])
def test_mix_takes_lightness_linearly(light: str) -> None:
    got = transfer(SWAP, PLATE, WHOLE, WHOLE, "mix", light=light, **ONE)
    lightness = [cielab(each.reshape(-1, 3).T, light)[0] for each in (got, PLATE, SWAP)]
    assert lightness[0].mean() == pytest.approx(lightness[1].mean(), abs=2e-3)
    assert lightness[0].std() == pytest.approx(lightness[1].std(), rel=0.02)
    assert np.corrcoef(lightness[0], lightness[2])[0, 1] > 0.999


def test_histograms_are_scikit_images() -> None:
    got = match_histograms(SWAP, PLATE, WHOLE, WHOLE, 0.0, **ONE)
    wanted = skimage_match(SWAP[0], PLATE[0], channel_axis=-1)
    off = np.abs(got[0] - wanted)
    assert off.mean() < 1e-3
    assert np.quantile(off, 0.99) < 5e-3


def test_a_threshold_leaves_the_ends_out() -> None:
    plate = PLATE.copy()
    plate[0, :2] = 40.0  # three percent of the pixels are a lamp
    taken, left = (match_histograms(SWAP, plate, WHOLE, WHOLE, percent, **ONE) for percent in (0.0, 5.0))
    assert taken.max() > 30
    assert left.max() < 1.5


def test_only_what_has_a_share_counts() -> None:
    inside = SOFT > 0.5
    share = inside.astype(np.float32)
    plate = np.where(inside[..., None], PLATE, 9.0).astype(np.float32)
    swap = np.where(inside[..., None], SWAP, -3.0).astype(np.float32)
    for kind in REAL:
        got, wanted = given_colours(kind, share, swap, plate), given_colours(kind, share)
        assert got[inside] == pytest.approx(wanted[inside], abs=1e-5), kind


FRAMES = 9
STARTS = np.arange(FRAMES) == 5
LIGHT = (0.6, 0.5, 0.5), (0.2, 0.2, 0.3)


def _run(kind: str, steady: float, wanted: slice = slice(None), starts: np.ndarray = STARTS) -> np.ndarray:
    swap = np.concatenate([picture(10 + i, (0.5, 0.4, 0.3), 0.5, 32) for i in range(FRAMES)])
    plate = np.concatenate([picture(50 + i, LIGHT[i >= 5], 0.6, 32) for i in range(FRAMES)])
    share = np.ones(swap.shape[:3], np.float32)
    if kind == "histograms":
        return match_histograms(swap, plate, share, share, 1.0, steady=steady, starts=starts, wanted=wanted)
    return transfer(swap, plate, share, share, kind, steady=steady, starts=starts, wanted=wanted)


@pytest.mark.parametrize("kind", [*REAL, "histograms"])
def test_neighbours_count_up_to_their_reach_and_not_over_a_cut(kind: str) -> None:
    assert reach(1.0) == 3
    whole = _run(kind, 1.0)
    assert np.array_equal(_run(kind, 1.0, slice(2, 7)), whole[2:7])
    assert not np.allclose(whole, _run(kind, 0.0), atol=1e-4)
    assert whole[:5].mean() > 0.45
    assert whole[5:].mean() < 0.3
    alone = _run(kind, 1.0, starts=np.ones(FRAMES, np.bool_))
    assert alone == pytest.approx(_run(kind, 0.0), abs=1e-6)


@pytest.mark.parametrize("kind", [*REAL, "histograms"])
def test_the_same_bits_every_time(kind: str) -> None:
    assert np.array_equal(_run(kind, 1.0), _run(kind, 1.0))


def _flickering(seed: int, mean: tuple[float, float, float], by: float) -> np.ndarray:
    """One picture for FRAMES frames, whose contrast changes by some ``by`` of it from frame to frame."""
    still = picture(seed, mean, 0.6, 32)
    gains = 1 + by * np.random.default_rng(seed).standard_normal((FRAMES, 1, 1, 1))
    return (still.mean(axis=(1, 2), keepdims=True) * (1 - gains) + still * gains).astype(np.float32)


@pytest.mark.parametrize("kind", [*REAL, "histograms"])
def test_what_is_steadied_has_the_plates_flicker_and_not_the_swaps(kind: str) -> None:
    swap, plate = _flickering(1, (0.55, 0.42, 0.35), 0.02), _flickering(2, (0.45, 0.40, 0.42), 0.008)
    share = np.ones(swap.shape[:3], np.float32)
    steadied = {"steady": 2.0, "starts": STARTS & False, "wanted": slice(None)}
    if kind == "histograms":
        given = match_histograms(swap, plate, share, share, 1.0, **steadied)
    else:
        given = transfer(swap, plate, share, share, kind, **steadied)

    def flicker(pictures: np.ndarray) -> float:
        return float(np.sqrt((np.diff(pictures.std(axis=(1, 2)), axis=0) ** 2).mean()))

    most = 1.3 if kind in {"idt", "sot"} else 1.1  # a thousand pixels are few for a whole distribution
    assert flicker(swap) > 1.5 * flicker(plate)
    assert flicker(given) < most * flicker(plate)


ODD = {
    "no share": (SWAP, PLATE, WHOLE * 0),
    "a few pixels": (SWAP, PLATE, np.pad(np.ones((1, 4, 5), np.float32), ((0, 0), (0, 60), (0, 59)))),
    "one colour": (SWAP * 0 + 0.5, PLATE, WHOLE),
    "black": (SWAP * 0, PLATE * 0, WHOLE),
    "to one colour": (SWAP, PLATE * 0 + 0.2, WHOLE),
    "grey": (SWAP.mean(axis=-1, keepdims=True).repeat(3, -1), PLATE, WHOLE),
    "bright": (SWAP * 3000, PLATE * 64, WHOLE),
    "below zero": (SWAP - 1, PLATE - 0.5, WHOLE),
    "not finite": (np.where(SWAP > 0.7, np.nan, SWAP), np.where(PLATE > 0.6, np.inf, PLATE), WHOLE),
}


@pytest.mark.parametrize("kind", [*REAL, "histograms"])
@pytest.mark.parametrize("case", ODD)
def test_odd_pictures_stay_finite(kind: str, case: str) -> None:
    swap, plate, share = ODD[case]
    if kind == "histograms":
        got = match_histograms(swap, plate, share, share, 2.0, **ONE)
    else:
        got = given_colours(kind, share, swap, plate)
    assert got.dtype == np.float32
    assert np.isfinite(got).all()
    if case == "no share":
        assert np.array_equal(got, SWAP)


@given(
    hnp.arrays(np.float32, (1, 8, 8, 3), elements=st.floats(-100, 65504, width=32)),
    hnp.arrays(np.float32, (1, 8, 8, 3), elements=st.floats(width=32)),
    hnp.arrays(np.float32, (1, 8, 8), elements=st.floats(0, 1, width=32)),
    st.sampled_from(REAL),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_but_numbers_comes_out(swap: np.ndarray, plate: np.ndarray, share: np.ndarray, kind: str) -> None:
    assert np.isfinite(given_colours(kind, share, swap, plate)).all()


@given(hnp.arrays(np.float32, (3, 7), elements=st.floats(-2, 64, width=32)), st.sampled_from(["display", "linear"]))
def test_the_spaces_come_back(rgb: np.ndarray, light: str) -> None:
    rgb = np.clip(rgb, -1, 4) if light == "display" else rgb
    largest = np.abs(rgb).max() + 1e-2
    assert np.abs(from_ruderman(ruderman(rgb)) - rgb).max() < 1e-3 * largest
    assert np.abs(from_cielab(cielab(rgb, light), light) - rgb).max() < 1e-3 * largest
