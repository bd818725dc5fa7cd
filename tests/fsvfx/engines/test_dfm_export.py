"""``.dfm`` files of packages: DeepFaceLab's interface to the letter, and what the package itself gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import toy_dfm
import toy_networks
from onnx import TensorProto, helper, numpy_helper
from swaps import nobody, swapped
from toy_packages import toy_package

from fsvfx.context import Context
from fsvfx.engines import dfm_export
from fsvfx.engines.contract import FaceBatch
from fsvfx.engines.df import Df
from fsvfx.engines.dfm import Dfm, DfmSettings
from fsvfx.engines.dfm_export import INPUT, OUTPUTS, deepfacelive, export
from fsvfx.engines.exporting import LIMIT, Exported
from fsvfx.engines.older_opset import OPSET, older
from fsvfx.engines.packaged import MatteSettings, restored
from fsvfx.engines.registry import learned
from fsvfx.errors import InputError, MachineError
from fsvfx.packages import Packages
from schemas.package import PackageCard

Toy = tuple[Path, PackageCard]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """Of the variant with unit codes, so that means and roots are in its graph."""
    sizes = {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8, "variant": "u"}
    return toy_package(tmp_path_factory.mktemp("packages"), "df", architecture=sizes)


@pytest.fixture(scope="module")
def written(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Ada's. Tracing takes seconds, so it is done once."""
    return export(toy[0], tmp_path_factory.mktemp("out") / "ada.dfm")


def test_the_interface_is_deepfacelabs(written: Exported) -> None:
    graph = onnx.load(written.file)
    assert [each.name for each in graph.graph.input] == [INPUT] == ["in_face:0"]
    names = [each.name for each in graph.graph.output]
    assert names == ["out_face_mask:0", "out_celeb_face:0", "out_celeb_face_mask:0"] == list(OUTPUTS)
    assert (written.opset, graph.opset_import[0].version, graph.ir_version) == (12, 12, 7)
    assert {each.domain for each in graph.opset_import} == {""}
    onnx.checker.check_model(str(written.file), full_check=True)


def test_it_gives_what_the_package_gives(toy: Toy, written: Exported) -> None:
    """Any number of pictures, channels last, blue first; the plate's mask is the other person's decoder's."""
    faces = np.random.default_rng(3).random((5, 64, 64, 3), np.float32)
    session = onnxruntime.InferenceSession(written.file, providers=["CPUExecutionProvider"])
    own_mask, swap, swap_mask = session.run(None, {INPUT: faces})
    model = restored(learned("df"), toy[0])
    with torch.no_grad():
        pictures = torch.from_numpy(faces[..., ::-1].copy()).permute(0, 3, 1, 2)
        ada, bea = (model.predict(pictures, who) for who in ("ada", "bea"))
    wanted = (bea.mask, ada.rgb.flip(1), ada.mask)
    for got, want in zip((own_mask, swap, swap_mask), wanted, strict=True):
        assert want is not None
        assert np.abs(got - want.permute(0, 2, 3, 1).numpy()).max() < LIMIT
    assert written.difference <= LIMIT


def test_in_again_it_swaps_as_the_package_does(
    toy: Toy, written: Exported, tmp_path: Path, mesh: Callable[..., Any], picture: Callable[..., Any]
) -> None:
    """Crops of another size than the network's, through both engines."""
    meshes = np.stack([mesh(160), mesh(160, yaw=25), mesh(160, pitch=10)])
    faces = FaceBatch(np.stack([picture(160, seed) for seed in range(3)]), meshes, (1001, 1002, 1003))
    card = toy_dfm.card(written.file, 64, {"aligned": True}, people=["ada", "bea"])
    toy_networks.placed(tmp_path, card, written.file)
    both: dict[str, Any] = {"matte": "learned"}
    trained = Df(MatteSettings(model="toy", sha256=toy[1].sha256, **both), Context(Packages(toy[0].parents[1])))
    own = Dfm(DfmSettings(model=card.model, sha256=card.digest, masks="swap", **both), Context(Packages(tmp_path)))
    want, got = (swapped(engine, faces, nobody("ada")) for engine in (trained, own))
    assert np.abs(got.crops - want.crops).max() < 1e-3
    assert np.abs(got.matte - want.matte).max() < 1e-3
    assert np.ptp(want.crops) > 0.01


