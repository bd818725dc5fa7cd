"""Networks tried before they are taken: wrong statements are found by what comes back, in a process that may die."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import toy_networks
from onnx import helper, numpy_helper

from fsvfx.demo import portrait
from fsvfx.demo.shot import mesh_of
from fsvfx.digests import sha256_of
from fsvfx.errors import InputError
from fsvfx.networks import trial, trial_child
from fsvfx.networks.cuts import cut_matrix
from fsvfx.networks.trial import Trial, TrialFace, tried
from schemas.network import NetworkCard
from schemas.network_pictures import Cut

SIDE = 128
Change = Callable[[list[onnx.NodeProto], dict[str, Any]], None]


@lru_cache(maxsize=1)
def face() -> TrialFace:
    rgb = portrait()
    return TrialFace.of(rgb, mesh_of(rgb))


def network(file: Path, steps: list[tuple[str, list[Any], dict[str, Any]]], mask: bool = False) -> Path:
    """The target through some operators; who goes in has no say."""
    nodes = [helper.make_node("ReduceSum", ["source"], ["sum"], keepdims=0)]
    tensors: dict[str, Any] = {"zero": np.float32(0)}
    nodes.append(helper.make_node("Mul", ["sum", "zero"], ["none"]))
    here = "target"
    for number, (op, given, attributes) in enumerate(steps):
        names = []
        for at, value in enumerate(given):
            names.append(f"w{number}_{at}")
            tensors[names[-1]] = np.asarray(value)
        nodes.append(helper.make_node(op, [here, *names], [f"t{number}"], **attributes))
        here = f"t{number}"
    nodes.append(helper.make_node("Add", [here, "none"], ["output"]))
    shape = (1, 3, SIDE, SIDE)
    return toy_networks.saved(file, {"target": shape, "source": (1, 512)}, nodes, {"output": shape}, tensors)


def card(file: Path, mean: float = 0.0, denorm: bool = False, **target: Any) -> NetworkCard:
    said = {"input": "target", "size": SIDE, "cut": {"template": "arcface_128"}, "mean": mean, "std": mean or 1.0}
    made = toy_networks.card("swapper", file, SIDE, target=said | target, output={"name": "output", "denorm": denorm})
    path = {"path": str(file), "sha256": sha256_of(file), "size": file.stat().st_size}
    return type(made).model_validate(made.model_dump(mode="json") | {"file": path})


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's own code, without the seconds that a process takes to start."""
    monkeypatch.setattr(trial, "_run_child", lambda folder, file: trial_child.main(str(folder)))


def of(file: Path, **said: Any) -> Trial:
    return tried(card(file, **said), face())


HALF = [np.float32(0.5)]
FLIP = [np.arange(SIDE)[::-1].copy()]
SIGNED = [("Sub", HALF, {}), ("Div", HALF, {})]
UNSIGNED = [("Mul", HALF, {}), ("Add", HALF, {})]
WRONG: dict[str, tuple[list[Any], dict[str, Any], str, dict[str, str]]] = {
    "upside down": ([("Gather", FLIP, {"axis": 2})], {}, "upside down", {}),
    "rows and columns": ([("Transpose", [], {"perm": [0, 1, 3, 2]})], {}, "rows and columns swapped", {}),
    "swapped colors": ([("Gather", [np.array([2, 1, 0])], {"axis": 1})], {}, "red and blue", {"channels": "bgr"}),
    "signed output": (SIGNED, {}, "-1 to 1", {"range": "-1..1", "output_range": "same"}),
    "signed input": (UNSIGNED, {}, "given -1..1", {"range": "-1..1", "output_range": "0..1"}),
    "plain output": (UNSIGNED, {"mean": 0.5, "denorm": True}, "0 to 1", {"output_range": "0..1"}),
    "bytes": ([("Mul", [np.float32(255)], {})], {}, "bytes", {"range": "0..255", "output_range": "same"}),
    "no numbers": ([("Sub", [np.float32(2)], {}), ("Sqrt", [], {})], {}, "contains NaN", {}),
    "flat": ([("Mul", [np.float32(0)], {})], {}, "flat color", {}),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", WRONG)
def test_wrong_statements_are_found(name: str, tmp_path: Path) -> None:
    steps, said, what, options = WRONG[name]
    [found, *_] = of(network(tmp_path / "wrong.onnx", steps), **said).findings
    assert what in found.what
    assert found.options == options


def keeps(cut: str) -> list[Any]:
    """What is not at its place as ``cut`` has it comes back worse: the picture that it learned is laid over by half."""
    from fsvfx.faces.geometry import sample

    learned = sample(
        face().crop, cut_matrix(face().mesh, Cut.model_validate({"template": cut}), SIDE), SIDE, cubic=True
    )
    return [("Mul", HALF, {}), ("Add", [np.float32(learned.transpose(2, 0, 1)[None] / 2)], {})]


@pytest.mark.usefixtures("here")
def test_another_cut_is_found(tmp_path: Path) -> None:
    file = network(tmp_path / "cut.onnx", keeps("ffhq_512"))
    [found] = of(file).findings
    assert found.options == {"cut": "ffhq_512"}
    assert not of(file, cut={"template": "ffhq_512"}).findings


@pytest.mark.usefixtures("here")
def test_other_light_is_no_other_range(tmp_path: Path) -> None:
    assert not of(network(tmp_path / "darker.onnx", [("Mul", [np.float32(0.8)], {})])).findings


def test_a_right_card_passes_with_its_sheet(tmp_path: Path) -> None:
    found = of(network(tmp_path / "right.onnx", []))
    assert not found.findings
    assert found.sheet.shape == (256, 768, 3)
    assert np.abs(found.sheet[:, 256:512].astype(int) - found.sheet[:, 512:]).max() <= 1
    assert "arcface" in found.made_up.lower()


@pytest.mark.usefixtures("here")
def test_bytes_are_right_where_the_card_says_so(tmp_path: Path) -> None:
    """Its numbers up to 255 were told as a fault, whatever was said of them."""
    found = of(network(tmp_path / "bytes.onnx", []), denorm=True, std=1 / 255)
    assert [finding.what for finding in found.findings] == []


def test_what_can_not_be_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = network(tmp_path / "right.onnx", [])
    with monkeypatch.context() as patch:
        patch.setattr(trial, "_run_child", lambda folder, file: trial_child.main(str(folder)))
        with pytest.raises(InputError, match=r"can't be run as its card says: .*3x128x128"):
            tried(card(file, size=64), face())
    huge = tmp_path / "huge.onnx"
    model = onnx.load(file)
    model.graph.initializer.append(numpy_helper.from_array(np.array([1 << 14, 1 << 14, 1 << 6], np.int64), "many"))
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["many"], ["room"]))
    model.graph.node.insert(1, helper.make_node("ReduceSum", ["room"], ["total"], keepdims=0))
    model.graph.node[3].input[1] = "total"
    onnx.save(model, huge)
    with pytest.raises(InputError, match=r"memory|allocate|crashed"):
        tried(card(huge), face())
    monkeypatch.setattr(trial, "SECONDS", 0.01)
    with pytest.raises(InputError, match="took longer"):
        tried(card(file), face())
