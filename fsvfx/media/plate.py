"""A plate's facts, and the interface of every kind of plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fsvfx.arrays import Array
from fsvfx.media.pixels import Window

RATE_HINT = "Set plate.frame_rate, such as 24000/1001"


@dataclass(frozen=True)
class Canvas:
    """The position of a plate's pixels: its arrays show ``data``, of a picture that fills ``display``."""

    data: Window
    display: Window


@dataclass(frozen=True)
class PlateInfo:
    """A plate's facts. ``width`` and ``height`` are those of the returned arrays: upright, data window."""

    width: int
    height: int
    dtype: np.dtype[np.generic]
    """uint8, uint16 or float16."""
    frame_rate: Fraction | None
    """None: an image sequence without a rate in files or manifest."""
    timecode: str | None
    """Of the manifest's ``first_frame``; ``;`` before the frames means drop-frame."""
    first: int
    """Production number of the plate's first frame."""
    last: int
    has_audio: bool
    pixel_aspect: float
    exr_header: dict[str, Any] | None = None
    data_window: Window | None = None
    display_window: Window | None = None
    notes: tuple[str, ...] = ()
    """Notes for people: alpha that is left out, an assumed color matrix, anamorphic pixels; and all doubts."""
    doubts: tuple[str, ...] = ()
    """Where its files contradict the manifest, and what will play differently from the original: reported before a
    run."""

    @property
    def canvas(self) -> Canvas:
        """The position of the arrays' pixels; plates without windows start at 0, 0."""
        whole = (0, 0, self.width - 1, self.height - 1)
        return Canvas(self.data_window or whole, self.display_window or self.data_window or whole)


class PlateReader(Protocol):
    """An open plate. Frames are given by production number; PlateError names the frame and how to fix it."""

    @property
    def info(self) -> PlateInfo: ...

    def pictures(self, numbers: Sequence[int]) -> Iterator[Array]:
        """Each frame (H, W, 3), RGB, native depth, plate color space; read lazily."""

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        """Digests of the content that these frames are read from; the same on disk and on S3."""

    def audio_file(self) -> Path | None:
        """A WAV with the sound of the shot's frames, starting at the first frame; None without sound."""

    def exr_header(self, number: int) -> dict[str, Any]:
        """An EXR frame's header, including the frame's own data window; {} for other kinds of plates."""

    def dpx_header(self, number: int) -> dict[str, Any]:
        """A DPX frame's fields by OpenImageIO's names (``dpx:Transfer``); {} for other kinds of plates."""


@dataclass(frozen=True)
class Numbering:
    """The one place where a video's frame index and the production's frame number are converted."""

    first: int
    """The production's number of frame index 0."""

    def number(self, index: int) -> int:
        return self.first + index

    def index(self, number: int) -> int:
        return number - self.first
