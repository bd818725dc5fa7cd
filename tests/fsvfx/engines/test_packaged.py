"""Engines with model packages, swapping by packages of random weights: what they give, and what they refuse."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import toy_packages
from swaps import nobody, swapped
from toy_facesets import frontal
from toy_packages import SMALL, toy_package

from fsvfx import packages
from fsvfx.comp.matte import hull
from fsvfx.context import Context
from fsvfx.engines import registry
from fsvfx.engines.contract import FaceBatch
from fsvfx.engines.packaged import PackagedEngine, built, restored, usable
from fsvfx.errors import InputError, ModelError
from fsvfx.packages import Packages

TINY = ("df", "liae", "comb", "style_transfer")
"""Engines whose settings allow small models."""
VARIANTS = ["".join(letters) for n in range(5) for letters in combinations("udtc", n)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def engine_of(root: Path, name: str, people: tuple[str, ...] = ("ada", "bea"), **more: Any) -> PackagedEngine[Any]:
    settings = {name: more.pop(name) for name in ("matte", "batch") if name in more}
    _, card = toy_package(root, name, people, **more)
    given = {"model": card.model, "sha256": card.sha256, **settings}
    made = registry.engine(name)(registry.settings_of(name, given), Context(Packages(root)))
    assert isinstance(made, PackagedEngine)
    return made


def faces(count: int, size: int) -> FaceBatch:
    crops = np.random.default_rng(size).random((count, size, size, 3), np.float32)
    return FaceBatch(crops, np.repeat(frontal(size)[None], count, axis=0), tuple(range(1001, 1001 + count)))


@pytest.mark.parametrize("size", [64, 96])
@pytest.mark.parametrize("name", TINY)
def test_a_swap_is_as_the_contract_says(root: Path, name: str, size: int) -> None:
    swap = swapped(engine_of(root, name), faces(3, size), nobody("ada"))
    assert swap.crops.shape == (3, size, size, 3)
    assert swap.matte.shape == (3, size, size)
    for each in (swap.crops, swap.matte):
        assert each.dtype == np.float32
        assert 0 <= each.min() <= each.max() <= 1


def test_original_swaps(root: Path) -> None:
    """At its published sizes, for it has no others: weights that are all alike are made quickly."""
    with torch.device("meta"):
        networks = built(registry.learned("original"), {}, ("ada", "bea")).state_dict()
    weights = {name: torch.full(held.shape, 1e-4) for name, held in networks.items()}
    card_of = partial(toy_packages.card, engine="original")
    sha256 = packages.card_of(packages.place(root, weights, card_of, {})).sha256
    original = registry.engine("original")(
        registry.settings_of("original", {"model": "toy", "sha256": sha256}), Context(Packages(root))
    )
    swap = swapped(original, faces(2, 80), nobody("bea"))
    assert swap.crops.shape == (2, 80, 80, 3)
    assert np.array_equal(swap.matte[0], hull(frontal(80), 80)), "it learns no mask"


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["df", "liae"])
def test_every_variant_comes_back_from_its_package(root: Path, name: str, variant: str) -> None:
    """The networks of the package are those that were trained, and each person has a face of their own."""
    folder, card = toy_package(root, name, architecture={**SMALL[name], "variant": variant}, seed=3)
    torch.manual_seed(3)
    trained = registry.learned(name).model_of(
        registry.learned(name).Architecture.model_validate({**SMALL[name], "variant": variant}), card.names
    )
    networks = restored(registry.learned(name), folder)
    pictures = torch.from_numpy(faces(2, 64).crops).permute(0, 3, 1, 2)
    with torch.no_grad():
        made = {person: networks.predict(pictures, person) for person in card.names}
        for person in card.names:
            assert torch.equal(made[person].rgb, trained.predict(pictures, person).rgb)
            assert torch.equal(made[person].mask, trained.predict(pictures, person).mask)
    assert not torch.equal(made["ada"].rgb, made["bea"].rgb)


@pytest.mark.parametrize("name", TINY)
def test_a_face_does_not_depend_on_its_batch(root: Path, name: str) -> None:
    given = faces(5, 64)
    whole, pairs = (swapped(engine_of(root, name, batch=batch), given, nobody("ada")) for batch in (16, 2))
    assert np.allclose(whole.crops, pairs.crops, atol=1e-5)
    assert np.allclose(whole.matte, pairs.matte, atol=1e-5)


@pytest.mark.parametrize("name", TINY)
def test_no_face_is_no_swap(root: Path, name: str) -> None:
    swap = swapped(engine_of(root, name), faces(0, 64), nobody("ada"))
    assert swap.crops.shape == (0, 64, 64, 3)
    assert swap.matte.shape == (0, 64, 64)


@pytest.mark.parametrize(
    ("iterations", "level", "fade"), [(50, 8, 1.0), (100, 16, 0.0), (125, 16, 0.5), (199, 16, 1.0), (1000, 32, 1.0)]
)
def test_a_comb_swaps_at_the_stage_that_it_grew_to(root: Path, iterations: int, level: int, fade: float) -> None:
    engine = engine_of(root, "comb", ("ada", "bea", "cleo"), iterations=iterations)
    stage = engine.model.stage  # type: ignore[attr-defined]
    assert (stage.level, stage.fade) == (level, fade)
    shown = {person: swapped(engine, faces(1, 64), nobody(person)).crops for person in ("ada", "bea", "cleo")}
    assert not np.array_equal(shown["ada"], shown["cleo"])


def test_the_matte_is_the_one_that_was_asked_for(root: Path) -> None:
    ways = ("learned*mesh", "learned", "mesh")
    both, learned, mesh = (swapped(engine_of(root, "df", matte=way), faces(1, 64), nobody("ada")).matte for way in ways)
    assert np.array_equal(mesh[0], hull(frontal(64), 64))
    assert np.array_equal(both, learned * mesh)
    assert (learned > both).any()
    assert engine_of(root, "df").settings.matte == "learned*mesh"  # type: ignore[attr-defined]


def test_a_package_is_read_once_in_a_process(root: Path) -> None:
    engine = engine_of(root, "df")
    model = engine.model
    assert type(engine)(engine.settings, engine.context).model is model


def test_reading_a_package_takes_no_random_numbers(root: Path) -> None:
    engine = engine_of(root, "df", seed=9)
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    assert engine.model
    assert torch.equal(torch.rand(3), wanted)


def test_who_the_package_does_not_know_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match=r"has learned ada, bea, not 'zoe'") as caught:
        swapped(engine_of(root, "df"), faces(1, 64), nobody("zoe"))
    assert caught.value.hint


def test_a_package_of_another_engine_is_refused(root: Path) -> None:
    _, card = toy_package(root, "df")
    wrong = registry.engine("liae")(
        registry.settings_of("liae", {"model": "toy", "sha256": card.sha256}), Context(Packages(root))
    )
    with pytest.raises(InputError, match="is for engine 'df', not 'liae'") as caught:
        swapped(wrong, faces(1, 64), nobody("ada"))
    assert caught.value.hint == "Write engine: df"


@pytest.mark.parametrize("harm", [{"ae_dims": 32}, {"ae_dims": 3}, {"depth": 5}])
def test_weights_of_other_networks_are_told(root: Path, harm: dict[str, Any]) -> None:
    torch.manual_seed(0)
    card = toy_packages.card("0" * 64)
    weights = built(registry.learned("df"), card.architecture, card.names).state_dict()
    other = {**card.architecture, **harm}
    folder = packages.place(root, weights, lambda sha256: toy_packages.card(sha256, architecture=other), {})
    with pytest.raises(ModelError, match="do not fit this version's 'df'") as caught:
        restored(registry.learned("df"), folder)
    assert "fsvfx 0.1.0" in caught.value.hint


@pytest.mark.parametrize(
    ("values", "said"),
    [({}, "model"), ({"model": "toy"}, "sha256"), ({"model": "toy", "sha256": "abc"}, "sha256"),
     ({"model": "../toy", "sha256": "a" * 64}, "model"), ({"model": "toy", "sha256": "a" * 64, "matte": "x"}, "matte")],
)  # fmt: skip
def test_settings_name_the_package_by_its_hash(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        registry.settings_of("df", values)


def test_a_learned_mask_loses_haze_and_what_is_far_from_the_face() -> None:
    side, size = 64, 256
    face = torch.from_numpy(hull(frontal(side), side))
    mask = (face * 0.97).clamp(min=0.03)
    mask[:6, :6] = 1.0
    matte = usable(mask[None, None], frontal(size)[None], size)[0, 0]
    assert matte[:6, :6].max() == 0
    assert matte[:, :6].max() == 0
    assert matte[face == 1].min() == 1
    assert (matte > 0.5).sum() == pytest.approx(float((face > 0.5).sum()), rel=0.02)


def test_a_wider_face_keeps_its_mask() -> None:
    """The identity's jaw may be wider than the performer's."""
    narrow = frontal(64)
    wide = narrow.copy()
    wide[:, 0] = (wide[:, 0] - 31.5) * 1.15 + 31.5
    mask = torch.from_numpy(hull(wide, 64))[None, None]
    matte = usable(mask, narrow[None], 64)
    assert torch.allclose(matte, ((mask - 0.04) / 0.92).clamp(0, 1))
