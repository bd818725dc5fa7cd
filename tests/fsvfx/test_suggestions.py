"""The hint for a name that is not known."""

from __future__ import annotations

from fsvfx.suggestions import nearest, suggestion


def test_what_is_near_and_what_is_not() -> None:
    assert suggestion("grian", ("grain", "matte")) == "Did you mean 'grain'?"
    assert suggestion("GRAIN", ("grain", "matte")) == "Did you mean 'grain'?"
    assert suggestion("xyz", ("grain", "matte")) == "Available: grain, matte"
    assert suggestion("xyz", ("grain", "matte"), "Give a texture") == "Give a texture"
    assert suggestion("xyz", ()) == "Available: none"


def test_nothing_is_nearest_to_what_is_like_nothing() -> None:
    assert nearest("xyz", ("grain", "matte")) is None
