"""Super-resolution: the registry, and what back-projection does and does not."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import cv2
import numpy as np
import pytest
from made_pictures import scene

from fsvfx.comp.finish import check_super_resolver, super_resolvers
from fsvfx.comp.finish.back_projection import SPREAD, back_projection
from fsvfx.comp.finish.super_resolvers import REGISTERED, super_resolve
from fsvfx.errors import InputError, MachineError


def grown(crop: np.ndarray) -> np.ndarray:
    return crop.repeat(3, axis=0).repeat(3, axis=1) + np.float32(0.05)


def wrong_size(crop: np.ndarray) -> np.ndarray:
    return crop[:-3]


@pytest.fixture
def more(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {
        name: EntryPoint(name, f"{__name__}:{what}", REGISTERED.group)
        for name, what in {"grown": "grown", "wrong": "wrong_size", "gone": "nothing_here", "number": "NUMBER"}.items()
    }
    monkeypatch.setitem(REGISTERED.__dict__, "_points", REGISTERED._points | here)


NUMBER = 3


def test_the_built_in_one_is_there() -> None:
    assert "back_projection" in super_resolvers()
    check_super_resolver("back_projection")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"No super-resolver named 'back_projektion'.*Did you mean 'back_projection'"):
        check_super_resolver("back_projektion")


@pytest.mark.usefixtures("more")
def test_others_may_bring_theirs() -> None:
    crop = scene(64) * 0.5
    made = super_resolve(crop, 50, "grown")
    np.testing.assert_allclose(made, np.clip(crop + 0.025, crop.min(), crop.max()), atol=1e-5)


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize(
    ("name", "said"), [("wrong", "made"), ("gone", "can't be loaded"), ("number", "is not a function")]
)
def test_broken_ones_are_told_by_name(name: str, said: str) -> None:
    with pytest.raises(MachineError, match=f"'{name}'.*{said}"):
        super_resolve(scene(64), 50, name)


def test_it_undoes_the_blur_that_it_assumes() -> None:
    sharp = scene(128)
    soft = cv2.GaussianBlur(sharp, (0, 0), SPREAD)
    made = super_resolve(soft, 100, "back_projection")
    inner = (slice(8, -8), slice(8, -8))
    assert np.abs(made - sharp)[inner].mean() < 0.7 * np.abs(soft - sharp)[inner].mean()


def test_it_makes_twice_the_size_without_ringing() -> None:
    step = np.full((64, 64, 3), 0.3, np.float32)
    step[:, 32:] = 0.7
    made = back_projection(step)
    assert made.shape == (128, 128, 3)
    assert made.min() >= 0.3
    assert made.max() <= 0.7
