"""Which segmenters there are, and that a studio's own is taken."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from fsvfx import plugins
from fsvfx.errors import InputError, MachineError
from fsvfx.models import cards
from fsvfx.occlusion import contract
from fsvfx.occlusion.contract import Segmenter


def test_embedded_is_the_default_one_and_its_weights_come_with_a_pull() -> None:
    kind = contract.segmenter("embedded")
    assert kind is contract.segmenter(contract.EMBEDDED)
    assert kind.name == contract.EMBEDDED
    assert issubclass(kind, Segmenter)
    assert kind.weights
    assert all(cards()[card].embedded and cards()[card].commercial_use for card in kind.weights)


@pytest.mark.parametrize(
    ("name", "hint"), [("texture_and_hand", "texture_and_hands"), ("bisenet", "Available: embedded, none")]
)
def test_an_unknown_one_is_named_with_what_there_is(name: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"No segmenter named '{name}'") as caught:
        contract.segmenter(name)
    assert hint in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("value", "said"),
    [("nowhere.at.all:Thing", "can't be loaded"), ("fsvfx.occlusion.contract:Faces", "is not a subclass")],
)
def test_a_broken_one_is_told_by_name(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    points = [EntryPoint("own", value, contract.REGISTERED.group)]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    monkeypatch.setattr(contract, "REGISTERED", replace(contract.REGISTERED))
    with pytest.raises(MachineError, match=said):
        contract.segmenter("own")
