"""Checkpoints: complete or absent, verified by digest, the newest few kept.

``checkpoints/step-00001200/`` has ``tensors.safetensors`` and ``state.json``, which contains the former's sha256 and
its own. Nothing in them is executed: no pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from fsvfx.digests import sha256_of
from fsvfx.disk import place_folder, remove_drafts, remove_folder
from fsvfx.errors import MachineError, Where
from fsvfx.training.events import Notice, Report, Saved

_FORMAT = 1
_TENSORS, _STATE = "tensors.safetensors", "state.json"
_TENSOR, _ARRAY, _TUPLE, _PAIRS = "$tensor", "$array", "$tuple", "$pairs"


class _BrokenError(Exception):
    """A checkpoint differs from what was written; the text says how."""


class Checkpoints:
    """The checkpoints of one training, in ``folder``; the newest ``kept`` are kept."""

    def __init__(self, folder: Path, kept: int, report: Report) -> None:
        self.folder = folder
        self.kept = kept
        self.report = report

    def save(self, step: int, state: Mapping[str, Any]) -> Path:
        """Save a tree of dicts, lists, numbers and tensors. Raises MachineError if writing fails."""
        final = self.path_of(step)
        if not final.exists():
            place_folder(final, lambda draft: _write(draft, step, state))
            self.report(Saved(step, final))
        for old in self.found()[: -self.kept]:
            remove_folder(old)
        return final

    def newest_step(self) -> int | None:
        """The step of the newest complete checkpoint; None if there is none at all. Broken ones are reported and set
        aside.

        Raises MachineError if every one is broken.
        """
        remove_drafts(self.folder)
        found = self.found()
        for path in reversed(found):
            try:
                return int(_checked(path)["step"])
            except _BrokenError as broken:
                aside = _set_aside(path)
                self.report(Notice(f"Checkpoint {path.name} is broken ({broken}): set aside as {aside.name}"))
        if found:
            raise MachineError(
                f"All {len(found)} checkpoints are broken",
                hint="Restore them from a backup, or remove the folder to start over",
                where=Where(file=str(self.folder)),
            )
        return None

    def read(self, step: int) -> Any:
        """The tree saved at ``step``, which ``newest_step`` found complete."""
        path = self.path_of(step)
        return _joined(_checked(path)["state"], load_file(path / _TENSORS))

    def path_of(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}"

    def found(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob("step-*"))


def _write(draft: Path, step: int, state: Mapping[str, Any]) -> None:
    tensors: dict[str, Tensor] = {}
    kept = {"format": _FORMAT, "step": step, "state": _split(dict(state), "", tensors)}
    save_file(tensors, draft / _TENSORS)
    kept["sha256"] = sha256_of(draft / _TENSORS)
    text = json.dumps(kept)
    (draft / _STATE).write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}\n", encoding="utf-8")


def _checked(path: Path) -> Any:
    """The contents of ``state.json``, after verifying both files. Raises _BrokenError."""
    try:
        digest, text = (path / _STATE).read_text(encoding="utf-8").splitlines()
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise _BrokenError(f"{_STATE} has changed since it was written")
        kept = json.loads(text)
        if kept["format"] != _FORMAT:
            raise _BrokenError(f"its format is {kept['format']}, this program reads {_FORMAT}")
        if sha256_of(path / _TENSORS) != kept["sha256"]:
            raise _BrokenError(f"{_TENSORS} has changed since it was written")
        return kept
    except OSError as error:
        raise _BrokenError(f"{Path(error.filename or path).name}: {error.strerror}") from error
    except (ValueError, KeyError) as error:
        raise _BrokenError(f"{_STATE} can't be read: {error}") from error


def _set_aside(path: Path) -> Path:
    """Move it out of the way of the one that training will write at the same step."""
    number = 0
    while (aside := path.with_name(f"broken-{path.name}" + (f"-{number}" if number else ""))).exists():
        number += 1
    return path.rename(aside)


def _split(tree: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The tree as JSON; its tensors go into ``tensors``, on the CPU, keyed by ``name`` and their path."""
    match tree:
        case Tensor():
            tensors[name] = tree.detach().cpu().contiguous().clone()
            return {_TENSOR: name}
        case np.ndarray():
            tensors[name] = torch.from_numpy(np.ascontiguousarray(tree))
            return {_ARRAY: name}
        case np.generic():
            return tree.item()
        case dict() if all(isinstance(key, str) and not key.startswith("$") for key in tree):
            return {key: _split(value, f"{name}/{key}", tensors) for key, value in tree.items()}
        case dict():
            pairs = tree.items()
            return {_PAIRS: [[key, _split(value, f"{name}/{key}", tensors)] for key, value in pairs]}
        case list() | tuple():
            parts = [_split(value, f"{name}/{place}", tensors) for place, value in enumerate(tree)]
            return parts if isinstance(tree, list) else {_TUPLE: parts}
        case None | bool() | int() | float() | str():
            return tree
    raise TypeError(f"{name} is a {type(tree).__name__}, which a checkpoint can't hold")


def _joined(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """The inverse of ``_split``. Raises KeyError for a missing tensor."""
    if isinstance(tree, list):
        return [_joined(value, tensors) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if _TENSOR in tree:
        return tensors[tree[_TENSOR]]
    if _ARRAY in tree:
        return tensors[tree[_ARRAY]].numpy()
    if _TUPLE in tree:
        return tuple(_joined(value, tensors) for value in tree[_TUPLE])
    if _PAIRS in tree:
        return {key: _joined(value, tensors) for key, value in tree[_PAIRS]}
    return {key: _joined(value, tensors) for key, value in tree.items()}
