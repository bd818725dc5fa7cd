"""Limits of pictures: told by name, and settable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fsvfx.errors import PlateError
from fsvfx.media.files import Place, check_size
from fsvfx.settings import machine

PLACE = Place("a.tif")


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda: check_size(0, 10, PLACE), "0x10 pixels"),
        (lambda: check_size(10, -3, PLACE), "10x-3 pixels"),
        (lambda: check_size(65_500, 4, PLACE), "FSVFX_MAX_SIDE"),
        (lambda: check_size(16_000, 16_000, PLACE), "FSVFX_MAX_PIXELS"),
    ],
)
def test_what_is_beyond_a_limit_is_told_by_the_settings_name(check: Callable[[], None], says: str) -> None:
    with pytest.raises(PlateError, match=says):
        check()


@pytest.mark.parametrize("size", [(1, 1), (12_288, 6_480), (14_204, 10_652), (16_384, 8_640)])
def test_what_cameras_give_is_allowed(size: tuple[int, int]) -> None:
    check_size(*size, PLACE)


def test_limits_are_set_by_the_machines_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSVFX_MAX_SIDE", "70000")
    monkeypatch.setenv("FSVFX_MAX_PIXELS", "5000000000")
    machine.cache_clear()
    check_size(65_500, 65_500, PLACE)
