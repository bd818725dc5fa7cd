"""What a stage outputs, as data: names, shapes and dtypes of its arrays, checked when they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.entries import ENTRY, entry_of
from fsvfx.errors import MachineError, Where


@dataclass(frozen=True)
class Spec:
    """One array, of one frame or one row.

    shape: lengths; a letter stands for any length, the same throughout one entry. dtypes: those allowed.
    """

    shape: tuple[int | str, ...]
    dtypes: tuple[str, ...]
    optional: bool = False

    def __str__(self) -> str:
        return f"({', '.join(map(str, ('n', *self.shape)))}) {' or '.join(self.dtypes)}"


def spec(shape: str, *dtypes: str, optional: bool = False) -> Spec:
    """``spec("S S 3", "float16")``; for one number per frame the shape is empty."""
    return Spec(tuple(int(one) if one.isdigit() else one for one in shape.split()), dtypes, optional)


@dataclass(frozen=True)
class Outputs:
    """frames: per-frame arrays; ``rN/crops`` is each entry's ``crops``. tables: columns of each; ``rN`` likewise.

    parts: of the parts, where there are any.
    """

    frames: Mapping[str, Spec] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Spec]] = field(default_factory=dict)
    parts: Outputs | None = None

    def check(self, stage: str, result: Result) -> None:
        """Raises MachineError, with the array's name, for one that is not as declared, not declared, or missing."""
        for wrong in self._wrong(result):
            raise MachineError(
                f"Stage '{stage}' {wrong}",
                hint="Fix the stage, or the outputs that it declares",
                where=Where(stage=stage),
            )

    def _wrong(self, result: Result) -> Iterator[str]:
        sizes: dict[tuple[str, str], int] = {}
        yield from _compared("array", self.frames, {name: _laid(array) for name, array in result.frames.items()}, sizes)
        yield from _compared("table", dict.fromkeys(self.tables), dict.fromkeys(result.tables), sizes)
        for name, table in result.tables.items():
            wanted = {f"{name}.{column}": each for column, each in self.tables[entry_of(name)[1]].items()}
            yield from _compared("column", wanted, {f"{name}.{key}": _laid(col) for key, col in table.items()}, {})
        for part in result.parts.values():
            yield from (self.parts or Outputs())._wrong(part)


Laid = tuple[tuple[int, ...], np.dtype[np.generic]]
"""Shape of one frame, and dtype."""


def _laid(array: Array | LazyFrames) -> Laid:
    if isinstance(array, LazyFrames):
        return array.shape, array.dtype
    held = np.asarray(array)
    return held.shape[1:], held.dtype


def _compared(
    kind: str,
    declared: Mapping[str, Spec | None],
    given: Mapping[str, Laid | None],
    sizes: dict[tuple[str, str], int],
) -> Iterator[str]:
    """``sizes``: what each letter stands for, by entry."""
    entries = {entry for name in given for entry in [entry_of(name)[0]] if entry}
    wanted = {one.replace(ENTRY, entry, 1): each for one, each in declared.items() for entry in _each(one, entries)}
    for name, each in wanted.items():
        if name not in given and not (each and each.optional):
            yield f"does not output {kind} '{name}'"
    for name, laid in given.items():
        if name not in wanted:
            yield f"outputs {kind} '{name}', which it does not declare"
        elif (each := wanted[name]) and laid and not _fits(each, laid, entry_of(name)[0], sizes):
            yield f"outputs {kind} '{name}' as ({', '.join(map(str, ('n', *laid[0])))}) {laid[1]}; it declares {each}"


def _each(name: str, entries: set[str]) -> set[str]:
    return entries if name == ENTRY or name.startswith(f"{ENTRY}/") else {""}


def _fits(wanted: Spec, laid: Laid, entry: str, sizes: dict[tuple[str, str], int]) -> bool:
    shape, dtype = laid
    if dtype.name not in wanted.dtypes or len(shape) != len(wanted.shape):
        return False
    return all(
        length == (sizes.setdefault((entry, one), length) if isinstance(one, str) else one)
        for one, length in zip(wanted.shape, shape)
    )
