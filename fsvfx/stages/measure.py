"""Measure: thumbnails of plate and comp, and figures that say whether a comp can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from fsvfx.arrays import Result
from fsvfx.comp import CompositedEntry, Patch
from fsvfx.engines.registry import engine
from fsvfx.entries import AlignedEntry, GoesIn, entry_name
from fsvfx.faces.embedding import SIZE, cut, embeddings
from fsvfx.faces.geometry import crop, crop_matrix, inverse, move_points
from fsvfx.faces.topology import POINTS
from fsvfx.faces.views import seen, unseen
from fsvfx.identity.contract import distance
from fsvfx.identity.registry import network
from fsvfx.qc.figures import cells, flicker, luminance, nearest, seam
from fsvfx.qc.recognition import networks_of
from fsvfx.qc.view import View, box_around, packed, shrunk, thumbnail, view
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob
from schemas.manifest import Replace
from schemas.receipts import Unit

_SIDE = 128
_ROOM = 5120
"""Bytes per frame for thumbnails: see ``fsvfx.qc.view.packed``."""
_UPRIGHT = 256
"""Side of the upright crops that are used to measure whether a performer can still be recognized."""
_FIGURES = ("to_identity", "to_performer", "seam", "flicker", "unseen")
F32 = NDArray[np.float32]


class MeasureSettings(PlateSettings):
    identities: tuple[str, ...]
    every: int
    """Identity embeddings are computed on every n-th frame, counted from ``first_frame``."""
    first_frame: int
    networks: tuple[str, ...] = Field((), exclude_if=lambda names: not names)
    """They measure whether faces from a bank are still recognized as the performer's."""
    pictured: tuple[int, ...] = Field((), exclude_if=lambda entries: not entries)
    """The entries whose swaps show the references' own pixels, in the performer's pose."""


class MeasureStage(Stage[MeasureSettings]):
    name = "measure"
    version = 5
    needs = (Need("ingest"), Need("align"), Need("composite"), Need("references", of="people"))
    resources = Resources(cpu=1, memory_mib=1024)
    alike = True

    outputs = Outputs(
        {"thumbs": spec(str(_ROOM), "uint8")},
        {
            "figures": {
                "frame": spec("", "int64"),
                "entry": spec("", "int64"),
                **dict.fromkeys(_FIGURES, spec("", "float32")),
            },
            "rN": {"frame": spec("", "int64"), "network": spec("", "int64"), "apart": spec("", "float32")},
        },
    )

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        cast = (Need("cast", of="all"),) if any(entry.from_bank for entry in job.shot.replace) else ()
        return (*self.needs, *cast)

    def settings(self, job: ShotJob, unit: Unit) -> MeasureSettings:
        return MeasureSettings(
            identities=tuple(entry.goes_in for entry in job.shot.replace),
            every=job.shot.measure.every,
            first_frame=job.shot.plate.first_frame,
            networks=networks_of(job),
            pictured=tuple(index for index, entry in enumerate(job.shot.replace) if _is_pictured(entry)),
            **PlateSettings.of(job).model_dump(),
        )

    def weights(self, settings: MeasureSettings) -> tuple[str, ...]:
        more = (card for name in settings.networks for card in network(name).weights)
        return tuple(dict.fromkeys(("dlib_embedding", *more)))

    def run(self, work: Work[MeasureSettings]) -> Result:
        """Table ``figures``: a row for each frame and entry with a face. NaN: not computed.

        to_identity: embedding distance of the comp's face to the identity's nearest reference; to_performer: to the
        plate's face in the same frame; seam, flicker: see ``fsvfx.qc.figures`` (flicker: from the second frame on);
        unseen: the share of the face that no reference shows (``fsvfx.faces.views``), where its pixels are theirs.
        Tables ``rN``, of faces that come from a bank: ``apart``, the distance of the comp's face to the plate's in the
        same frame, by each of the settings' networks.
        """
        thumbs = np.zeros((len(work.frames), _ROOM), np.uint8)
        measurer = _Measurer(work)
        rows: list[_Row] = []
        for place, number in enumerate(work.frames):
            thumbs[place], found = measurer.frame(number)
            rows += found
        table: dict[str, NDArray[Any]] = {
            "frame": np.array([row.frame for row in rows], np.int64),
            "entry": np.array([row.entry for row in rows], np.int64),
        }
        table |= {name: np.array([row.figures[name] for row in rows], np.float32) for name in _FIGURES}
        return Result(frames={"thumbs": thumbs}, tables={"figures": table, **measurer.apart()}, qc=_summary(table))


@dataclass(frozen=True)
class _Row:
    frame: int
    entry: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class _Face:
    """One entry's face in a frame: landmarks (468, 3) plate px; matrix plate px -> crop px; the crop's size."""

    entry: int
    landmarks: F32
    matrix: NDArray[np.float64]
    size: int
    patch: Patch


