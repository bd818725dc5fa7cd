"""Reads stage results: stitched together from receipts, cut to the requested frames, each block verified by its
digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fsvfx import commands
from fsvfx.arrays import Array, Table
from fsvfx.digests import digest_of
from fsvfx.errors import DamagedError, StoreError, Where
from fsvfx.store.blocks import MissingChunkError
from fsvfx.store.kept import BlockName
from fsvfx.store.layout import ATTRIBUTE, ArrayDigest, Contents, block_digest, column_path, frames_path, part_path
from fsvfx.store.members import DAMAGE, Members, members_of
from fsvfx.store.objects import ShotStore
from schemas.frames import FrameRange
from schemas.receipts import Receipt


class Piece:
    """The group of one receipt (or of a part of it)."""

    def __init__(self, store: ShotStore, receipt: Receipt, part: str | None = None) -> None:
        self.store = store
        self.receipt = receipt
        self.part = part
        self.path = f"{receipt.path}/{part_path(part)}" if part else receipt.path
        self.digest = receipt.parts.get(part, "") if part else receipt.digest

    @cached_property
    def _members(self) -> Members:
        return members_of(self.store, self.receipt.path, self.part)

    @cached_property
    def contents(self) -> Contents:
        """The group's own description; StoreError unless it matches the receipt."""
        kept, digest = self.store.kept.contents.get(self.path, (None, ""))
        if kept is None or digest != self.digest:
            kept = self._read_contents()
            self.store.kept.contents[self.path] = kept, self.digest
        return kept

    def _read_contents(self) -> Contents:
        try:
            with self.store.guard(Where(file=self.path)):
                node = self._members.node()
            if node is None:
                raise self.damaged("is not in the store" if self.receipt.kept else "was not kept", self.path)
            contents = Contents.model_validate(json.loads(node)["attributes"][ATTRIBUTE])
        except (*DAMAGE, MissingChunkError) as error:
            raise self.damaged("has unreadable attributes", self.path) from error
        if contents.digest != self.digest:
            raise self.damaged("does not match its receipt", self.path)
        return contents

    @cached_property
    def rows(self) -> dict[int, int]:
        """Production frame number -> row."""
        return {number: row for row, number in enumerate(self.contents.numbers)}

    def frame(self, name: str, number: int) -> Array:
        array = self.contents.frames[name]
        row = self.rows[number]
        block = self._block(frames_path(name), array, array.block_of(row), number)
        return np.asarray(block[row % array.rows])

    def column(self, table: str, column: str) -> Array:
        array = self.contents.tables[table][column]
        blocks = [self._block(column_path(table, column), array, i) for i in range(len(array.digests))]
        return np.concatenate(blocks) if blocks else np.empty(array.shape, array.dtype)

    def check(self) -> list[StoreError]:
        """Read everything; returns an error for each mismatch with its digest."""
        try:
            wanted = self._everything()
        except StoreError as error:
            return [error]
        problems = []
        for path, array, i in wanted:
            try:
                self._read_block(path, array, i, None)
            except StoreError as error:
                problems.append(error)
        return problems

    def damaged(self, what: str, path: str, number: int | None = None) -> StoreError:
        frames = FrameRange([number]) if number is not None else frames_of(self.receipt)
        stage = self.receipt.stage
        return DamagedError(
            f"Stored data of {stage} {self.receipt.unit.name} {what}",
            hint=f"Recreate it: {self._command(stage, frames)}",
            where=Where(shot=self.receipt.shot, stage=stage, frames=frames, file=f"{self.store.root}/{path}"),
        )

    def _command(self, stage: str, frames: FrameRange | None) -> str:
        own = frames if self.receipt.unit.kind == "chunk" else None
        return commands.retry(self.store.job, frames=own, stages=[stage])

    def _everything(self) -> list[tuple[str, ArrayDigest, int]]:
        contents = self.contents
        arrays = [(frames_path(name), array) for name, array in contents.frames.items()]
        for table, columns in contents.tables.items():
            arrays += [(column_path(table, name), array) for name, array in columns.items()]
        return [(path, array, i) for path, array in arrays for i in range(len(array.digests))]

    def _block(self, path: str, array: ArrayDigest, i: int, number: int | None = None) -> Array:
        name = BlockName(self.path, path, i)
        block = self.store.kept.block(name)
        if block is None:
            block = self._read_block(path, array, i, number)
            self.store.kept.put(name, block)
        return block

    def _read_block(self, path: str, array: ArrayDigest, i: int, number: int | None) -> Array:
        if number is None and path.startswith("frames/") and array.rows == 1:
            number = self.contents.numbers[i]
        block = self._decoded(path, array, i, number)
        if block_digest(block) != array.digests[i]:
            raise self.damaged("does not match its digest", f"{self.path}/{path}", number)
        return block

    def _decoded(self, path: str, array: ArrayDigest, i: int, number: int | None) -> Array:
        try:
            with self.store.guard(Where(file=path)):
                return self._members.block(path, array, i)
        except MissingChunkError as error:
            raise self.damaged("is missing a Zarr chunk", str(error), number) from error
        except DAMAGE as error:
            raise self.damaged("can't be decoded", f"{self.path}/{path}", number) from error