def test_the_file_tells_whose_face_it_is_and_how_it_lies(toy: Toy, written: Exported) -> None:
    said = {each.key: each.value for each in onnx.load(written.file).metadata_props}
    assert said == written.metadata
    wanted = {
        "person": "ada", "people": "ada, bea", "consents": "ada-2031, bea-2031", "licence": "all rights reserved",
        "weights_sha256": toy[1].sha256, "cut": "aligned", "face_type": "whole_face", "deepfacelive": deepfacelive(),
        "input": "in_face:0: (n, 64, 64, 3) float32 BGR in [0, 1], aligned as fsvfx aligns",
    }  # fmt: skip
    assert {name: said[f"fsvfx.{name}"] for name in wanted} == wanted
    assert deepfacelive() == "coverage 2.3, x offset -0.01, y offset 0.08"


def test_a_graph_that_does_not_agree_is_not_written(
    toy: Toy, written: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dfm_export, "graph_of", lambda made, size: onnx.load(written.file))
    monkeypatch.setattr(dfm_export, "older", lambda proto: None)
    with pytest.raises(MachineError, match="would differ"):
        export(toy[0], tmp_path / "bea.dfm", person="bea")
    assert not list(tmp_path.iterdir())
    assert export(toy[0], tmp_path / "ada.dfm").difference <= LIMIT


@pytest.mark.parametrize(("engine", "people"), [("original", ("ada", "bea")), ("comb", ("ada", "bea", "cyd"))])
def test_what_has_no_masks_or_pair_is_told(tmp_path: Path, engine: str, people: tuple[str, ...]) -> None:
    package, _ = toy_package(tmp_path / "packages", engine, people)
    with pytest.raises(InputError, match=r"A \.dfm") as caught:
        export(package, tmp_path / "out.dfm")
    assert caught.value.hint
    assert not (tmp_path / "out.dfm").exists()


def graph(*nodes: onnx.NodeProto, rank: int = 3, **tensors: np.ndarray) -> onnx.ModelProto:
    """From ``x`` (2, 3, 4) to ``y``, in opset 18."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, (2, 3, 4))
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [f"d{axis}" for axis in range(rank)])
    held = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    made = helper.make_graph(nodes, "toy", [x], [y], held)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


AXES = np.array([1], np.int64)


@pytest.mark.parametrize(
    ("rank", "nodes"),
    [
        (3, [helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=1)]),
        (4, [helper.make_node("Unsqueeze", ["x", "axes"], ["y"])]),
        (3, [helper.make_node("Unsqueeze", ["x", "axes"], ["m"]), helper.make_node("Squeeze", ["m", "axes"], ["y"])]),
        (2, [helper.make_node("Reshape", ["x", "shape"], ["y"], allowzero=1)]),
    ],
)
def test_an_older_opset_means_the_same(rank: int, nodes: list[onnx.NodeProto]) -> None:
    new = graph(*nodes, rank=rank, axes=AXES, shape=np.array([6, -1], np.int64))
    old = older(new)
    assert old is not None
    assert old.opset_import[0].version == OPSET
    x = np.random.default_rng(0).random((2, 3, 4), np.float32)
    got, want = (onnxruntime.InferenceSession(each.SerializeToString()).run(None, {"x": x})[0] for each in (old, new))
    assert np.array_equal(got, want)


def test_what_the_older_opset_can_not_say_stays() -> None:
    assert older(graph(helper.make_node("GridSample", ["x", "x"], ["y"]))) is None
    none = np.array([0, 4], np.int64)
    assert older(graph(helper.make_node("Reshape", ["x", "shape"], ["y"], allowzero=1), shape=none)) is None
