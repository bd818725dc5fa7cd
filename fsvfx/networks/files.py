"""Inspects a network's file before anything runs it: its real kind, whether it is complete, its inputs and outputs.

Nothing here runs a network: ``onnx`` parses the graph, weights in other files are located but not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.digests import sha256_of
from fsvfx.errors import InputError, Where
from fsvfx.networks.kinds import kind_of

if TYPE_CHECKING:
    import onnx

IR, OPSET = 13, 26
"""The newest versions that the pinned onnxruntime reads (checked by tests)."""
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators included in onnxruntime."""
_MOST_BYTES = 2**31
"""The limit of Protobuf, ONNX's format."""
_MOST_DATA = 16 * 2**30
_MOST = {"inputs": 16, "outputs": 64, "nodes": 100_000, "weights": 100_000}
_MOST_NUMBERS = 2**32
_MOST_DEPTH = 8
_MAKE_AGAIN = "Copy or export it again"
_EXPORT = "Export it again with opset 17 to 21; torch.onnx.export takes opset_version"

Shape = tuple[int | str | None, ...]
"""Sizes; names for free ones; None for those without a name."""


@dataclass(frozen=True)
class Port:
    """An input or output: its name, shape, and number type by numpy's name."""

    name: str
    shape: Shape
    dtype: str

    def __str__(self) -> str:
        sizes = " x ".join("any" if one is None else str(one) for one in self.shape)
        return f"{self.name} ({sizes or 'a number'}, {self.dtype})"

    @property
    def layout(self) -> str | None:
        """nchw or nhwc for pictures with three channels, None otherwise."""
        if len(self.shape) != 4:
            return None
        return "nchw" if self.shape[1] == 3 else "nhwc" if self.shape[3] == 3 else None

    @property
    def sides(self) -> Shape:
        """Height and width of pictures."""
        return self.shape[2:4] if self.layout == "nchw" else self.shape[1:3]

    @property
    def side(self) -> int | None:
        """Side of square pictures, px; None if it is free, or they are not square."""
        height, width = self.sides
        return height if isinstance(height, int) and height == width else None

    @property
    def length(self) -> int | None:
        """For vectors (1, n), (n,): n, if it is fixed."""
        last = self.shape[-1] if self.shape else None
        first = self.shape[0] if self.shape else None
        is_one = len(self.shape) == 1 or (len(self.shape) == 2 and (not isinstance(first, int) or first == 1))
        return last if is_one and isinstance(last, int) else None


@dataclass(frozen=True)
class Graph:
    """The contents of a network's file.

    initialisers: names and shapes of its weights; unused: those that no node reads; first: the names of the first
    nodes; half: whether weights are float16; data: the files that contain weights.
    """

    file: Path
    sha256: str
    size: int
    data: tuple[Path, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    initialisers: Mapping[str, tuple[int, ...]]
    unused: tuple[str, ...]
    first: tuple[str, ...]
    half: bool
    opset: int
    metadata: Mapping[str, str]


def inspect(file: Path) -> Graph:
    """Inspects an ONNX file. Raises InputError, in one sentence and with a solution, for anything that is not one, is
    damaged or unsafe, or that onnxruntime can't run."""
    size = _check_plain(file)
    model = _parsed(file)
    _check_version(file, model)
    _check_domains(file, model)
    graphs = list(_graphs(file, model.graph))
    weights = [each for graph in graphs for each in _weights(graph)]
    _check_bounds(file, model, graphs, weights)
    _check_weights(file, weights)
    data = _data_files(file, weights)
    initialisers = {each.name: tuple(each.dims) for each in model.graph.initializer}
    read = {name for graph in graphs for node in graph.node for name in node.input}
    read |= {one.name for one in model.graph.output}
    return Graph(
        file=file,
        sha256=sha256_of(file),
        size=size,
        data=data,
        inputs=tuple(_port(file, one) for one in model.graph.input if one.name not in initialisers),
        outputs=tuple(_port(file, one) for one in model.graph.output),
        initialisers=initialisers,
        unused=tuple(name for name in initialisers if name not in read),
        first=tuple(node.name for node in model.graph.node[:8]),
        half=any(each.data_type == 10 for each in weights),
        opset=max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1),
        metadata={one.key: one.value for one in model.metadata_props},
    )


