"""The files of users' own networks, and what they may be used for."""

from __future__ import annotations

from pydantic import Field

from schemas.base import FilePath, Sha256, StrictModel, Text, forbids_commercial_use


class FileOnDisk(StrictModel):
    """A file, by what is in it."""

    path: FilePath
    """Its path: beside the card, or absolute. It is not part of the card's digest."""
    sha256: Sha256
    """The sha256 of its bytes."""
    size: int = Field(gt=0)
    """Its size in bytes."""


class OnnxFile(FileOnDisk):
    """An ONNX file."""

    data: tuple[FileOnDisk, ...] = Field((), max_length=64)
    """The files that hold its weights, if they are not in it. They are in the file's own folder, or below it."""


class LicensedFile(OnnxFile):
    """An ONNX file with terms of its own."""

    licence: Text
    """What it may be used for, in the words of its makers."""
    commercial_use: bool | None
    """Whether it may be used commercially; null: unknown."""

    @property
    def allows_commercial_use(self) -> bool | None:
        """By what it says of it, and by its licence's words; None: nothing says."""
        return False if forbids_commercial_use(self.licence) else self.commercial_use
