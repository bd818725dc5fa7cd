"""Every spelling of a rate is one exact fraction; no two rates are taken for each other; nonsense is told."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import rates

WHOLE = (12, 15, 24, 25, 30, 48, 50, 60, 72, 90, 96, 100, 120, 240)
SLOWED = (12, 15, 24, 30, 48, 60, 72, 90, 96, 120, 240)
STANDARD = [*(Fraction(n) for n in WHOLE), *(Fraction(1000 * n, 1001) for n in SLOWED)]

standard = st.sampled_from(STANDARD)


@pytest.mark.parametrize(
    ("texts", "rate"),
    [
        (
            "23.98 23.976 23.97 23.9760 23.976023976 23.976023976023978 2398/100 2997/125 23976/1000 24000/1001",
            Fraction(24000, 1001),
        ),
        ("11.988 11.99 12000/1001", Fraction(12000, 1001)),
        ("14.985 15000/1001", Fraction(15000, 1001)),
        ("29.97 29.970 29.97003 2997/100 30000/1001", Fraction(30000, 1001)),
        ("47.95 47.952 47.96 48000/1001", Fraction(48000, 1001)),
        ("59.94 59.940 5994/100 60000/1001", Fraction(60000, 1001)),
        ("95.9 95.904 96000/1001", Fraction(96000, 1001)),
        ("119.88 119.880 120000/1001", Fraction(120000, 1001)),
        ("24 24.0 24.000 24/1 24000/1000 000024", Fraction(24)),
        ("25 25.00 50/2", Fraction(25)),
        ("30 30.0", Fraction(30)),
        ("120", Fraction(120)),
        ("240", Fraction(240)),
        ("1", Fraction(1)),
    ],
)
def test_spellings_of_one_rate(texts: str, rate: Fraction) -> None:
    assert {text: rates.parse(text) for text in texts.split()} == dict.fromkeys(texts.split(), rate)


@pytest.mark.parametrize("text", ["29.98", "25.01", "23.985", "23.99", "12.5", "18.5", "29.9", "59.9", "24.02"])
def test_what_lies_between_standard_rates_stays_what_it_is(text: str) -> None:
    assert rates.parse(text) == Fraction(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "24/0", "0/0", "0", "0.0", "-24", "+24", "1e3", "1e999999999", "nan", "inf", "-inf", "241", "1000000000",
     "24p", "24 fps", "pal", "24,5", "24/1001/2", "24 / 1", "٢٤", "24\n25", "9" * 500, "0.5", "½"],
)  # fmt: skip
def test_no_rate_is_told(text: str) -> None:
    with pytest.raises(rates.RateError, match=r"not a frame rate|out of range"):
        rates.parse(text)


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -float("inf"), 0, -24.0, 1e9, 0.5, Fraction(-24), 5e-324])
def test_no_number_that_is_no_rate_passes(rate: float | Fraction) -> None:
    assert rates.known(rate) is None
    with pytest.raises(rates.RateError, match=r"not a frame rate|out of range"):
        rates.exact(rate)


def test_a_fraction_over_0_is_told() -> None:
    """OpenEXR hands out such fractions: Fraction's own constructor would refuse them."""
    over = Fraction(24)
    over._denominator = 0  # type: ignore[attr-defined]
    assert rates.known(over) is None
    with pytest.raises(rates.RateError, match="24/0"):
        rates.exact(over)


def test_clocks_that_are_no_pictures() -> None:
    assert rates.snapped(48000) == 48000
    assert rates.snapped(600.0) == 600
    with pytest.raises(rates.RateError):
        rates.snapped(0)


@given(standard, st.integers(2, 12))
def test_rounded_or_cut_decimals_of_a_standard_rate_are_it(rate: Fraction, places: int) -> None:
    scale = 10**places if rate >= 20 else 10 ** (places + 1)
    for number in (round(rate * scale), rate * scale // 1):
        assert rates.exact(Fraction(number, scale)) == rate


@given(standard)
def test_floats_of_a_standard_rate_are_it(rate: Fraction) -> None:
    for number in (float(rate), float(np.float32(float(rate))), float(np.float32(round(float(rate), 3)))):
        assert rates.exact(number) == rate


@given(standard, standard)
def test_no_two_standard_rates_are_confused(one: Fraction, other: Fraction) -> None:
    assert (rates.exact(one) == rates.exact(other)) == (one == other)
    assert rates.exact(one) == one


@given(st.one_of(st.floats(), st.fractions(), st.integers()))
@example(1.0005)
def test_any_number_is_a_rate_or_told(number: float | Fraction) -> None:
    rate = rates.known(number)
    if rate is not None:
        assert rates.SLOWEST <= rate <= rates.FASTEST
        assert abs(rate - Fraction(number)) <= rates.NEAR * rate
        assert rates.exact(rate) == rate
        assert rates.parse(rates.written(rate)) == rate


@given(st.text(max_size=30))
def test_any_text_is_a_rate_or_told(text: str) -> None:
    with contextlib.suppress(rates.RateError):
        assert rates.SLOWEST <= rates.parse(text) <= rates.FASTEST
