"""Return values of ``detect`` and ``swap``: values to work with, pictures in a notebook, files that state what they
are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.api.pictures import U8, html, png
from fsvfx.arrays import Array, Data
from fsvfx.colour import PlateColour, is_scene_linear
from fsvfx.delivery import Order, write_frames
from fsvfx.delivery.comps import comps, picture
from fsvfx.errors import InputError, Where
from fsvfx.faces.people import people
from fsvfx.faces.tracks import Finds, cuts, link
from fsvfx.media import PlateInfo
from fsvfx.printable import counted
from schemas.deliver import Deliver, DeliverExr, DeliverFrames
from schemas.job import ShotJob
from schemas.templates import frame_path, suffix

_LINE = (255, 208, 0)
_MOST_SHOWN = 8
"""Frames of a batch that a notebook shows."""


@dataclass(frozen=True)
class DetectedFace:
    """One face. number: as ``swap`` accepts it; box: (4,) f32 x0 y0 x1 y1 px; score in [0, 1]; landmarks: (468, 3) f32
    px (z in the same scale, smaller is nearer); embedding: (128,) f32, for recognition; NaN if not taken."""

    number: int
    box: NDArray[np.float32]
    score: float
    landmarks: NDArray[np.float32]
    embedding: NDArray[np.float32]


@dataclass(frozen=True)
class DetectedFaces(Sequence[DetectedFace]):
    """The faces in one frame. picture: the frame (H, W, 3) u8, as the detector saw it."""

    faces: tuple[DetectedFace, ...]
    picture: U8

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, index: Any) -> Any:
        return self.faces[index]

    def __iter__(self) -> Iterator[DetectedFace]:
        return iter(self.faces)

    def __str__(self) -> str:
        return "\n".join(map(_line, self.faces)) or "no faces"

    def drawn(self) -> U8:
        """The frame with a numbered box around each face, (H, W, 3) u8."""
        shown = self.picture.copy()
        thick = max(1, round(min(shown.shape[:2]) / 300))
        for face in self.faces:
            x0, y0, x1, y1 = (round(float(value)) for value in face.box)
            cv2.rectangle(shown, (x0, y0), (x1, y1), _LINE, thick)
            at = (x0 + 2 * thick, max(y0, 0) + 14 * thick)
            cv2.putText(shown, str(face.number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.45 * thick, _LINE, thick, cv2.LINE_AA)
        return shown

    def _repr_png_(self) -> bytes:
        return png(self.drawn())

    def _repr_html_(self) -> str:
        return html([self._repr_png_()], str(self))


def _line(face: DetectedFace) -> str:
    x0, y0, x1, y1 = face.box
    middle = f"({(x0 + x1) / 2:.0f}, {(y0 + y1) / 2:.0f})"
    return f"{face.number}: {x1 - x0:.0f} x {y1 - y0:.0f} px at {middle}, score {face.score:.2f}"


def faces_on(frames: Sequence[Array], detected: Data, job: ShotJob) -> list[DetectedFaces]:
    """The detect stage's results for each frame, numbered like people in the track stage."""
    table: dict[str, Any] = dict(detected.table("faces"))
    finds = Finds(table["frame"], table["box"], table["score"], table["landmarks"], table["embedding"])
    numbers = np.array(detected.numbers, np.int64)
    new = numbers[cuts(numbers, np.asarray(detected.frames("signature"), np.uint8))]
    starts, settings = frozenset(new.tolist()), job.shot.faces
    tracks = link(finds, starts, settings.max_gap)
    seen = people(finds, tracks, starts, frames=len(numbers), min_score=settings.min_score)
    owner = {int(row): person.number for person in seen for row in person.rows}
    colour = PlateColour.of(job)
    return [
        DetectedFaces(_faces_at(finds, number, owner), colour.look(frame))
        for number, frame in zip(numbers.tolist(), frames, strict=True)
    ]


def _faces_at(finds: Finds, frame: int, owner: Mapping[int, int]) -> tuple[DetectedFace, ...]:
    """owner: the person of each row; other rows are not faces."""
    rows = sorted((row for row in np.flatnonzero(finds.frame == frame).tolist() if row in owner), key=owner.__getitem__)
    return tuple(
        DetectedFace(owner[row], finds.box[row], float(finds.score[row]), finds.landmarks[row], finds.embedding[row])
        for row in rows
    )


