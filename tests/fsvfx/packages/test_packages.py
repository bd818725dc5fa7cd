"""Model packages: placed whole, found by name and hash, and believed only as far as the hash goes."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import toy_packages

from fsvfx import packages
from fsvfx.errors import InputError, MachineError, ModelError
from fsvfx.packages import CARD, WEIGHTS, Packages, search
from fsvfx.settings import machine
from schemas.package import Ancestor, Figures

A, B = "a" * 64, "b" * 64
Weights = dict[str, torch.Tensor]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages, beside which there are no starters."""
    monkeypatch.setattr(search, "STARTERS", tmp_path / "starters")
    yield tmp_path / "packages"
    machine.cache_clear()


def weights(seed: int = 0) -> Weights:
    return {"one": torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(seed)), "two": torch.zeros(3)}


def placed(root: Path, seed: int = 0, **more: Any) -> Path:
    return packages.place(root, weights(seed), lambda sha256: toy_packages.card(sha256, **more), {"preview.png": b"p"})


def flip(file: Path, at: int = -1) -> None:
    held = bytearray(file.read_bytes())
    held[at] ^= 1
    file.write_bytes(held)


def test_what_was_placed_is_found_and_read(root: Path) -> None:
    folder = placed(root)
    card = packages.card_of(folder)
    assert folder == root / "toy" / card.sha256[:12]
    assert sorted(file.name for file in folder.iterdir()) == [CARD, "preview.png", WEIGHTS]
    assert Packages(root).find("toy", card.sha256) == folder
    read = packages.weights_in(folder, card.sha256)
    assert all(torch.equal(read[name], held) for name, held in weights().items())


def test_equal_weights_of_equal_people_are_one_package(root: Path) -> None:
    """However they lay in memory, and whenever they were made; of other people they are others."""
    folder = placed(root)
    strided = {"two": torch.zeros(3), "one": weights()["one"].contiguous(memory_format=torch.channels_last)}
    again = packages.place(root, strided, lambda sha256: toy_packages.card(sha256, seconds=99.0), {})
    assert again == folder
    assert packages.card_of(folder).seconds == 12.5, "what is there is not overwritten"
    assert placed(root, people=("ada", "cleo")) != folder
    assert placed(root, seed=1) != folder


CARDS = {
    "a name that YAML could read as a number": {"model": "1e5", "production": "0x1F", "licence": "no"},
    "a licence of many lines": {"licence": "one: two\n\n  three # four\n'five' \"six\"" + " seven" * 60},
    "figures": {"figures": Figures(identity="ada", performer="bea", faces=8, nearer=1.0, yaw_r=-1e-7, ms_per_face=3)},
    "an ancestor": {"start": Ancestor(model="old", sha256=A, people=("x", "y"), restart=True)},
    "small and large numbers": {"losses": {"a": 1e-300, "b": 123456789012345.0, "yes": 0.1}, "seconds": 1e7},
    "a hash of digits": {"rights": "123456789012"},
}


@pytest.mark.parametrize("what", CARDS)
def test_a_card_comes_back_as_it_was_written(root: Path, what: str) -> None:
    folder = placed(root, **CARDS[what])
    read = packages.card_of(folder)
    assert read == toy_packages.card(read.sha256, **CARDS[what])


def test_amend_adds_figures_and_files(root: Path) -> None:
    folder = placed(root)
    before = (folder / WEIGHTS).read_bytes()
    figures = Figures(identity="ada", performer="bea", faces=8, ms_per_face=3)
    card = packages.card_of(folder).model_copy(update={"figures": figures})
    packages.amend(folder, card, {"evaluation.json": b"{}"})
    assert packages.card_of(folder) == card
    assert (folder / "evaluation.json").read_bytes() == b"{}"
    assert (folder / WEIGHTS).read_bytes() == before


def test_amend_changes_nothing_that_the_weights_vouch_for(root: Path) -> None:
    folder = placed(root)
    held = (folder / CARD).read_bytes()
    freed = packages.card_of(folder).model_copy(update={"licence": "do as you like"})
    with pytest.raises(ModelError, match="licence"):
        packages.amend(folder, freed, {"evaluation.json": b"{}"})
    assert (folder / CARD).read_bytes() == held
    assert not (folder / "evaluation.json").exists()


