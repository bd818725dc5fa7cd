"""The kind of script written in an afternoon: the baseline for fsvfx's cost. It uses nothing from fsvfx.

BlazeFace and FaceMesh on every frame, one reference picture warped triangle by triangle, cv2.seamlessClone, PNG.

    python benchmarks/plain_script.py PLATE REFERENCE OUT MODELS [FRAMES]

MODELS: the folder that `fsvfx models pull` fills. No tracks, no occlusion, no EXR, no ledger, no consent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from scipy.spatial import Delaunay

Picture = NDArray[np.uint8]
Points = NDArray[np.float32]


class Net:
    """A TFLite network; its outputs by their number of elements."""

    def __init__(self, path: Path) -> None:
        self.net = Interpreter(str(path), num_threads=1)
        self.net.allocate_tensors()
        self.size = int(self.net.get_input_details()[0]["shape"][1])

    def __call__(self, picture: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
        self.net.set_tensor(self.net.get_input_details()[0]["index"], picture[None])
        self.net.invoke()
        outputs = [self.net.get_tensor(each["index"]).ravel() for each in self.net.get_output_details()]
        return {len(each): each for each in outputs}


class Mesher:
    """The 468 points of the most probable face."""

    def __init__(self, models: Path) -> None:
        self.detector = Net(next(models.glob("blazeface_short/*.tflite")))
        self.mesh = Net(next(models.glob("facemesh/*.tflite")))
        cells = [(x, y, grid) for grid, times in ((16, 2), (8, 6)) for y in range(grid) for x in range(grid)
                 for _ in range(times)]  # fmt: skip
        self.centres = np.array([((x + 0.5) / grid, (y + 0.5) / grid) for x, y, grid in cells], np.float32)

    def __call__(self, rgb: Picture) -> Points | None:
        """(468, 2) px."""
        height, width = rgb.shape[:2]
        side = max(height, width)
        square = np.zeros((side, side, 3), np.uint8)
        square[:height, :width] = rgb
        small = cv2.resize(square, (self.detector.size,) * 2, interpolation=cv2.INTER_AREA)
        found = self.detector(small.astype(np.float32) / 127.5 - 1)
        best = int(found[896].argmax())
        if found[896][best] < 0:
            return None
        box = found[896 * 16].reshape(896, 16)[best] / self.detector.size
        middle, eyes = (box[:2] + self.centres[best]) * side, (box[4:8].reshape(2, 2) + self.centres[best]) * side
        across = eyes[1] - eyes[0]
        turn, scale = np.arctan2(across[1], across[0]), self.mesh.size / (1.5 * side * box[2:4].max())
        matrix = cv2.getRotationMatrix2D(tuple(map(float, middle)), float(np.degrees(turn)), float(scale))
        matrix[:, 2] += self.mesh.size / 2 - middle
        crop = cv2.warpAffine(rgb, matrix, (self.mesh.size,) * 2)
        points = self.mesh(crop.astype(np.float32) / 255)[468 * 3].reshape(468, 3)[:, :2]
        return np.asarray(cv2.transform(points[None], cv2.invertAffineTransform(matrix))[0], np.float32)


def frames(path: Path) -> Iterator[Picture]:
    movie = cv2.VideoCapture(str(path))
    while True:
        good, bgr = movie.read()
        if not good:
            return
        yield np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def warped(source: Picture, at: Points, to: Points, triangles: NDArray[np.int32], shape: tuple[int, int]) -> Picture:
    """The source's face on the target's mesh, (H, W, 3)."""
    out = np.zeros((*shape, 3), np.uint8)
    for corners in triangles:
        left, top, width, height = cv2.boundingRect(to[corners])
        right, bottom = min(left + width, shape[1]), min(top + height, shape[0])
        left, top = max(left, 0), max(top, 0)
        if right <= left or bottom <= top:
            continue
        here = to[corners] - np.array([left, top], np.float32)
        matrix = cv2.getAffineTransform(at[corners], here)
        piece = cv2.warpAffine(source, matrix, (right - left, bottom - top), borderMode=cv2.BORDER_REFLECT_101)
        mask = np.zeros(piece.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(here).astype(np.int32), 1)
        area = out[top:bottom, left:right]
        area[mask > 0] = piece[mask > 0]
    return out


def swapped(plate: Picture, mesh: Points, face: Picture) -> Picture:
    mask = np.zeros(plate.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(mesh).astype(np.int32)), 255)
    left, top, width, height = cv2.boundingRect(mask)
    middle = (left + width // 2, top + height // 2)
    return np.asarray(cv2.seamlessClone(face, plate, mask, middle, cv2.NORMAL_CLONE), np.uint8)


def main(plate: Path, reference: Path, out: Path, models: Path, most: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    find = Mesher(models)
    source = next(frames(reference))
    source_mesh = find(source)
    if source_mesh is None:
        sys.exit(f"{reference}: no face in the first frame")
    triangles = np.asarray(Delaunay(source_mesh).simplices, np.int32)
    for number, picture in enumerate(frames(plate)):
        if number == most:
            break
        mesh = find(picture)
        if mesh is not None:
            face = warped(source, source_mesh, mesh, triangles, picture.shape[:2])
            picture = swapped(picture, mesh, face)
        cv2.imwrite(str(out / f"{number:04d}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]), int(sys.argv[5]) if len(sys.argv) > 5 else -1)
