"""A package for everybody: small, the same faces, and nobody in it who exists; found where no folder is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_facesets import frontal
from toy_packages import made_up, toy_package

from fsvfx import packages
from fsvfx.context import Context
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.packaged import restored
from fsvfx.engines.publishing import publish
from fsvfx.engines.registry import engine, learned, settings_of
from fsvfx.errors import InputError, ModelError
from fsvfx.packages import search
from fsvfx.training.weights import _start_from
from schemas.package import Ancestor, PackageCard
from schemas.roster import Member, Roster
from schemas.train import Start

FREE = {"commercial_use": True, "licence": "all rights reserved"}


@pytest.fixture
def starters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "starters"
    monkeypatch.setattr(search, "STARTERS", root)
    return root


def anybody(root: Path, **more: Any) -> tuple[Path, PackageCard]:
    return toy_package(root, "simswap", roster=made_up("t2i_1", "t2i_2"), **{**FREE, **more})


def test_it_is_small_says_its_terms_and_makes_the_same_faces(tmp_path: Path, starters: Path) -> None:
    full, trained = anybody(tmp_path / "packages")
    folder = publish(full, starters, model="swap_starter", licence="MIT")
    card = packages.card_of(folder)
    assert (card.model, card.licence, card.published_from) == ("swap_starter", "MIT", trained.sha256)
    assert card.roster
    assert card.roster.collections[0].generators[0].terms == "those of its outputs"
    assert packages.roster_in(folder, card.roster.sha256).people == ("t2i_1", "t2i_2")
    held = packages.weights_in(folder, card.sha256)
    assert {value.dtype for value in held.values() if value.is_floating_point()} == {torch.float16}
    assert not [name for name in held if name.startswith("critics")]
    assert (folder / "weights.safetensors").stat().st_size < 0.5 * (full / "weights.safetensors").stat().st_size

    made = []
    for package in (full, folder):
        model = restored(learned("simswap"), package)
        assert {value.dtype for value in model.state_dict().values() if value.is_floating_point()} == {torch.float32}
        torch.manual_seed(0)
        made.append(model.swap(torch.rand(2, 3, 64, 64), torch.nn.functional.normalize(torch.randn(2, 128))).rgb)
    assert (made[0] - made[1]).abs().max() < 5e-3


def test_what_only_losses_look_at_stays_behind(tmp_path: Path, starters: Path) -> None:
    full, trained = toy_package(tmp_path / "packages", "fsnet", roster=made_up("t2i_1", "t2i_2"), **FREE)
    folder = publish(full, starters, model="fsnet_starter", licence="MIT")
    held, whole = (
        {name.partition(".")[0] for name in packages.weights_in(each, sha256)}
        for each, sha256 in ((folder, packages.card_of(folder).sha256), (full, trained.sha256))
    )
    assert whole - held == {"decoder"}
    assert restored(learned("fsnet"), folder).resolution == 64


def test_an_engine_finds_it_where_no_folder_is_named(tmp_path: Path, starters: Path) -> None:
    folder = publish(anybody(tmp_path / "packages")[0], starters, model="swap_starter", licence="MIT")
    card = packages.starter_of("simswap")
    assert card == packages.card_of(folder)
    assert packages.starter_of("faceshifter") is None
    assert packages.is_starter(folder)
    assert card
    swaps = engine("simswap")(settings_of("simswap", {"model": card.model, "sha256": card.sha256}), Context())
    random = np.random.default_rng(0)
    faces = FaceBatch(random.random((1, 64, 64, 3), np.float32), frontal(64)[None], (1,))
    known = Identity("cem", faces.crops, faces.landmarks, np.ones(1, np.float32), np.ones((1, 128), np.float32))
    assert swaps.swap(faces, swaps.prepare(known, 64)).crops.shape == (1, 64, 64, 3)
    own, _ = anybody(tmp_path / "own", model="swap_starter")
    found = packages.Packages(tmp_path / "own").find("swap_starter", packages.card_of(own).sha256)
    assert not packages.is_starter(found), "the manifest's own come first"


def test_training_may_start_from_one(tmp_path: Path, starters: Path) -> None:
    full, _ = anybody(tmp_path / "packages")
    card = packages.card_of(publish(full, starters, model="swap_starter", licence="MIT"))
    model = learned("simswap").model_of(learned("simswap").Architecture.model_validate(card.architecture), ())
    start = Start(model=card.model, sha256=card.sha256, restart=False)
    _start_from(model, "simswap", start, packages.Packages())
    wanted = restored(learned("simswap"), full).generator.state_dict()
    own = model.generator.state_dict()
    assert all(torch.allclose(own[name], value, atol=1e-3) for name, value in wanted.items())


def exists(person: str) -> Member:
    scope = {"models": ["*"], "productions": ["*"]}
    return Member.model_validate({"person": person, "record": "r-1", "digest": "0" * 64, "training": scope})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"commercial_use": False}, "may not be used commercially"),
    ({"commercial_use": None}, "may not be used commercially"),
    ({"roster": Roster(members=(exists("lena"),))}, "lena exists"),
    ({"roster": made_up("a").model_copy(update={"collections": tuple(
        one.model_copy(update={"made_up": False, "generators": ()}) for one in made_up("a").collections)})}, "exist"),
    ({"roster": Roster(collections=tuple(
        one.model_copy(update={"is_test_record": True}) for one in made_up("a").collections))}, "is for tests"),
    ({"start": Ancestor(model="old", sha256="0" * 64, people=("lena",), restart=True)}, "has learned lena"),
    ({"published_from": "0" * 64}, "already"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_whatever_binds_it_refuses_it(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    full, _ = toy_package(tmp_path / "packages", "simswap", **{"roster": made_up("t2i_1"), **FREE, **more})
    with pytest.raises(InputError, match=said):
        publish(full, tmp_path / "to", model="swap_starter", licence="MIT")
    assert not (tmp_path / "to").exists()


def test_a_pairs_package_is_for_nobody_else(tmp_path: Path) -> None:
    full, _ = toy_package(tmp_path / "packages", **FREE)
    with pytest.raises(InputError, match="has learned certain people, ada, bea"):
        publish(full, tmp_path / "to", model="pair", licence="MIT")


def test_weights_that_half_floats_can_not_hold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full, card = anybody(tmp_path / "packages")
    large = {name: value * 1e6 for name, value in packages.weights_in(full, card.sha256).items()}
    monkeypatch.setattr(packages, "weights_in", lambda package, sha256: large)
    with pytest.raises(ModelError, match="float16"):
        publish(full, tmp_path / "to", model="swap_starter", licence="MIT")


def test_the_newest_starter_of_an_engine_counts(tmp_path: Path, starters: Path) -> None:
    for seed, year in enumerate((2032, 2030)):
        full, _ = anybody(tmp_path / "packages", seed=seed, trained_at=datetime(year, 1, 1, tzinfo=UTC))
        publish(full, starters, model="swap_starter", licence="MIT")
    found = packages.starter_of("simswap")
    assert found
    assert found.trained_at.year == 2032


@pytest.mark.parametrize(
    "card", sorted(search.STARTERS.glob("*/*/card.yaml")), ids=lambda card: card.parent.parent.name
)
def test_what_comes_with_fsvfx_is_in_order(card: Path) -> None:
    found = packages.card_of(card.parent)
    assert found.roster
    assert (found.roster.real, found.commercial_use) == (0, True)
    assert packages.roster_in(card.parent, found.roster.sha256).people
    assert (card.parent / "weights.safetensors").stat().st_size < 4_000_000
    restored(learned(found.engine), card.parent)
