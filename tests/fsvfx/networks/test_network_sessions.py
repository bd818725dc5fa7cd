"""Networks opened under their cards: the right file, the right inputs, by the provider that was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import toy_networks
from onnx import TensorProto, helper

from fsvfx.errors import InputError, MachineError, ModelError
from fsvfx.networks.session import session


@pytest.mark.parametrize("batch", [1, 2, "n"])
def test_a_batch_is_run_whole_or_one_by_one(tmp_path: Path, batch: int | str) -> None:
    file = toy_networks.echo(tmp_path / "echo.onnx", batch=batch)
    held = session(tmp_path, toy_networks.card("swapper", file, 32).file)
    pictures = np.random.default_rng(0).random((3, 3, 32, 32), np.float32)
    [made] = held.run({"target": pictures, "source": np.ones((1, 512), np.float32)}, ["output"])
    assert held.batch == (None if batch == "n" else batch)
    assert np.array_equal(made, pictures)
    assert (held.provider, held.beside) == ("cpu", ())
    assert session(tmp_path, toy_networks.card("swapper", file, 32).file) is held


def test_weights_beside_the_file_are_checked_too(tmp_path: Path) -> None:
    shape = (1, 3, 32, 32)
    nodes = [helper.make_node("Mul", ["target", "half"], ["output"])]
    half = {"half": np.full((1, 3, 1, 1), 0.5, np.float32)}
    file = toy_networks.saved(tmp_path / "far.onnx", {"target": shape}, nodes, {"output": shape}, half, data="far.data")
    card = toy_networks.card("restorer", file, 32, file=toy_networks.file_of(file, tmp_path / "far.data"))
    [made] = session(tmp_path, card.file).run({"target": np.ones(shape, np.float32)}, ["output"])
    assert made.max() == 0.5
    with pytest.raises(ModelError, match=r"has weights in far\.data, and its card does not name them"):
        session(tmp_path, card.file.model_copy(update={"data": ()}))
    (tmp_path / "other").mkdir()
    for name in ("far.onnx", "far.data"):
        (tmp_path / "other" / name).write_bytes((tmp_path / name).read_bytes())
    (tmp_path / "other/far.data").write_bytes(b"\0" * (tmp_path / "far.data").stat().st_size)
    with pytest.raises(ModelError, match=r"far\.data is not the one that the card names"):
        session(tmp_path / "other", card.file)


def test_what_the_file_does_not_have_is_told(tmp_path: Path) -> None:
    file = toy_networks.echo(tmp_path / "echo.onnx")
    held = session(tmp_path, toy_networks.card("swapper", file, 32).file)
    picture, vector = (1, 3, 32, 32), (1, 512)
    held.check({"target": picture, "source": None}, {"output": picture})
    with pytest.raises(ModelError, match="has no input 'traget': its inputs are target, source"):
        held.check({"traget": picture, "source": vector}, {})
    with pytest.raises(ModelError, match="has the input 'target' as 1x3x32x32, and the card says 1x3x64x64"):
        held.check({"target": (1, 3, 64, 64), "source": vector}, {})
    with pytest.raises(ModelError, match="has no output 'mask'"):
        held.check({"target": picture, "source": vector}, {"output": None, "mask": None})
    with pytest.raises(ModelError, match="needs an input 'source'"):
        held.check({"target": picture}, {"output": None})


def test_another_provider_never_takes_the_place_of_the_one_asked_for(tmp_path: Path) -> None:
    file = toy_networks.echo(tmp_path / "echo.onnx")
    with pytest.raises(MachineError, match="no provider 'coreml' on this machine"):
        session(tmp_path, toy_networks.card("swapper", file, 32).file, provider="coreml")


def test_what_can_not_be_opened_is_told(tmp_path: Path) -> None:
    file = tmp_path / "text.onnx"
    file.write_text("no network at all")
    with pytest.raises(InputError, match=r"text\.onnx"):
        session(tmp_path, toy_networks.card("swapper", file, 32).file)


def test_bytes_are_rounded_and_do_not_wrap_round(tmp_path: Path) -> None:
    """A highlight that a cubic took to 256 became black."""
    node = helper.make_node("Cast", ["target"], ["output"], to=TensorProto.FLOAT)
    shape = (1, 3, 16, 16)
    given, types = {"target": shape}, {"target": TensorProto.UINT8}
    file = toy_networks.saved(tmp_path / "bytes.onnx", given, [node], {"output": shape}, types=types)
    held = session(tmp_path, toy_networks.card("restorer", file, 16).file)
    for value, wanted in ((255.6, 255), (-0.7, 0), (99.6, 100)):
        [found] = held.run({"target": np.full(shape, value, np.float32)}, ["output"])
        assert (found == wanted).all()


def test_what_onnxruntime_says_is_told_without_its_codes(tmp_path: Path) -> None:
    file = toy_networks.echo(tmp_path / "echo.onnx")
    model = onnx.load(file)
    model.graph.node[-1].op_type = "MatMul"
    onnx.save(model, file)
    with pytest.raises(ModelError, match=r"echo\.onnx can't be opened: Node.*MatMul") as caught:
        session(tmp_path, toy_networks.card("swapper", file, 32).file)
    assert "Export it again" in caught.value.hint