def rewritten(folder: Path, old: str, new: str) -> None:
    text = (folder / CARD).read_text()
    assert old in text
    (folder / CARD).write_text(text.replace(old, new))


def read(root: Path, sha256: str) -> None:
    folder = Packages(root).find("toy", sha256)
    packages.card_of(folder)
    packages.weights_in(folder, sha256)


HARM: dict[str, tuple[Callable[[Path], object], type[Exception], str]] = {
    "a flipped byte": (lambda folder: flip(folder / WEIGHTS), ModelError, "sha256"),
    "a flipped byte of the header": (lambda folder: flip(folder / WEIGHTS, 40), ModelError, "weights"),
    "half the weights": (lambda folder: os.truncate(folder / WEIGHTS, 200), ModelError, "weights"),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), ModelError, "weights"),
    "no card": (lambda folder: (folder / CARD).unlink(), InputError, "No model package"),
    "half a card": (lambda folder: os.truncate(folder / CARD, 100), ModelError, "card can't be read"),
    "a card that is no text": (lambda folder: (folder / CARD).write_bytes(b"\xff\xfe\x00"), ModelError, "card"),
    "a person taken out of the card": (
        lambda folder: rewritten(folder, "name: bea", "name: zoe"), ModelError, "differ in people"),
    "another consent in the card": (
        lambda folder: rewritten(folder, "consent: bea-2031", "consent: zoe-2031"), ModelError, "differ in people"),
    "another hash in the card": (lambda folder: rewritten(folder, "sha256: ", "sha256: 0"), ModelError, "sha256"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_harm_is_found_and_told_with_its_mending(root: Path, harm: str) -> None:
    folder = placed(root)
    sha256 = packages.card_of(folder).sha256
    do, error, said = HARM[harm]
    do(folder)
    with pytest.raises(error, match=said) as caught:
        read(root, sha256)
    assert caught.value.hint  # type: ignore[attr-defined]


def test_a_package_that_is_not_there_is_told_with_what_is(root: Path, tmp_path: Path) -> None:
    sha256 = packages.card_of(placed(root)).sha256
    with pytest.raises(InputError, match=sha256):
        Packages(root).find("toy", A)
    with pytest.raises(InputError, match=sha256):
        Packages(root).find("toy", sha256[:12] + A[12:])  # the folder's name alone is not believed
    with pytest.raises(InputError, match="Did you mean 'toy'"):
        Packages(root).find("toi", sha256)
    with pytest.raises(InputError, match="fsvfx train"):
        Packages(tmp_path / "elsewhere").find("toy", sha256)


def test_packages_of_the_machine_are_found_after_the_manifests_own(root: Path, tmp_path: Path, monkeypatch) -> None:
    other = tmp_path / "shared"
    monkeypatch.setenv("FSVFX_PACKAGES", json.dumps([str(other)]))
    machine.cache_clear()
    mine, theirs, only = placed(root), placed(other), placed(other, seed=1)
    assert mine.name == theirs.name
    assert Packages(root).find("toy", packages.card_of(theirs).sha256) == mine
    assert Packages(root).find("toy", packages.card_of(only).sha256) == only
    assert set(Packages(root).all()) == {mine, theirs, only}
    assert Packages(root).all("other") == []


def test_a_disk_that_refuses_is_told(root: Path) -> None:
    root.parent.joinpath("packages").write_text("a file where the folder should be")
    with pytest.raises(MachineError, match="can't be written"):
        placed(root)


def test_killed_at_any_moment_there_is_a_whole_package_or_none(root: Path) -> None:
    large = {"one": torch.zeros(3_000_000)}
    files = {"preview.png": b"p" * 1_000_000}
    cut = 0
    for wait in (0.0, 0.002, 0.005, 0.01, 0.015, 0.02):
        if not (child := os.fork()):
            packages.place(root, large, toy_packages.card, files)
            os._exit(0)
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for folder in Packages(root).all():
            packages.weights_in(folder, packages.card_of(folder).sha256)
        cut += not Packages(root).all()
    assert cut, "never killed in the middle"
    whole = packages.place(root, large, toy_packages.card, files)
    assert [each.name for each in whole.parent.iterdir()] == [whole.name], "drafts are cleared away"
