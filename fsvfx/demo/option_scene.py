"""A few frames of the demo's portrait, swapped in memory: what the pictures of the composite's options are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.arrays import Array, LazyFrames, Result, Table
from fsvfx.comp import Patch, apply
from fsvfx.comp.matte import hull
from fsvfx.comp.patch import from_plate
from fsvfx.context import Context
from fsvfx.demo import shot
from fsvfx.demo.puppet import Mesh, Pose, perform
from fsvfx.digests import digest_of
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.registry import engine, settings_of
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.stages.composite import CompositeStage
from fsvfx.stages.contract import Work
from schemas.composite import Composite
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Replace, Shot
from schemas.receipts import Unit

F32 = NDArray[np.float32]
Pictures = NDArray[Any]

NUMBERS = tuple(range(1001, 1006))
MIDDLE = 2
_SIZE = 320
_SHRINK = 0.8
_SPACE = "ACEScg"
_MOVE = 16.0
"""Plate pixels that the head goes sideways from frame to frame."""


@dataclass(frozen=True)
class Held:
    """`fsvfx.arrays.Data` from arrays in memory."""

    arrays: Mapping[str, Array]
    numbers: Sequence[int] = NUMBERS

    @property
    def digest(self) -> str:
        held = {name: sha256(array.tobytes()).hexdigest() for name, array in sorted(self.arrays.items())}
        return digest_of({"numbers": list(self.numbers), **held})

    def frame(self, name: str, number: int) -> Array:
        return np.asarray(self.arrays[name][self.numbers.index(number)])

    def frames(self, name: str) -> Array:
        return self.arrays[name]

    def table(self, name: str) -> Table:
        raise KeyError(name)

    def has(self, name: str) -> bool:
        return name in self.arrays


@dataclass(frozen=True)
class Scene:
    """plate (n, H, W, 3) float16 ACEScg; meshes (n, 468, 3) px; swap (n, S, S, 3), matte, front and face (n, S, S)."""

    plate: Pictures
    meshes: Mesh
    swap: Pictures
    matte: Pictures
    front: Pictures
    roto: Pictures

    def with_plate(self, change: Callable[[F32], Any]) -> Scene:
        """Each frame of the plate (H, W, 3), scene-linear, changed."""
        return replace(
            self, plate=np.stack([change(each.astype(np.float32)) for each in self.plate]).astype(np.float16)
        )

    def with_swap(self, change: Callable[[F32], Any]) -> Scene:
        """Each crop of the swap (S, S, 3), display light, changed."""
        changed = [np.clip(change(each.astype(np.float32)), 0, 1) for each in self.swap]
        return replace(self, swap=np.stack(changed).astype(np.float16))

    def with_front(self, masks: Pictures) -> Scene:
        """``masks`` (n, H, W): what is in front of the face, in the plate."""
        pairs = zip(masks, self.meshes, strict=True)
        front = np.stack([from_plate(mask, crop_matrix(mesh, _SIZE), _SIZE) for mask, mesh in pairs])
        return replace(self, front=front.astype(np.float16))

    def with_roto(self, masks: Pictures) -> Scene:
        """``masks`` (n, H, W): external mattes."""
        return replace(self, roto=masks.astype(np.float16))

    def comp(self, composite: Composite, row: int = MIDDLE) -> NDArray[np.uint8]:
        """One frame's comp (H, W, 3), to look at."""
        job = _job(composite)
        stage, unit = CompositeStage(), Unit.of_chunk(job.shot.chunks[0])
        result = stage.run(Work(unit, NUMBERS, stage.settings(job, unit), self._inputs))
        patch, matte, origin = (_row(result, name, row) for name in ("patch", "matte", "origin"))
        comp, _ = apply(self.plate[row], [Patch((int(origin[0]), int(origin[1])), patch, matte)])
        return colour.preview(comp, _SPACE, colour.DEFAULT_CONFIG)

    @cached_property
    def _inputs(self) -> dict[str, Held]:
        matrices = np.stack([crop_matrix(mesh, _SIZE) for mesh in self.meshes])
        points = np.stack([move_points(matrix, mesh) for matrix, mesh in zip(matrices, self.meshes, strict=True)])
        count = len(NUMBERS)
        seen = np.stack([hull(mesh, _SIZE) for mesh in points]).astype(np.float16) * (1 - self.front)
        align = {
            "r0/present": np.ones(count, np.bool_),
            "r0/start": np.zeros(count, np.bool_),
            "r0/matrix": matrices,
            "r0/landmarks": points,
            "r0/crops": np.stack([_crop(plate, matrix) for plate, matrix in zip(self.plate, matrices, strict=True)]),
        }
        return {
            "ingest": Held({"frames": self.plate}),
            "align": Held(align),
            "swap": Held({"r0/crops": self.swap, "r0/matte": self.matte}),
            "occlude": Held({"r0/front": self.front, "r0/face": seen, "r0/identity": seen}),
            "roto": Held({"r0/roto": self.roto}),
        }