def pieces_of(store: ShotStore, receipt: Receipt) -> list[Piece]:
    """All groups of a receipt: its own, and those of its parts."""
    return [Piece(store, receipt), *(Piece(store, receipt, part) for part in receipt.parts)]


def frames_of(receipt: Receipt) -> FrameRange | None:
    """The frames of a chunk's receipt."""
    return FrameRange(receipt.unit.chunk.frames) if receipt.unit.chunk else None


@dataclass(frozen=True)
class StitchedData:
    """`fsvfx.arrays.Data` over the groups of several receipts."""

    pieces: tuple[Piece, ...]
    wanted: frozenset[int] | None

    @cached_property
    def _home(self) -> dict[int, Piece]:
        home = {number: piece for piece in self.pieces for number in piece.contents.numbers}
        if self.wanted is not None:
            home = {number: piece for number, piece in home.items() if number in self.wanted}
        return dict(sorted(home.items()))

    @property
    def numbers(self) -> Sequence[int]:
        return tuple(self._home)

    @property
    def digest(self) -> str:
        return digest_of([[piece.digest for piece in self.pieces], list(self.numbers)])

    def frame(self, name: str, number: int) -> Array:
        piece = self._home.get(number)
        if piece is None or name not in piece.contents.frames:
            raise self._absent(name, number)
        return piece.frame(name, number)

    def frames(self, name: str) -> Array:
        if not self._home:
            return self._no_frames(name)
        return np.stack([self.frame(name, number) for number in self.numbers])

    def table(self, name: str) -> Table:
        pieces = [piece for piece in self.pieces if name in piece.contents.tables]
        if not pieces:
            raise self._absent(name, None)
        names = list(pieces[0].contents.tables[name])
        columns = {key: np.concatenate([piece.column(name, key) for piece in pieces]) for key in names}
        if self.wanted is None or "frame" not in columns:
            return columns
        rows = np.isin(columns["frame"], list(self.wanted))
        return {key: column[rows] for key, column in columns.items()}

    def has(self, name: str) -> bool:
        return any(name in piece.contents.frames or name in piece.contents.tables for piece in self.pieces)

    def _no_frames(self, name: str) -> Array:
        """For a person without references: empty, with the right shape."""
        for piece in self.pieces:
            if name in piece.contents.frames:
                array = piece.contents.frames[name]
                return np.empty((0, *array.shape[1:]), array.dtype)
        raise self._absent(name, None)

    def _absent(self, name: str, number: int | None) -> StoreError:
        stages = sorted({piece.receipt.stage for piece in self.pieces}) or ["nothing"]
        frames = FrameRange([number]) if number is not None else None
        return StoreError(
            f"No receipt for '{name}' of {', '.join(stages)}",
            hint="Run the shot again: missing results are computed",
            where=Where(shot=self.pieces[0].receipt.shot if self.pieces else None, stage=stages[0], frames=frames),
        )


def open_data(
    store: ShotStore, receipts: Sequence[Receipt], numbers: Sequence[int] | None = None, part: str | None = None
) -> StitchedData:
    """One stage's results over ``receipts`` as one input, cut to the frame ``numbers``.

    ``part``: of a shot-wide result, the share of one chunk. Reading raises StoreError for missing or damaged data, with
    the frames and the command that recreates it.
    """
    pieces = tuple(Piece(store, receipt, part if part in receipt.parts else None) for receipt in receipts)
    return StitchedData(pieces, None if numbers is None else frozenset(numbers))
