"""Files that are no usable networks: each told in one sentence, with a way out, before anything runs it."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import toy_packs
from onnx import TensorProto, helper, numpy_helper

from fsvfx.errors import InputError
from fsvfx.networks import files
from fsvfx.networks.files import inspect

SIDE = 16


def sound(**more: object) -> onnx.ModelProto:
    """out = in + w, of pictures."""
    shape = (1, 3, SIDE, SIDE)
    graph = helper.make_graph(
        [helper.make_node("Add", ["in", "w"], ["out"])],
        "g",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.zeros(shape, np.float32), "w")],
    )
    opset = int(str(more.pop("opset", 13)))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, **more)


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = sound()
    change(model)
    return model.SerializeToString()


def custom(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.evil"
    model.opset_import.append(helper.make_opsetid("com.evil", 1))


def nested(model: onnx.ModelProto) -> None:
    graph = model.graph
    for _ in range(12):
        node = helper.make_node("If", ["w"], ["out"])
        node.attribute.append(helper.make_attribute("then_branch", graph))
        graph = helper.make_graph([node], "g", [], [])
    model.graph.node.append(graph.node[0])


def vast(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].ClearField("raw_data")
    model.graph.initializer[0].dims[:] = [1 << 20, 1 << 20]


def short(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].raw_data = model.graph.initializer[0].raw_data[:100]


def outside(location: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        weight = model.graph.initializer[0]
        size = len(weight.raw_data)
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", str(size))):
            weight.external_data.add(key=key, value=value)

    return change


def torch_checkpoint(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weights": 1}))


def archive(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("det_10g.onnx", b"")


def linked_weights(file: Path) -> None:
    secret = file.parent / "elsewhere/secret.bin"
    secret.parent.mkdir()
    secret.write_bytes(bytes(4 * 3 * SIDE * SIDE))
    (file.parent / "w.bin").symlink_to(secret)
    file.write_bytes(changed(outside("w.bin")))


def weights_cut_short(file: Path) -> None:
    (file.parent / "w.bin").write_bytes(bytes(100))
    file.write_bytes(changed(outside("w.bin")))


def sparse(file: Path) -> None:
    file.write_bytes(b"\x08\x08")
    os.truncate(file, 3 << 30)


SAFETENSORS = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
ODD: dict[str, tuple[bytes | Callable[[Path], None], str, str]] = {
    "empty": (b"", "it is empty", "again"),
    "a zip": (archive, "a zip archive", "insightface pack"),
    "a PyTorch checkpoint": (torch_checkpoint, "a PyTorch checkpoint", "Export it as ONNX"),
    "a pickle": (pickle.dumps([1]), "a Python pickle", "never loads pickles"),
    "safetensors": (struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + bytes(4), "a safetensors file", "ONNX"),
    "a web page": (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "a web page", "log in"),
    "a Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
        "LFS",
        "git lfs pull",
    ),
    "JSON": (b'{"model": 1}', "a text file", "ONNX"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5", "ONNX"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture", "ONNX"),
    "TensorFlow Lite": (b"\x1c\0\0\0TFL3" + bytes(100), "TensorFlow Lite", "ONNX"),
    "truncated": (sound().SerializeToString()[:-200], "truncated", "size"),
    "noise": (b"\x08" + np.random.default_rng(0).bytes(5000), "not an ONNX file", "again"),
    "no graph": (b"\x08\x08", "no graph", "again"),
    "huge": (sparse, "3.0 GiB", "external data"),
    "an IR version too new": (changed(lambda model: setattr(model, "ir_version", 14)), "IR version 14", "older onnx"),
    "an opset too new": (sound(opset=27).SerializeToString(), "opset 27", "opset 17"),
    "custom operators": (changed(custom), "com.evil.Add", "own operators"),
    "nested too deep": (changed(nested), "nested more than 8 deep", "again"),
    "weights beyond all bounds": (changed(vast), "more than 4 billion numbers", "comes from"),
    "weights shorter than their shape": (changed(short), "it is damaged", "again"),
    "weights in the parent's folder": (changed(outside("../../etc/passwd")), "outside its own folder", "beside it"),
    "weights at an absolute path": (changed(outside("/etc/passwd")), "outside its own folder", "beside it"),
    "weights that are a link": (linked_weights, "is a link", "file itself"),
    "weights that are missing": (changed(outside("w.bin")), "is missing", "one folder"),
    "weights that are truncated": (weights_cut_short, "truncated", "together"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_told_in_a_sentence(name: str, tmp_path: Path) -> None:
    content, what, hint = ODD[name]
    file = tmp_path / "model.onnx"
    content(file) if callable(content) else file.write_bytes(content)
    with pytest.raises(InputError) as told:
        inspect(file)
    assert what in told.value.what
    assert hint in told.value.hint
    assert told.value.what.startswith("model.onnx can't be used: ")
    assert "\n" not in str(told.value)


def test_folders_devices_and_what_is_not_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    for path, what in (
        (tmp_path, "it is a folder"),
        (tmp_path / "no.onnx", "can't be read"),
        (tmp_path / "pipe.onnx", "not a regular file"),
    ):
        with pytest.raises(InputError, match=what):
            inspect(path)


def test_what_a_file_says(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    content = changed(lambda model: (outside("w/w.bin")(model), model.metadata_props.add(key="made", value="here")))
    file.write_bytes(content)
    (tmp_path / "w").mkdir()
    (tmp_path / "w/w.bin").write_bytes(bytes(4 * 3 * SIDE * SIDE))
    said = inspect(file)
    assert (said.opset, said.size) == (13, len(content))
    assert [str(port) for port in said.inputs] == ["in (1 x 3 x 16 x 16, float32)"]
    assert (said.inputs[0].layout, said.inputs[0].side, said.inputs[0].length) == ("nchw", SIDE, None)
    assert said.data == (tmp_path / "w/w.bin",)
    assert said.metadata == {"made": "here"}
    assert not said.unused


def test_nothing_of_onnxruntime_is_imported() -> None:
    import subprocess
    import sys

    code = "import sys, fsvfx.networks.files, fsvfx.networks.recognise; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_newest_versions_are_those_of_the_installed_onnxruntime() -> None:
    def runs(ir: int, opset: int) -> bool:
        model = sound(opset=opset)
        model.ir_version = ir
        try:
            onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        except Exception:
            return False
        return True

    assert runs(files.IR, files.OPSET)
    assert not runs(files.IR + 1, files.OPSET)
    assert not runs(files.IR, files.OPSET + 1)


def test_detectors_and_others_of_packs_are_told_apart(tmp_path: Path) -> None:
    from fsvfx.networks.packs import of_insightface

    folder = toy_packs.legacy(tmp_path)
    found = {file.name: of_insightface(inspect(file)) for file in folder.glob("*.onnx")}
    assert found == {
        "det_10g.onnx": "detection",
        "w600k_r50.onnx": "recognition",
        "2d106det.onnx": "landmarks_106",
        "1k3d68.onnx": "landmarks_68",
        "genderage.onnx": None,
    }
