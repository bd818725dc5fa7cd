"""MediaPipe's TFLite models on the CPU, and the anchors of its detectors, after its published graphs and options."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx import models

_GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate"
_cache = threading.local()
_redirecting = threading.Lock()


class LiteModel:
    """A TFLite model with one picture input."""

    def __init__(self, name: str) -> None:
        from ai_edge_litert.interpreter import Interpreter  # slow to import, and not needed by every stage

        self._interpreter = Interpreter(str(models.path(name)), num_threads=1)
        with _without(_GREETING):
            self._interpreter.allocate_tensors()
        given: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._input: int = given["index"]
        self.size = int(given["shape"][1])
        details = self._interpreter.get_output_details()
        self._order: list[int] = [each["index"] for each in details]
        self._outputs = {int(np.prod(each["shape"])): each["index"] for each in details}

    def __call__(self, picture: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
        """Run on (size, size, 3) float32; outputs by their number of elements, flat."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return {count: self._interpreter.get_tensor(index).ravel() for count, index in self._outputs.items()}

    def outputs(self, picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The same, in the model's own order: for models with several outputs of one size."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._order]


@contextmanager
def _without(line: bytes) -> Iterator[None]:
    """Suppresses lines of stderr that start with this, from C code too: LiteRT has no switch for its greeting. One
    thread at a time; other output in the meantime is printed afterwards."""
    with _redirecting, TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            for each in said:
                if not each.startswith(line):
                    os.write(2, each)


def lite_model(name: str) -> LiteModel:
    """This thread's interpreter of a model card: interpreters are not thread-safe. Raises ModelError."""
    if not hasattr(_cache, "models"):
        _cache.models = {}
    if name not in _cache.models:
        _cache.models[name] = LiteModel(name)
    found: LiteModel = _cache.models[name]
    return found


@lru_cache(maxsize=4)
def anchors(grids: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """Anchor centers in [0, 1], (n, 2). grids: cells a side and anchors a cell, in the order of the model's output."""
    centres = []
    for cells, times in grids:
        at = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(at, at, indexing="ij")
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), times, axis=0))
    return np.concatenate(centres)


def decode(
    regressors: NDArray[np.float32], logits: NDArray[np.float32], centres: NDArray[np.float32], size: int, least: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Raw outputs (n, 4 + 2 p), (n,) of a model of ``size`` px -> boxes and key points (k, 4 + 2 p) in [0, 1], and
    scores (k,), for those with a score of at least ``least``."""
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0)))
    likely = scores >= least
    raw = regressors[likely].reshape(-1, regressors.shape[1] // 2, 2) / size
    middle, half = raw[:, :1] + centres[likely][:, None], raw[:, 1:2] / 2
    values = np.concatenate([middle - half, middle + half, raw[:, 2:] + centres[likely][:, None]], axis=1)
    return values.reshape(-1, regressors.shape[1]).astype(np.float32), scores[likely].astype(np.float32)
