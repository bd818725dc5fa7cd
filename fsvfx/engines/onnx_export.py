"""A package's networks for one person as an ONNX file, written only if it agrees with them."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from fsvfx import extras, packages
from fsvfx.disk import place_file
from fsvfx.engines.packaged import restored
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import ClosedModel
from fsvfx.errors import InputError, MachineError, Where
from fsvfx.outputs import Named
from schemas.package import PackageCard

if TYPE_CHECKING:
    import onnx

LIMIT = 1e-4
"""How far a value in [0, 1] may be from torch's of the same pictures: 1/40 of an 8-bit step."""
OPSET = 18
"""The first whose Resize averages where it shrinks, as the comb's levels need it."""
_MOST = (1 << 31) - (1 << 20)
"""Bytes. Protobuf, in which ONNX is written, holds no more than 2 GiB."""


@dataclass(frozen=True)
class Exported:
    """outputs: their names. difference: the largest from torch, of values in [0, 1]."""

    file: Path
    outputs: tuple[str, ...]
    difference: float
    opset: int
    metadata: dict[str, str]


@dataclass(frozen=True)
class Source:
    """What is exported: a package's networks, for one of its people."""

    package: Path
    card: PackageCard
    person: str
    model: ClosedModel


def export(package: Path, out: Path, *, person: str | None = None, force: bool = False) -> Exported:
    """Write ``predict`` for ``person`` (None: the package's first, the identity) to ``out``.

    Its input ``faces`` is (n, 3, R, R) RGB in [0, 1], any n; its outputs are ``rgb`` alike, and ``mask`` (n, 1, R, R)
    of models that learn one. Raises InputError (an unknown person, ``out`` is there already, too large for a file),
    ModelError (the package is broken), MachineError (the file would not agree with torch, or can't be written; an
    optional package is missing).
    """
    source = opened(package, out, person, force=force)
    size = source.model.resolution
    taken = f"faces: (n, 3, {size}, {size}) float32 RGB in [0, 1], aligned as fsvfx aligns"
    proto = graph_of(source.model, source.person)
    return placed(source, proto, out, difference(proto.SerializeToString(), source.model, source.person), taken)


def opened(package: Path, out: Path, person: str | None, *, force: bool) -> Source:
    """The networks to export to ``out``. Raises as ``export`` does."""
    extras.require("onnxscript", what="Exporting to ONNX")
    card = packages.card_of(package)
    who = _known(card, person)
    Named(force, tuple(package.iterdir())).check_free(out)
    model = restored(learned(card.engine), package)
    if not isinstance(model, ClosedModel):
        raise InputError(
            f"'{card.model}' takes its identity from reference pictures, so there is nobody to export",
            hint="Export a model that was trained on the people whom it swaps",
        )
    return Source(package, card, who, model)


def placed(source: Source, proto: onnx.ModelProto, out: Path, found: float, taken: str, **more: str) -> Exported:
    """Write a graph to ``out``, with whose face it is; not if what it gives differs by more than LIMIT from torch's.

    found: that difference. taken: what it takes, in words. more: further metadata. Raises MachineError.
    """
    if not found <= LIMIT:  # NaN is no agreement either
        raise MachineError(
            f"The ONNX file would differ from the package by {found:.2g}; at most {LIMIT:g} is allowed",
            hint="Nothing was written; report it to the engine's maintainer",
            where=Where(file=str(source.package)),
        )
    metadata = _metadata(source, taken, **more)
    for name, said in metadata.items():
        proto.metadata_props.add(key=name, value=said)
    place_file(out, proto.SerializeToString())
    names = tuple(each.name for each in proto.graph.output)
    return Exported(out, names, found, proto.opset_import[0].version, metadata)


def graph_of(model: ClosedModel, person: str) -> onnx.ModelProto:
    """``model.predict`` for ``person``, of any number of pictures. Raises InputError if no file can hold it."""
    pictures = torch.zeros(2, 3, model.resolution, model.resolution)
    predict = _Predict(model, person)
    with torch.no_grad():
        names = ["rgb", "mask"][: len(predict(pictures))]
    return traced(predict, pictures, "faces", names)


def traced(module: nn.Module, pictures: Tensor, taken: str, given: Sequence[str]) -> onnx.ModelProto:
    """The graph of a module that takes any number of pictures, under these names, in opset OPSET.

    Raises InputError if no file can hold it.
    """
    with _quiet(), torch.no_grad():  # with gradients it takes three times as long
        traced = torch.export.export(module, (pictures,), dynamic_shapes=({0: torch.export.Dim("n")},))
        program = torch.onnx.export(
            traced, dynamo=True, opset_version=OPSET, input_names=[taken], output_names=given, verbose=False
        )
    assert program is not None
    size = sum(weight.const_value.nbytes for weight in program.model.graph.initializers.values() if weight.const_value)
    if size > _MOST:
        raise InputError(
            f"The networks have {size / 2**30:.1f} GiB of weights, and an ONNX file holds 2",
            hint="Export a model of smaller dims",
        )
    return program.model_proto


def difference(content: bytes, model: ClosedModel, person: str) -> float:
    """The largest between onnxruntime's and torch's outputs, of noise and of smooth pictures as faces are."""
    return furthest(content, "faces", _Predict(model, person), samples(model.resolution))


def furthest(content: bytes, taken: str, module: nn.Module, pictures: Iterable[Tensor]) -> float:
    """The largest difference between what a graph and a module give of each of ``pictures``, in the same order."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    worst = torch.zeros(())
    for each in pictures:
        with torch.inference_mode():
            wanted = module(each)
        for got, want in zip(session.run(None, {taken: each.numpy()}), wanted, strict=True):
            worst = torch.maximum(worst, (torch.from_numpy(got) - want).abs().max())
    return float(worst)


class _Predict(nn.Module):
    """``predict`` as a plain function of tensors."""

    def __init__(self, model: ClosedModel, person: str) -> None:
        super().__init__()
        self.model = model
        self.person = person

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        made = self.model.predict(faces, self.person)
        return (made.rgb,) if made.mask is None else (made.rgb, made.mask)


def samples(size: int) -> Iterator[Tensor]:
    """One of noise, three of soft colours, black and white: batches of two sizes that the graph was not traced with."""
    numbers = torch.Generator().manual_seed(0)
    yield torch.rand(1, 3, size, size, generator=numbers)
    coarse = torch.rand(3, 3, 6, 6, generator=numbers)
    soft = interpolate(coarse, (size, size), mode="bicubic").clamp(0, 1)
    yield torch.cat([soft, torch.zeros(1, 3, size, size), torch.ones(1, 3, size, size)])


def _known(card: PackageCard, person: str | None) -> str:
    if person is None:
        return card.names[0]
    if person not in card.names:
        raise InputError(
            f"The model package '{card.model}' knows {', '.join(card.names)}, not '{person}'", hint="Name one of them"
        )
    return person


def _metadata(source: Source, taken: str, **more: str) -> dict[str, str]:
    """What stays with the file: whose face it is, and what it may be used for."""
    card = source.card
    said = {
        "model": card.model,
        "weights_sha256": card.sha256,
        "card_sha256": hashlib.sha256((source.package / packages.CARD).read_bytes()).hexdigest(),
        "engine": card.engine,
        "person": source.person,
        "people": ", ".join(card.names),
        "consents": ", ".join(each.consent for each in card.people),
        "licence": card.licence,
        "resolution": str(source.model.resolution),
        "input": taken,
        "cut": "aligned",
        **more,
    }
    return {f"fsvfx.{name}": text for name, text in said.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own deprecations and of packages that are not needed."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