class _Measurer:
    """Goes through a chunk's frames in order; remembers the previous frame, for flicker."""

    def __init__(self, work: Work[MeasureSettings]) -> None:
        self.work, self.colour = work, plate_colour_of(work)
        goes_in = [GoesIn.of(work.inputs, index, who) for index, who in enumerate(work.settings.identities)]
        self.references: list[F32] = [_known(one) for one in goes_in]
        self.views = {index: _views(goes_in[index]) for index in work.settings.pictured}
        self.distances: dict[int, list[tuple[int, int, float]]] = {i: [] for i, one in enumerate(goes_in) if one.cast}
        self.aligned = [AlignedEntry(work.inputs["align"], index) for index in range(len(self.references))]
        self.before: dict[int, tuple[int, tuple[F32, F32]]] = {}

    def frame(self, number: int) -> tuple[NDArray[np.uint8], list[_Row]]:
        """Its packed thumbnails (of the faces if there are any, else of the whole plate), and its figures."""
        plate = self.work.inputs["ingest"].frame("frames", number)
        faces = [face for index in range(len(self.references)) if (face := self._face(index, number))]
        if not faces:
            return packed(thumbnail(self.colour.shown(shrunk(plate, _SIDE)), _SIDE), None, _ROOM), []
        patches = [face.patch for face in faces]
        box = box_around([face.landmarks for face in faces], patches, (plate.shape[0], plate.shape[1]))
        shown = view(plate, patches, box, self.colour)
        thumbs = packed(thumbnail(shown.plate, _SIDE), thumbnail(shown.comp, _SIDE), _ROOM)
        return thumbs, [
            _Row(number, face.entry, self._figures(number, face, shown, m)) for face, m in zip(faces, shown.mattes)
        ]

    def apart(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Tables of the frames so far."""
        return {
            entry_name(index): {
                "frame": np.array([row[0] for row in rows], np.int64),
                "network": np.array([row[1] for row in rows], np.int64),
                "apart": np.array([row[2] for row in rows], np.float32),
            }
            for index, rows in self.distances.items()
        }

    def _face(self, index: int, number: int) -> _Face | None:
        patch = CompositedEntry(self.work.inputs["composite"], index).patch(number)
        if patch is None:
            return None
        aligned = self.aligned[index]
        matrix = aligned.matrix(number)
        return _Face(index, move_points(inverse(matrix), aligned.landmarks(number)), matrix, aligned.size, patch)

    def _figures(self, number: int, face: _Face, shown: View, matte: NDArray[np.float16]) -> dict[str, float]:
        pair = luminance(shown.plate), luminance(shown.comp)
        figures = {name: float("nan") for name in _FIGURES}
        figures["seam"] = seam(*pair, matte)
        if face.entry in self.views:
            figures["unseen"] = unseen(face.landmarks, self.views[face.entry])
        figures["flicker"] = self._flicker(number, face, shown, pair, matte.astype(np.float32))
        if (number - self.work.settings.first_frame) % self.work.settings.every == 0:
            figures |= self._identity(face, shown)
            if face.entry in self.distances:
                self.distances[face.entry] += self._apart(number, face, shown)
        return figures

    def _flicker(self, number: int, face: _Face, shown: View, pair: tuple[F32, F32], matte: F32) -> float:
        matrix = face.matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ np.array([shown.box[1], shown.box[0]], np.float64)
        now = cells(pair[0], matrix, face.size), cells(pair[1], matrix, face.size)
        last, self.before[face.entry] = self.before.get(face.entry), (number, now)
        if last is None or last[0] != number - 1:
            return float("nan")
        return flicker(last[1], now, cells(matte, matrix, face.size))

    def _identity(self, face: _Face, shown: View) -> dict[str, float]:
        points = face.landmarks - np.array([shown.box[1], shown.box[0], 0], np.float32)
        (plate,), (comp,) = (embeddings(picture, points[None]) for picture in (shown.plate, shown.comp))
        return {
            "to_identity": nearest(comp, self.references[face.entry]),
            "to_performer": float(np.linalg.norm(comp - plate)),
        }

    def _apart(self, number: int, face: _Face, shown: View) -> Iterator[tuple[int, int, float]]:
        """Frame, network, distance. Heads are turned upright: to networks, two rolled heads look alike."""
        points = face.landmarks - np.array([shown.box[1], shown.box[0], 0], np.float32)
        matrix = crop_matrix(points, _UPRIGHT)
        pictures = [np.asarray(crop(picture, matrix, _UPRIGHT), np.uint8) for picture in (shown.plate, shown.comp)]
        mesh = move_points(matrix, points)
        for place, name in enumerate(self.work.settings.networks):
            one = network(name)
            chips = np.stack([cut(picture, mesh, one.chip) for picture in pictures])
            yield number, place, float(distance(*one.vectors(chips)))


def _known(goes_in: GoesIn) -> F32:
    """(m, 128) of who goes in; of nobody none."""
    return np.asarray(goes_in.pictures("embedding"), np.float32) if goes_in.count else np.zeros((0, SIZE), np.float32)


def _views(goes_in: GoesIn) -> F32:
    """(m, 468): what of the face each picture of who goes in shows."""
    meshes = np.asarray(goes_in.pictures("landmarks"), np.float32) if goes_in.count else ()
    return np.array([seen(mesh) for mesh in meshes], np.float32).reshape(-1, POINTS)


def _is_pictured(entry: Replace) -> bool:
    """A driver may turn the head; what that shows nobody has measured."""
    return engine(entry.engine).shows_references and not (entry.driver and entry.driver.pose)


def _summary(table: Mapping[str, NDArray[Any]]) -> dict[str, JsonValue]:
    """Medians, the worst seam and its frame, and in how many frames the comp is nearer to the identity."""
    qc: dict[str, JsonValue] = {"faces": len(table["frame"])}
    for name in _FIGURES:
        taken = table[name][np.isfinite(table[name])]
        if len(taken):
            qc[name] = round(float(np.median(taken)), 4)
    if np.isfinite(table["seam"]).any():
        worst = int(np.nanargmax(table["seam"]))
        qc["worst_seam"] = {"frame": int(table["frame"][worst]), "seam": round(float(table["seam"][worst]), 4)}
    compared = np.isfinite(table["to_identity"]) & np.isfinite(table["to_performer"])
    if compared.any():
        nearer = table["to_identity"][compared] < table["to_performer"][compared]
        qc["nearer_to_identity"] = f"{int(nearer.sum())} of {len(nearer)}"
    return qc
