"""Frame rates: each is one exact fraction, however it is spelt. Everything that reads or compares rates does it here.

The rule: a rate that is within 3 in 10 000 of a whole number n, or of n * 1000/1001, is that one. So 23.98, 23.976,
23.97, 2997/125, 2398/100, 24000/1001 and float32's 23.976025 are 24000/1001. A rate and its 1000/1001 are 10 in 10 000
apart, so neither can be taken for the other. What lies between them stays what it is: 29.98, 25.01, 23.985 and 12.5.
"""

from __future__ import annotations

import re
from fractions import Fraction
from numbers import Rational, Real

SLOWEST, FASTEST = 1, 240
"""Frames a second that a picture may run at."""
NEAR = Fraction(3, 10_000)
"""Relative. Two decimals, rounded or cut, are off by 2.5 in 10 000 at most at 24 frames a second (23.97, 23.98)."""

_TEXT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20}|/([0-9]{1,12}))?")


class RateError(ValueError):
    """What was given is no frame rate. Its text says so."""


def exact(rate: float | Rational) -> Fraction:
    """The rate that ``rate`` means. Raises RateError for NaN, infinity, 0, what no picture runs at, and no number."""
    value = _fraction(rate)
    if not SLOWEST <= value <= FASTEST:
        raise RateError(f"{_shown(rate)} frames per second is out of range")
    return value


def parse(text: str) -> Fraction:
    """The rate that a person wrote: ``24``, ``23.976``, ``23.98`` or ``24000/1001``. Raises RateError."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise RateError(f"{text[:40]!r} is not a frame rate")
    if match[1] is not None and int(match[1]) == 0:
        raise RateError(f"{text} frames per second is out of range")
    return exact(Fraction(match[0]))


def known(rate: object) -> Fraction | None:
    """``exact`` for headers, which are often empty or wrong and may hold anything: None for what can't be."""
    try:
        return exact(rate) if isinstance(rate, Real) else None  # type: ignore[arg-type]  # exact looks closer
    except RateError:
        return None


def snapped(rate: float | Rational) -> Fraction:
    """The same rule for clocks that need not be pictures' (48000 in a second). Raises RateError unless above 0."""
    return _fraction(rate)


def written(rate: Fraction) -> str:
    """``24`` or ``24000/1001``, as ``parse`` reads it."""
    return str(rate)


def _fraction(rate: float | Rational) -> Fraction:
    if getattr(rate, "denominator", 1) == 0:  # files have them, and Fraction then works until it is used
        raise RateError(f"{rate!s} frames per second is out of range")
    try:
        value = Fraction(rate if isinstance(rate, Rational) else float(rate)).limit_denominator(1_000_000)
    except (TypeError, ValueError, OverflowError):
        raise RateError(f"{rate} is not a frame rate") from None
    if value <= 0:
        raise RateError(f"{_shown(rate)} frames per second is out of range")
    whole = max(1, round(value))
    slowed = Fraction(1000 * max(1, round(value * Fraction(1001, 1000))), 1001)
    best = min((Fraction(whole), slowed), key=lambda one: abs(one - value))
    return best if abs(best - value) <= NEAR * best else value


def _shown(rate: object) -> str:
    return f"{rate:g}" if isinstance(rate, float) else str(rate)
