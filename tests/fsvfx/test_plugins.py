"""Plug-ins by entry point."""

from __future__ import annotations

from importlib import metadata
from importlib.metadata import EntryPoint

import pytest

from fsvfx import plugins
from fsvfx.errors import InputError, MachineError
from fsvfx.plugins import Plugins


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    points = (
        EntryPoint("tall", "math:tau", "toys"),
        EntryPoint("small", "math:pi", "toys"),
        EntryPoint("small", "math:e", "toys"),
        EntryPoint("gone", "no_such_module:thing", "toys"),
    )
    monkeypatch.setattr(plugins, "entry_points", lambda group: metadata.EntryPoints(points).select(group=group))
    return Plugins("toys", "toy")


def test_in_order_and_the_first_of_a_name_counts(two: Plugins) -> None:
    assert two.names() == ("gone", "small", "tall")
    assert two.load("small", lambda found: isinstance(found, float), "number") == pytest.approx(3.14159, abs=1e-4)


def test_an_unknown_one_is_the_users_mistake(two: Plugins) -> None:
    with pytest.raises(InputError, match=r"No toy named 'smal'. Did you mean 'small'?"):
        two.check("smal")


@pytest.mark.parametrize(("name", "said"), [("gone", "can't be loaded"), ("tall", "is not a text")])
def test_a_broken_one_is_the_machines(two: Plugins, name: str, said: str) -> None:
    with pytest.raises(MachineError, match=f"Toy '{name}'.*{said}"):
        two.load(name, lambda found: isinstance(found, str), "text")


def test_fsvfxs_own_stand_before_others_which_are_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: read.append(group) or ())
    found = Plugins("fsvfx.executors", "executor").load("serial", lambda one: isinstance(one, type), "class")
    assert (found.__name__, read) == ("Serial", [])