def _check_plain(file: Path) -> int:
    """Returns its size. It must be a regular file, not empty, not too large, and no other kind of file."""
    try:
        state = file.stat()
    except OSError as error:
        raise _wrong(file, f"it can't be read: {error.strerror}", "Check the path") from error
    if stat.S_ISDIR(state.st_mode):
        folders = "of an insightface pack name the pack's folder, of the ICT-FaceKit the one with FaceXModel/ in it"
        raise _wrong(file, "it is a folder", f"Name the ONNX file in it; {folders}")
    if not stat.S_ISREG(state.st_mode):
        raise _wrong(file, "it is not a regular file", "Name a file on the disk")
    if not state.st_size:
        raise _wrong(file, "it is empty", "Get it again: the download or copy failed")
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise _wrong(file, f"it can't be read: {error.strerror}", "Check its permissions") from error
    kind = kind_of(head)
    if kind is not None:
        raise _wrong(file, f"it is {kind.said}, not an ONNX file", kind.hint)
    if state.st_size >= _MOST_BYTES:
        what = f"it has {state.st_size / 2**30:.1f} GiB, and an ONNX file can't have 2"
        raise _wrong(file, what, "Export it with its weights in a file beside it (external data)")
    return state.st_size


def _parsed(file: Path) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(file, load_external_data=False)
    except (DecodeError, ValueError, RecursionError, TypeError) as error:
        what = "it is not an ONNX file, or is truncated: it can't be parsed"
        raise _wrong(file, what, f"Compare its size with the original's. {_MAKE_AGAIN}") from error
    except (OSError, MemoryError) as error:
        raise _wrong(file, f"it can't be read: {error}", "Check the disk and the free memory") from error
    if not model.ir_version or not model.graph.node:
        what = "it has no graph: it is not an ONNX file, or is damaged"
        raise _wrong(file, what, f"Compare its size with the original's. {_MAKE_AGAIN}")
    return model


def _check_version(file: Path, model: onnx.ModelProto) -> None:
    if model.ir_version > IR:
        what = f"it has ONNX's IR version {model.ir_version}, and onnxruntime here reads up to {IR}"
        raise _wrong(file, what, "Export it again with an older onnx, or lower its IR version with onnx.save")
    for one in model.opset_import:
        if one.domain in ("", "ai.onnx") and one.version > OPSET:
            what = f"it has opset {one.version}, and onnxruntime here reads up to {OPSET}"
            raise _wrong(file, what, _EXPORT)


def _check_domains(file: Path, model: onnx.ModelProto) -> None:
    """Operators of other domains are code, which would have to be loaded. Functions defined in the file are allowed."""
    own = {one.domain for one in model.functions}
    nodes = [node for graph in _graphs(file, model.graph) for node in graph.node]
    nodes += [node for one in model.functions for node in one.node]
    foreign = sorted({f"{node.domain}.{node.op_type}" for node in nodes if node.domain not in DOMAINS | own})
    if foreign:
        what = f"it uses operators that onnxruntime does not have: {', '.join(foreign[:3])}"
        raise _wrong(file, what, "Export it again with ONNX's own operators; fsvfx loads no libraries for others")


def _graphs(file: Path, graph: onnx.GraphProto, depth: int = 0) -> Iterator[onnx.GraphProto]:
    """The graph and all subgraphs of its nodes."""
    if depth > _MOST_DEPTH:
        raise _wrong(file, f"its graph is nested more than {_MOST_DEPTH} deep", _MAKE_AGAIN)
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _graphs(file, inner, depth + 1)


