"""ArcFace where a user has it: its real loading code, on a small network of the same shape that was made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from fsvfx import models
from fsvfx.errors import ModelError
from fsvfx.evaluation.judges import judges
from fsvfx.faces.embedding import chip_matrix
from fsvfx.faces.geometry import apply
from fsvfx.identity import arcface, onnx_file
from fsvfx.identity.registry import network

HEAD = np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Mean colour, then a dense layer."""
    nodes = [
        onnx_file.node("GlobalAveragePool", ("given",), "pooled"),
        onnx_file.node("Flatten", ("pooled",), "flat"),
        onnx_file.node("MatMul", ("flat", "head"), "vectors"),
    ]
    given, result = onnx_file.value("given", 3, 112, 112), onnx_file.value("vectors", 512)
    file = tmp_path / "w600k_r50.onnx"
    file.write_bytes(onnx_file.model(nodes, [onnx_file.tensor("head", HEAD)], given, result))
    monkeypatch.setattr(models, "path", lambda name: file)
    arcface._session.cache_clear()
    yield file
    arcface._session.cache_clear()


def test_pictures_are_brought_to_what_it_was_trained_on(small: Path) -> None:
    chips = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), np.uint8)
    found = network("arcface").vectors(chips)
    wanted = (chips.astype(np.float64).mean(axis=(1, 2)) / 127.5 - 1) @ HEAD
    assert found == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), abs=1e-4)
    tensors = torch.from_numpy(chips).permute(0, 3, 1, 2).float() / 255
    assert network("arcface").embed(tensors).numpy() == pytest.approx(found, abs=1e-5)


def test_chips_show_the_five_points_where_insightface_puts_them() -> None:
    flat = np.random.default_rng(2).uniform(0, 300, (468, 3)).astype(np.float32)
    turn = np.array([[1.2, 0.4], [-0.4, 1.2]])
    for point, vertices in zip(arcface.POINTS, arcface.MESH, strict=True):
        flat[list(vertices), :2] = np.array(point) @ turn.T + [40, 70]
    matrix = chip_matrix(flat, network("arcface").chip)
    seen = apply(matrix, np.array([flat[vertices[0], :2] for vertices in arcface.MESH], np.float64))
    assert seen == pytest.approx(np.array(arcface.POINTS), abs=1e-2)


def test_it_is_never_fetched_and_judges_research_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    card = models.card("arcface")
    assert (card.archive, card.commercial_use) == (None, False)
    with pytest.raises(ModelError, match=r"w600k_r50\.onnx"):
        models.pull(["arcface"])
    monkeypatch.setattr(models, "present", lambda name: True)
    assert "arcface" not in judges()
    assert "arcface" in judges("research")
    assert "arcface" not in judges("research", trained=("arcface",))
