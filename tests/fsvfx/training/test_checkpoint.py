"""Checkpoints: what goes in comes out, and a broken one is found and stepped over."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fsvfx.errors import MachineError
from fsvfx.training import rng
from fsvfx.training.checkpoint import Checkpoints
from fsvfx.training.events import Event

TREE = {
    "weights": {"a.weight": torch.arange(6.0).reshape(2, 3).t(), "b": torch.tensor(2, dtype=torch.int64)},
    "moments": {0: {"step": 3, "betas": (0.9, 0.999)}},
    "generator": np.random.default_rng(1).bit_generator.state,
    "legacy": np.arange(4, dtype=np.uint32),
    "nothing": [None, True, "text"],
}


def equal(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor | np.ndarray):
        return type(one) is type(other) and one.dtype == other.dtype and bool((one == other).all())  # type: ignore[attr-defined]
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def checkpoints(tmp_path: Path, told: list[Event]) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", 3, told.append)


def test_a_tree_comes_back(checkpoints: Checkpoints) -> None:
    checkpoints.save(12, TREE)
    assert checkpoints.newest_step() == 12
    assert equal(checkpoints.read(12), TREE)


def test_random_numbers_go_on(checkpoints: Checkpoints) -> None:
    rng.seed(5)
    checkpoints.save(1, {"random": rng.state()})
    drawn = torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()
    rng.seed(6)
    rng.restore(checkpoints.read(1)["random"])
    assert (torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()) == drawn


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json"])
@pytest.mark.parametrize("harm", [flip_a_byte, cut, empty, Path.unlink])
def test_a_broken_one_is_told_and_the_one_before_is_taken(
    checkpoints: Checkpoints, told: list[Event], name: str, harm: Callable[[Path], None]
) -> None:
    checkpoints.save(1, TREE)
    path = checkpoints.save(2, TREE)
    harm(path / name)
    assert checkpoints.newest_step() == 1
    assert "step-00000002 is broken" in str(told[-1])
    assert name in str(told[-1])
    assert (path.parent / "broken-step-00000002").exists()
    assert checkpoints.save(2, TREE) == path
    assert checkpoints.newest_step() == 2


def test_all_broken_is_no_fresh_start(checkpoints: Checkpoints) -> None:
    cut(checkpoints.save(1, TREE) / "state.json")
    with pytest.raises(MachineError, match="All 1 checkpoints are broken"):
        checkpoints.newest_step()


def test_an_unfinished_one_is_none(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints.save(1, TREE)
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(MachineError, match="No space left"):
        checkpoints.save(2, TREE)
    monkeypatch.undo()
    assert checkpoints.newest_step() == 1
    assert [path.name for path in checkpoints.folder.iterdir()] == ["step-00000001"]


def test_what_it_cannot_hold_is_refused(checkpoints: Checkpoints) -> None:
    with pytest.raises(TypeError, match="feeds/0 is a object"):
        checkpoints.save(1, {"feeds": [object()]})