def _weights(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for one in graph.sparse_initializer:
        yield from (one.values, one.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (*([attribute.t] if attribute.HasField("t") else ()), *attribute.tensors)


def _check_bounds(
    file: Path, model: onnx.ModelProto, graphs: list[onnx.GraphProto], weights: list[onnx.TensorProto]
) -> None:
    counts = {
        "inputs": len({one.name for one in model.graph.input} - {one.name for one in model.graph.initializer}),
        "outputs": len(model.graph.output),
        "nodes": sum(len(graph.node) for graph in graphs),
        "weights": len(weights),
    }
    for name, count in counts.items():
        if count > _MOST[name]:
            raise _wrong(file, f"it has {count} {name}, more than {_MOST[name]}", "Check where it comes from")
    if sum(_numbers(each) for each in weights) > _MOST_NUMBERS:
        raise _wrong(file, "its weights would be more than 4 billion numbers", "Check where it comes from")


def _check_weights(file: Path, weights: list[onnx.TensorProto]) -> None:
    """Each must have as many bytes as its shape requires: otherwise readers would read beyond it, or reserve memory for
    nothing."""
    for each in weights:
        if any(size < 0 for size in each.dims):
            raise _wrong(file, f"its weight '{_short(each.name)}' has a negative size", _MAKE_AGAIN)
        wanted = _bytes_of(each)
        if each.data_location == 0 and each.raw_data and wanted is not None and len(each.raw_data) != wanted:
            what = f"its weight '{_short(each.name)}' has {len(each.raw_data)} bytes where its shape needs {wanted}"
            raise _wrong(file, f"{what}: it is damaged", _MAKE_AGAIN)


def _data_files(file: Path, weights: list[onnx.TensorProto]) -> tuple[Path, ...]:
    """The files that contain external weights: below its own folder, no links, at least as long as declared."""
    outside = [each for each in weights if each.data_location == 1]
    folder = Path(os.path.realpath(file)).parent
    sizes: dict[Path, int] = {}
    for each in outside:
        said = {one.key: one.value for one in each.external_data}
        path = _data_file(file, folder, said.get("location", ""))
        if path not in sizes:
            sizes[path] = _size_of_data(file, path)
        try:
            start, length = int(said.get("offset") or 0), int(said.get("length") or _bytes_of(each) or 0)
        except ValueError:
            start = length = -1
        if start < 0 or length < 0 or start + length > sizes[path]:
            what = f"{path.name}, which holds its weights, is truncated, or belongs to another file"
            raise _wrong(file, what, "Copy both files again, together")
    if sum(sizes.values()) > _MOST_DATA:
        what = f"its weights have {sum(sizes.values()) / 2**30:.0f} GiB, more than {_MOST_DATA >> 30}"
        raise _wrong(file, what, "Check where it comes from")
    return tuple(sorted(sizes))


def _data_file(file: Path, folder: Path, location: str) -> Path:
    path = folder / location
    inside = location and "\0" not in location and "\\" not in location and not os.path.isabs(location)
    if not inside or ".." in Path(location).parts:
        what = f"its weights are at '{_short(location)}', outside its own folder"
        raise _wrong(file, what, "Export it again, with its weights beside it")
    if os.path.realpath(path) != str(path):
        what = f"{_short(location)}, which holds its weights, is a link"
        raise _wrong(file, what, "Put the file itself there")
    return path


def _size_of_data(file: Path, path: Path) -> int:
    if not path.is_file():
        what = f"{_short(path.name)}, which holds its weights, is missing"
        raise _wrong(file, what, "Put both files into one folder")
    return path.stat().st_size


def _numbers(tensor: onnx.TensorProto) -> int:
    return prod(tensor.dims)


_BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16}
"""Bits per number, by ONNX's type number."""


def _bytes_of(tensor: onnx.TensorProto) -> int | None:
    """None for strings and packed types."""
    bits = _BITS.get(tensor.data_type)
    return None if bits is None else _numbers(tensor) * bits // 8


def _port(file: Path, value: onnx.ValueInfoProto) -> Port:
    import onnx

    if not value.type.HasField("tensor_type"):
        what = f"its '{_short(value.name)}' is not a tensor but a sequence or a map"
        raise _wrong(file, what, "Export the network without pre- and postprocessing of that kind")
    tensor = value.type.tensor_type
    shape = tuple(one.dim_value if one.HasField("dim_value") else one.dim_param or None for one in tensor.shape.dim)
    try:
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    except KeyError:
        dtype = "unknown"
    return Port(value.name, shape, dtype)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."


def _wrong(file: Path, what: str, hint: str) -> InputError:
    return InputError(f"{file.name} can't be used: {what}", hint=hint, where=Where(file=str(file)))
