"""Users' own restorers and upscalers as steps of the finish: in float, by their cards, as much as is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import toy_networks
from made_pictures import face, scene
from onnx import helper

from fsvfx.comp.choices import finishes, mattering, named_networks
from fsvfx.comp.finish import OwnNetworks
from fsvfx.comp.finish.restoring import restore
from fsvfx.comp.finish.super_resolvers import super_resolve
from fsvfx.context import Context
from fsvfx.errors import InputError, ModelError
from fsvfx.networks.running import FaceNetwork
from fsvfx.networks.tiles import enlarged
from fsvfx.packages import Packages
from schemas.composite import Composite, CompositeSettings
from schemas.network import NetworkCard

SIZE = 192
HALF = {"mean": 0.5, "std": 0.5}


def gain(folder: Path, name: str, **more: Any) -> NetworkCard:
    """GFPGAN's interface at a small size: input in [-1, 1], the second of its outputs; what it gives is brighter, by
    CodeFormer's ``weight``, a double, if the card says one."""
    shape = (1, 3, 64, 64)
    inputs: dict[str, Any] = {"input": shape}
    nodes = [helper.make_node("Add", ["input", "some"], ["output"]), helper.make_node("Identity", ["input"], ["other"])]
    types = {}
    if "constants" in more:
        inputs["weight"], types["weight"] = (), toy_networks.DOUBLE
        nodes[0] = helper.make_node("Cast", ["weight"], ["some_more"], to=toy_networks.FLOAT)
        nodes.insert(1, helper.make_node("Add", ["input", "some_more"], ["output"]))
    tensors = {} if "constants" in more else {"some": np.array(0.2, np.float32)}
    file = toy_networks.saved(
        folder / f"{name}.onnx", inputs, nodes, {"other": shape, "output": shape}, tensors, types=types
    )
    target = {"input": "input", "size": 64, "cut": {"template": "ffhq_512"}, **HALF}
    card = toy_networks.card("restorer", file, 64, target=target, output={"name": "output", "denorm": True}, **more)
    toy_networks.placed(folder / "packages", card, file)
    return card


def nearest(folder: Path) -> NetworkCard:
    """Real-ESRGAN's interface: four times as large; here each pixel is repeated."""
    nodes = [helper.make_node("Resize", ["input", "", "scales"], ["output"], mode="nearest")]
    scales = {"scales": np.array([1, 1, 4, 4], np.float32)}
    file = toy_networks.saved(
        folder / "large.onnx", {"input": ("n", 3, "h", "w")}, nodes, {"output": ("n", 3, "h4", "w4")}, scales
    )
    card = toy_networks.card(
        "upscaler", file, 64, target={"input": "input", "size": 64}, output={"name": "output", "size": 256}
    )
    toy_networks.placed(folder / "packages", card, file)
    return card


def own(folder: Path) -> OwnNetworks:
    return OwnNetworks(Context(Packages(folder / "packages")))


def named(card: NetworkCard) -> str:
    return f"{card.model}@{card.digest}"


def restorer(folder: Path, card: NetworkCard) -> FaceNetwork:
    found = own(folder).restorer(CompositeSettings(restoration=100, restorer=named(card)))
    assert found is not None
    return found


def test_as_much_is_restored_as_is_asked_for(tmp_path: Path) -> None:
    """The network adds 0.1; the crop has as much room above. Where its picture ends the crop stays."""
    crop = cv2.GaussianBlur(scene(SIZE), (0, 0), 12)
    crop[-1, -1] = 1.0
    network = restorer(tmp_path, gain(tmp_path, "bright"))
    whole = restore(crop, face(SIZE), 100, network)
    half = restore(crop, face(SIZE), 50, network)
    inner = np.s_[60:140, 60:140]
    assert np.abs(whole[inner] - crop[inner] - 0.1).max() < 0.01
    assert np.abs(half - (whole + crop) / 2).max() < 1e-6
    assert restore(crop, face(SIZE), 0, network) is crop
    assert np.array_equal(whole[-2:], crop[-2:]), "below FFHQ's square"
    assert len(np.unique(whole[inner])) > 5000, "no 8-bit step between"


