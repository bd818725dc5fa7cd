"""What the two kinds of manifests have in common: reading a document as one, with every problem reported at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from fsvfx.documents import Document, Finding, dotted, respelled_fields, validated, without_blanks
from fsvfx.errors import ManifestError, Problem
from schemas.base import StrictModel
from schemas.manifest import Manifest
from schemas.train import TrainManifest
from schemas.upgrade import VersionError

M = TypeVar("M", bound=StrictModel)
Raw = dict[str, Any]


@dataclass(frozen=True)
class Kind(Generic[M]):
    """A kind of manifest.

    is_other: whether a file is rather a manifest of the other kind; other: the message for that. upgraded: its contents
    in the present version; raises VersionError. findings: in its valid parts.
    """

    model: type[M]
    is_other: Callable[[Raw], bool]
    other: Finding
    upgraded: Callable[[Raw], Raw]
    findings: Callable[[Raw, Path], Iterable[Finding]]


def is_training(data: object) -> bool:
    """Whether it is rather a training manifest than a shot manifest: by the keys that only one of them has."""
    return _own_keys(data, TrainManifest, Manifest) > _own_keys(data, Manifest, TrainManifest)


def is_shots(data: object) -> bool:
    """The opposite; a file without any such keys is neither."""
    return _own_keys(data, Manifest, TrainManifest) > _own_keys(data, TrainManifest, Manifest)


def _own_keys(data: object, model: type[StrictModel], other: type[StrictModel]) -> int:
    own = model.model_fields.keys() - other.model_fields.keys()
    return len(own & set(data)) if isinstance(data, dict) else 0


def sound(document: Document, path: Path, kind: Kind[M], others: Sequence[Problem] = ()) -> M:
    """The manifest in ``document``. Raises ManifestError with every problem, its own first."""
    _check_folder(document, path)
    manifest = _validated(document, path, kind)
    if manifest is None or document.problems or others:
        problems = sorted(set(document.problems), key=lambda problem: (problem.line or 0, problem.field))
        raise ManifestError(str(path), (*problems, *others))
    return manifest


def _check_folder(document: Document, path: Path) -> None:
    """All paths start there, and are stored in receipts and headers, which are UTF-8."""
    try:
        os.path.realpath(path).encode()
    except UnicodeEncodeError:
        document.tell((), "the name of the manifest or of a folder above it is not UTF-8", "Rename it")


def _validated(document: Document, path: Path, kind: Kind[M]) -> M | None:
    data = document.data
    if data is None and document.problems:
        return None
    if not isinstance(data, dict):
        document.tell((), "a manifest must be a mapping", "Begin it with schema_version: 1; see examples/")
        return None
    if kind.is_other(data):
        document.tell(*kind.other)
        return None
    try:
        data = kind.upgraded(data)
    except VersionError as error:
        document.tell(("schema_version",), error.what, error.hint)
        data = {**data, "schema_version": 1}
    data = respelled_fields(data, (), kind.model, document)
    data = without_blanks(data, kind.model, document)
    manifest = validated(data, kind.model, document)
    told = {problem.field for problem in document.problems}
    for finding in kind.findings(data, path):
        if dotted(finding.loc) not in told:
            document.tell(*finding)
    return manifest