def made() -> Scene:
    """The portrait, five frames of it, with the demo's nobody swapped in."""
    portrait = shot.portrait()
    mesh = shot.mesh_of(portrait)
    pictures, meshes = zip(*(_frame(portrait, mesh, index) for index in range(len(NUMBERS))), strict=True)
    plate = np.stack([_linear(picture) for picture in pictures])
    crops = [_crop(each, crop_matrix(points, _SIZE)) for each, points in zip(plate, meshes, strict=True)]
    swap, matte = _swapped(crops, meshes, [*shot.nobody(portrait, mesh)])
    empty = np.zeros(matte.shape, np.float16)
    return Scene(plate, np.stack(meshes), swap, matte, empty, np.ones(plate.shape[:3], np.float16))


def _frame(portrait: NDArray[np.uint8], mesh: Mesh, index: int) -> tuple[NDArray[np.uint8], Mesh]:
    """Turns its head and moves sideways."""
    pose = Pose(yaw=-1.0 * (index - MIDDLE))
    move = np.array([[_SHRINK, 0, _MOVE * (index - MIDDLE)], [0, _SHRINK, 0]])
    size = tuple(round(_SHRINK * side) for side in portrait.shape[1::-1])
    acted = shot.act(portrait, mesh, pose)
    picture = cv2.warpAffine(acted, move, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8), move_points(move, perform(mesh, pose))


def _linear(picture: NDArray[np.uint8]) -> NDArray[np.float16]:
    return colour.plate_to_comp(picture, "sRGB", colour.DEFAULT_CONFIG)


def _crop(plate: Array, matrix: NDArray[np.float64]) -> NDArray[np.float16]:
    return display_crop(plate, matrix, _SIZE, colour.PlateColour(_SPACE))


def _swapped(
    crops: Sequence[NDArray[np.float16]], meshes: Sequence[Mesh], nobody: Sequence[tuple[NDArray[np.uint8], Mesh]]
) -> tuple[Pictures, Pictures]:
    """The engine at work: crops (n, S, S, 3) and mattes (n, S, S), float16."""
    faces = [_aligned(crop, mesh, crop_matrix(mesh, _SIZE)) for crop, mesh in zip(crops, meshes, strict=True)]
    views = []
    for picture, mesh in nobody:
        matrix = crop_matrix(mesh, _SIZE)
        views.append(_aligned(_crop(_linear(picture), matrix), mesh, matrix))
    made = engine("landmark_warp")(settings_of("landmark_warp", {}), Context())
    batch = FaceBatch(_stack(faces, 0), _stack(faces, 1), NUMBERS)
    who = Identity("nobody", _stack(views, 0), _stack(views, 1), np.ones(len(views), np.float32))
    swap = made.swap(batch, made.prepare(who, _SIZE))
    return swap.crops.astype(np.float16), swap.matte.astype(np.float16)


def _aligned(crop: NDArray[np.float16], mesh: Mesh, matrix: NDArray[np.float64]) -> tuple[F32, F32]:
    return crop.astype(np.float32), move_points(matrix, mesh)


def _stack(pairs: Sequence[tuple[F32, F32]], which: int) -> F32:
    return np.stack([pair[which] for pair in pairs])


def _job(composite: Composite) -> ShotJob:
    plate = Plate(path="/plate", first_frame=NUMBERS[0], frames=FrameRange(NUMBERS), color_space=_SPACE)
    entry = Replace(performer="sitter", identity="nobody", engine="landmark_warp")
    return ShotJob(
        production="demo",
        shot=Shot(name="options", plate=plate, replace=(entry,), composite=composite),
        people={},
        deliver=(),
        store="memory://options",
        colour_config=colour.DEFAULT_CONFIG.name,
        manifest="/options.yaml",
    )


def _row(result: Result, name: str, row: int) -> Any:
    array = result.frames[f"r0/{name}"]
    if isinstance(array, LazyFrames):
        return next(frame for index, frame in enumerate(array.frames) if index == row)
    return np.asarray(array[row])
