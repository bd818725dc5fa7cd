"""Runs an ONNX file according to its card: checked before it is opened, once per process, by the requested provider."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from fsvfx.digests import sha256_of
from fsvfx.errors import MachineError, ModelError, Where
from fsvfx.networks.files import inspect
from fsvfx.packages import paths_in
from schemas.network_files import OnnxFile

Provider = Literal["auto", "cpu", "cuda", "tensorrt", "coreml"]
Precision = Literal["fp32", "fp16"]
Shape = Sequence[int | None]

_NAMES: Final = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
_BESIDE: Final = {"cpu": (), "cuda": ("cpu",), "tensorrt": ("cuda", "cpu"), "coreml": ("cpu",)}
"""Fallbacks for nodes for which a provider has no kernel."""
_PICTURES = 4
"""Number of axes of a batch of pictures."""
_CODES = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .*? failed:\s*)?")
_AGAIN = "Put back the file that the card names, or add the network again"


@dataclass(frozen=True)
class Port:
    """An input or an output: shape has None where a size is free."""

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]


class Session:
    """An open network. ``provider``: the one that runs it, by its name here; ``beside``: the fallbacks."""

    def __init__(self, held: Any, provider: str, beside: tuple[str, ...], file: Path) -> None:
        self._held = held
        self.provider, self.beside, self.file = provider, beside, file
        self.inputs = {port.name: port for port in map(_port, held.get_inputs())}
        self.outputs = {port.name: port for port in map(_port, held.get_outputs())}

    def run(self, given: Mapping[str, NDArray[Any]], wanted: Sequence[str]) -> list[NDArray[np.float32]]:
        """The ``wanted`` outputs for inputs by name, as float32. Raises ModelError if the network can't take them.

        Inputs are converted to the file's own types. An input with one row beside a batch of pictures applies to all of
        them. If the file's batch is fixed, that many pictures are run at a time: usually one.
        """
        feeds = {name: _as(value, self.inputs[name].dtype) for name, value in given.items()}
        count = max((len(value) for value in feeds.values() if value.ndim == _PICTURES), default=1)
        step = self.batch or count
        if step == count:
            return self._once({name: self._rows(name, value, slice(0, count)) for name, value in feeds.items()}, wanted)
        parts = []
        for start in range(0, count, step):
            rows = np.minimum(np.arange(start, start + step), count - 1)  # the last batch is padded
            parts.append(self._once({name: self._rows(name, value, rows) for name, value in feeds.items()}, wanted))
        return [np.concatenate(each)[:count] for each in zip(*parts, strict=True)]

    @property
    def batch(self) -> int | None:
        """Number of pictures that the file takes at a time; None: any number."""
        sizes = (port.shape[0] for port in self.inputs.values() if len(port.shape) == _PICTURES)
        return next(sizes, None)

    def check(self, inputs: Mapping[str, Shape | None], outputs: Mapping[str, Shape | None]) -> None:
        """Raises ModelError if the file lacks one of these, or has it in another shape (None, as a whole or for a size:
        any), or if it needs other inputs."""
        for said, there, what in ((inputs, self.inputs, "input"), (outputs, self.outputs, "output")):
            for name, shape in said.items():
                if name not in there:
                    raise self._wrong(f"has no {what} '{name}': its {what}s are {', '.join(there)}")
                if shape is not None and not _fits(there[name].shape, shape):
                    raise self._wrong(
                        f"has the {what} '{name}' as {_told(there[name].shape)}, and the card says {_told(shape)}"
                    )
        if more := [name for name in self.inputs if name not in inputs]:
            raise self._wrong(f"needs an input '{more[0]}' that the card does not name: give it under constants")

    def _rows(self, name: str, value: NDArray[Any], rows: slice | NDArray[np.intp]) -> NDArray[Any]:
        """The given rows of an input with a batch; all of one without."""
        shape = self.inputs[name].shape
        if len(shape) < 2 or not value.ndim:
            return value
        if len(value) > 1:
            return value[rows]
        count = len(rows) if isinstance(rows, np.ndarray) else rows.stop
        return np.repeat(value, count, axis=0) if count > 1 and shape[0] in (None, count) else value

    def _once(self, feeds: Mapping[str, NDArray[Any]], wanted: Sequence[str]) -> list[NDArray[np.float32]]:
        try:
            return [np.asarray(found, np.float32) for found in self._held.run(list(wanted), dict(feeds))]
        except Exception as error:  # onnxruntime's own classes have no common base
            raise self._wrong(f"can't be run on these inputs: {_first_line(error)}") from error

    def _wrong(self, why: str) -> ModelError:
        return ModelError(
            f"The network {self.file.name} {why}", hint="Correct its card", where=Where(file=str(self.file))
        )


def session(
    package: Path, file: OnnxFile, *, provider: Provider = "auto", precision: Precision = "fp32", device: str = "cpu"
) -> Session:
    """A package's network, open. Created once per process.

    The file is inspected before it is run (``files.inspect``). provider: ``auto`` is ``cuda`` if ``device`` is a GPU
    and onnxruntime supports it, otherwise ``cpu``. Raises InputError if a file is not a network that can be run,
    ModelError if one is missing or does not match the card; MachineError if the requested provider is not available: it
    is never replaced by another.
    """
    named = _chosen(provider, device)
    return _open(paths_in(package, file), (file.sha256, *(each.sha256 for each in file.data)), named, precision, device)


@lru_cache(maxsize=6)
def _open(paths: tuple[Path, ...], hashes: tuple[str, ...], provider: str, precision: str, device: str) -> Session:
    for path, sha256 in zip(paths, hashes, strict=True):
        if (found := sha256_of(path)) != sha256:
            raise ModelError(
                f"The network's file {path.name} is not the one that the card names: its sha256 is {found}",
                hint=_AGAIN,
                where=Where(file=str(path)),
            )
    _check_graph(paths)
    import onnxruntime  # here: only needed to run a network

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # workers are processes, one per core
    options.log_severity_level = 3  # it warns about every initializer that no node uses, such as emaps
    providers = [(_NAMES[name], _options(name, precision, device)) for name in (provider, *_BESIDE[provider])]
    try:
        held = onnxruntime.InferenceSession(str(paths[0]), options, providers=providers)
    except Exception as error:  # onnxruntime's own classes have no common base
        raise ModelError(
            f"The network {paths[0].name} can't be opened: {_first_line(error)}",
            hint="Export it again with opset 17 to 21; of weights in another file, keep those below 1 KiB in its own",
            where=Where(file=str(paths[0])),
        ) from error
    used = [name for name, full in _NAMES.items() if full in held.get_providers()]
    if provider not in used:
        raise _not_here(provider, used)
    return Session(held, provider, tuple(name for name in _BESIDE[provider] if name in used), paths[0])


def _check_graph(paths: tuple[Path, ...]) -> None:
    """The file is valid, and reads weights only from the files that the card names: theirs are checked."""
    unnamed = {each.resolve() for each in inspect(paths[0]).data} - {each.resolve() for each in paths[1:]}
    if unnamed:
        raise ModelError(
            f"The network {paths[0].name} has weights in {', '.join(sorted(each.name for each in unnamed))}, "
            "and its card does not name them",
            hint="Name them under file.data in its card, or add the network again",
            where=Where(file=str(paths[0])),
        )


def _chosen(provider: Provider, device: str) -> str:
    import onnxruntime

    here = [name for name, full in _NAMES.items() if full in onnxruntime.get_available_providers()]
    if provider == "auto":
        return "cuda" if device.startswith("cuda") and "cuda" in here else "cpu"
    if provider not in here:
        raise _not_here(provider, here)
    return provider


def _options(name: str, precision: str, device: str) -> dict[str, str]:
    _, _, number = device.partition(":")
    if name == "cuda":
        return {"device_id": number or "0", "use_tf32": "0"}
    if name == "tensorrt":
        half = "1" if precision == "fp16" else "0"
        return {"device_id": number or "0", "trt_fp16_enable": half, "trt_layer_norm_fp32_fallback": "1"}
    return {}


def _not_here(provider: str, here: Sequence[str]) -> MachineError:
    return MachineError(
        f"onnxruntime has no provider '{provider}' on this machine; it has {', '.join(here)}",
        hint="Set provider: auto, or install the onnxruntime that has it, with its libraries",
        where=Where(field="settings.provider"),
    )


def _as(value: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """In an input's own type; integers are rounded and clipped to its range, as they would wrap around."""
    if dtype.kind not in "iu":
        return np.asarray(value, dtype)
    held = np.iinfo(dtype)
    return np.asarray(np.rint(np.clip(value, held.min, held.max)), dtype)


def _fits(there: Shape, said: Shape) -> bool:
    """An output may declare no shape."""
    if not there:
        return True
    return len(there) == len(said) and all(a == b for a, b in zip(there, said) if None not in (a, b))


def _port(port: Any) -> Port:
    shape = tuple(size if isinstance(size, int) and size > 0 else None for size in port.shape)
    return Port(port.name, shape, _TYPES.get(port.type, np.dtype(np.float32)))


_TYPES: Final[Mapping[str, np.dtype[Any]]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(double)": np.dtype(np.float64),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(bool)": np.dtype(np.bool_),
    "tensor(uint8)": np.dtype(np.uint8),
}


def _told(shape: Sequence[int | None]) -> str:
    return "x".join("any" if size is None else str(size) for size in shape)


def _first_line(error: Exception) -> str:
    """Without onnxruntime's codes and the file's path, which are reported separately."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return _CODES.sub("", line)