def test_a_constant_goes_in_as_the_file_wants_it(tmp_path: Path) -> None:
    crop = np.full((SIZE, SIZE, 3), 0.4, np.float32)
    crop[0, 0] = 1.0
    card = gain(tmp_path, "former", constants={"weight": 0.3})
    made = restore(crop, face(SIZE), 100, restorer(tmp_path, card))
    assert made[96, 96] == pytest.approx(0.4 + 0.3 / 2, abs=1e-4)
    assert gain(tmp_path, "former", constants={"weight": 0.7}).digest != card.digest


def test_a_restorer_sees_the_plate_beyond_the_crop(tmp_path: Path) -> None:
    """FFHQ's square ends 11 % above the crop: there is what is around it, not its mirror image."""
    crop, margin = np.full((SIZE, SIZE, 3), 0.4, np.float32), 34
    crop[0, 0] = 0.41
    around = np.full((SIZE + 2 * margin, SIZE + 2 * margin, 3), 0.9, np.float32)
    network = restorer(tmp_path, gain(tmp_path, "bright"))
    seen: list[Any] = []
    run = network.session.run
    network.session.run = lambda given, wanted: seen.append(given["input"]) or run(given, wanted)  # type: ignore
    restore(crop, face(SIZE), 100, network, around)
    restore(crop, face(SIZE), 100, network)
    assert seen[0][0, :, 2, 32] == pytest.approx(0.8, abs=0.05)
    assert seen[1][0, :, 2, 32] == pytest.approx(-0.2, abs=0.05)
    assert seen[0][0, :, 32, 32] == pytest.approx(-0.2, abs=0.01)


def test_an_upscaler_is_a_super_resolver(tmp_path: Path) -> None:
    card = nearest(tmp_path)
    resolver = own(tmp_path).resolver(CompositeSettings(super_resolution=50, super_resolver=named(card)))
    assert resolver is not None
    crop = scene(150)
    large = resolver(crop)
    assert np.abs(large - crop.repeat(4, axis=0).repeat(4, axis=1)).max() < 1e-6, "tiles leave no seam"
    assert np.abs(super_resolve(crop, 100, resolver) - crop).max() < 1e-6
    assert own(tmp_path).resolver(CompositeSettings(super_resolution=50)) is None
    assert own(tmp_path).resolver(CompositeSettings(super_resolver=named(card))) is None


def test_pictures_smaller_than_a_tile_go_on_as_in_a_mirror(tmp_path: Path) -> None:
    card = nearest(tmp_path)
    network = own(tmp_path)._opened("super_resolver", named(card))
    assert network is not None
    small = scene(40)
    assert np.abs(enlarged(network, small, 4) - small.repeat(4, axis=0).repeat(4, axis=1)).max() < 1e-6


def test_another_kind_or_a_wrong_statement_is_refused(tmp_path: Path) -> None:
    card = nearest(tmp_path)
    with pytest.raises(InputError, match=r"is an upscaler, and composite\.restorer runs a restorer"):
        restorer(tmp_path, card)
    wrong = gain(tmp_path, "bright").model_copy(update={"model": "wrong", "constants": {"weight": 1.0}})
    toy_networks.placed(tmp_path / "packages", wrong, tmp_path / "bright.onnx")
    with pytest.raises(ModelError, match="has no input 'weight'"):
        restorer(tmp_path, wrong)


def test_what_is_not_asked_for_is_in_no_key() -> None:
    word = f"net@{'a' * 64}"
    assert "restorer" not in CompositeSettings().model_dump(mode="json")
    assert mattering(CompositeSettings(restorer=word)) == CompositeSettings()
    asked = CompositeSettings(restorer=word, restoration=40)
    assert finishes(asked)
    assert mattering(asked).model_dump()["restorer"] == word
    found = named_networks(Composite(super_resolver=word, overrides=[{"frames": "3", "restorer": word}]))
    assert {place: kind for place, kind, _ in found} == {
        ("super_resolver",): "upscaler",
        ("overrides", 0, "restorer"): "restorer",
    }
