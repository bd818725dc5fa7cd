"""The registry: engines by entry point, plain words for what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from fsvfx import plugins
from fsvfx.engines import registry
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.errors import InputError, MachineError

Made = Callable[..., Any]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Made:
    def register(*points: tuple[str, str]) -> None:
        found = [EntryPoint(name, value, registry.REGISTERED.group) for name, value in points]
        monkeypatch.setattr(plugins, "entry_points", lambda group: found)
        monkeypatch.setattr(registry, "REGISTERED", replace(registry.REGISTERED))

    return register


def test_the_first_engine_is_registered() -> None:
    assert registry.engines()["landmark_warp"] is LandmarkWarp
    assert registry.engine("landmark_warp") is LandmarkWarp


@pytest.mark.parametrize(
    ("asked", "said"), [("landmarkwarp", "Did you mean 'landmark_warp'?"), ("zzz", "landmark_warp")]
)
def test_an_unknown_engine_names_the_nearest(asked: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        registry.engine(asked)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"shap": 0.5}, "Did you mean 'shape'?"),
        ({"shape": 2}, "shape:"),
        ({"references": "many"}, "references:"),
        ({"eyes": "nobody"}, "eyes:"),
        ({"shape": 2, "ligt": 1}, "ligt"),
    ],
)
def test_settings_are_checked(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        registry.settings_of("landmark_warp", values)
    assert said in str(caught.value)


def test_an_engine_of_another_package_is_found(registered: Made) -> None:
    registered(("theirs", "fsvfx.engines.landmark_warp:LandmarkWarp"))
    assert registry.engines()["theirs"] is LandmarkWarp


@pytest.mark.parametrize("value", ["no.such.module:Engine", "fsvfx.errors:InputError"])
def test_a_broken_package_is_named(registered: Made, value: str) -> None:
    registered(("theirs", value))
    with pytest.raises(MachineError, match="theirs"):
        registry.engine("theirs")
