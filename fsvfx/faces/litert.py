"""TFLite models on the CPU: a single-threaded interpreter per model and thread (an interpreter is not thread-safe)."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx import models

_cache = threading.local()


class LiteModel:
    """One TFLite model with one picture input."""

    def __init__(self, name: str) -> None:
        from ai_edge_litert.interpreter import Interpreter  # slow to import, and not every stage needs it

        self._interpreter = Interpreter(str(models.path(name)), num_threads=1)
        self._interpreter.allocate_tensors()
        given: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._input: int = given["index"]
        self.size = int(given["shape"][1])
        details = self._interpreter.get_output_details()
        self._order: list[int] = [each["index"] for each in details]
        self._outputs = {int(np.prod(each["shape"])): each["index"] for each in details}

    def __call__(self, picture: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
        """Run on (size, size, 3) float32; the outputs come by their number of elements, flat."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return {count: self._interpreter.get_tensor(index).ravel() for count, index in self._outputs.items()}

    def outputs(self, picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The same, in the model's own order: for models that have outputs of one size."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._order]


def lite_model(name: str) -> LiteModel:
    """This thread's interpreter of a model card. Raises ModelError."""
    if not hasattr(_cache, "models"):
        _cache.models = {}
    if name not in _cache.models:
        _cache.models[name] = LiteModel(name)
    found: LiteModel = _cache.models[name]
    return found