@dataclass(frozen=True)
class Swapped:
    """A swap. For a batch, ``comp`` and ``matte`` have a leading axis.

    comp: (H, W, 3) in the frame's own space: its dtype for integer frames, otherwise float32. Outside the matte it is
    the unchanged frame. matte: (H, W) float32 in [0, 1], above zero where pixels were altered.
    """

    comp: NDArray[Any]
    matte: NDArray[np.float32]
    order: Order
    """The delivery for ``save``: job, receipts and the rights decision."""

    @classmethod
    def of(cls, order: Order, *, one: bool) -> Swapped:
        made = list(comps(order))
        space, depth = order.job.shot.plate.color_space, _depth(made[0].plate)
        pictures = np.stack([picture(order, each, space, depth) for each in made])
        mattes = np.stack([each.matte.astype(np.float32) for each in made])
        return cls(pictures[0] if one else pictures, mattes[0] if one else mattes, order)

    @property
    def statement(self) -> str:
        """The statement in every saved file and with every shown picture."""
        return self.order.statement

    @property
    def records(self) -> tuple[str, ...]:
        """The consent records that allowed it."""
        return self.order.rights.records

    def save(self, path: str | Path, *, color_space: str | None = None, replace: bool = False) -> list[Path]:
        """Write it like a shot's delivered frames: EXR, PNG, TIFF or DPX, marked as altered; returns the files.

        Args:
            path: with ``{frame}`` or ``####`` for the frame number if it is a batch. EXR includes the mattes.
            color_space: of the file; default: the frame's own. Integer files of scene-linear frames must name one.
            replace: overwrite existing files.

        Raises InputError for an unsupported kind of path, or an existing file; MachineError.
        """
        wish = self._wish(str(Path(path).absolute()), color_space)
        job = self.order.job.model_copy(update={"deliver": (wish,), "may_replace": replace})
        return [Path(file.path) for unit in self._chunks(job) for file in write_frames(unit, _Plate(self._info))]

    def _chunks(self, job: ShotJob) -> Iterator[Order]:
        for receipt in self.order.of("composite"):
            yield replace(self.order, job=job, unit=receipt.unit)

    def _wish(self, path: str, color_space: str | None) -> Deliver:
        numbers = self.order.frames
        if len(numbers) > 1 and frame_path(path, numbers.first) == frame_path(path, numbers.last):
            what = f"{counted(len(numbers), 'frame')} can't be saved as one file"
            raise InputError(what, hint="Write {frame} or #### into the name", where=Where(file=path))
        if suffix(path) == ".exr":
            return DeliverExr(kind="exr", path=path, color_space=color_space)
        if suffix(path) not in (".png", ".tif", ".tiff", ".dpx"):
            what = f"'{suffix(path) or path}' is not a kind of picture that can be saved"
            raise InputError(what, hint="Name an .exr, .png, .tif or .dpx file", where=Where(file=path))
        job = self.order.job
        if color_space is None and is_scene_linear(self.order.colour.config, job.shot.plate.color_space):
            what = "An integer picture of a scene-linear frame needs a display or log color space"
            raise InputError(what, hint="Add color_space='sRGB', or save an .exr", where=Where(file=path))
        depth = 8 if self.comp.dtype == np.uint8 and suffix(path) != ".dpx" else None
        return DeliverFrames(kind="frames", path=path, color_space=color_space, depth=depth)

    @cached_property
    def _info(self) -> PlateInfo:
        height, width = self.matte.shape[-2:]
        frames = self.order.frames
        return PlateInfo(
            width=width, height=height, dtype=self.comp.dtype, frame_rate=None, timecode=None, first=frames.first,
            last=frames.last, has_audio=False, pixel_aspect=1.0,
        )  # fmt: skip

    @cached_property
    def _pngs(self) -> list[bytes]:
        made = islice(comps(self.order), _MOST_SHOWN)
        return [png(self.order.colour.preview(each.rgb), self.statement) for each in made]

    def _repr_png_(self) -> bytes:
        return self._pngs[0]

    def _repr_html_(self) -> str:
        [entry] = self.order.job.shot.replace
        return html(self._pngs, f"{entry.performer} with the face of {entry.goes_in}. {self.statement}")


@dataclass(frozen=True)
class _Plate:
    """The part of a ``PlateReader`` that writing needs: frames in memory have no headers."""

    info: PlateInfo

    def pictures(self, numbers: Sequence[int]) -> Iterator[Array]:
        raise NotImplementedError

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        raise NotImplementedError

    def audio_file(self) -> Path | None:
        return None

    def exr_header(self, number: int) -> dict[str, Any]:
        return {}

    def dpx_header(self, number: int) -> dict[str, Any]:
        return {}


def _depth(plate: NDArray[Any]) -> int | str:
    return {"uint8": 8, "uint16": 16}.get(plate.dtype.name, "float")
