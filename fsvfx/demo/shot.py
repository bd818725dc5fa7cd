"""Writes the demo's folder: plate, references, consent records, manifest. Needs nothing but installed packages.

The plate is a portrait that scikit-image ships (a public-domain NASA photograph), set in motion: it turns, nods and
blinks under a camera that moves in while the light changes. The identity is made from the same picture by bending its
proportions and painting it over until it is nobody's: no person's likeness is put on anybody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from fsvfx.demo.puppet import Mesh, Pose, make_up, morph, perform, somebody_else
from fsvfx.errors import InputError, Where
from fsvfx.faces.search import FaceFinder

Picture = NDArray[np.uint8]

FRAMES = 72
RATE = 24
SIZE = (640, 480)
_PORTRAIT = (70, 0, 380, 300)  # x0, y0, x1, y1 of head and shoulders
_SCALE = 3
_VIEWS = tuple(Pose(yaw=yaw, pitch=pitch) for pitch in (-5.0, 0.0, 5.0) for yaw in (-6.0, -2.0, 2.0, 6.0))


def make(folder: Path) -> Path:
    """Write the shot into ``folder`` and return its manifest's path. Raises InputError for other files there."""
    _check_free(folder)
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    sitter = portrait()
    mesh = mesh_of(sitter)
    _write_plate(folder / "plate.mp4", _plate(sitter, mesh))
    for number, (view, _) in enumerate(nobody(sitter, mesh)):
        cv2.imwrite(str(folder / f"refs/nobody.{number:02d}.png"), cv2.cvtColor(view, cv2.COLOR_RGB2BGR))
    for name in ("sitter", "nobody"):
        (folder / f"{name}.consent.yaml").write_text(_template(f"{name}.consent.yaml"))
    manifest = folder / "demo.yaml"
    manifest.write_text(_template("demo.yaml"))
    return manifest


def _check_free(folder: Path) -> None:
    """What an earlier demo wrote may be written again."""
    manifest = folder / "demo.yaml"
    try:
        if manifest.read_text(encoding="utf-8").startswith(_template("demo.yaml").splitlines()[0]):
            return
    except (OSError, UnicodeDecodeError):
        pass
    written = ("demo.yaml", "plate.mp4", "refs", "sitter.consent.yaml", "nobody.consent.yaml")
    if found := [name for name in written if os.path.lexists(folder / name)]:
        what = f"The folder has other files that the demo would write over: {', '.join(found)}"
        raise InputError(what, hint="Give a new folder", where=Where(file=str(folder)))


def _template(name: str) -> str:
    today = datetime.now(UTC)
    text = (files("fsvfx.demo") / "files" / name).read_text()
    return (
        text.replace("{from}", f"{today:%Y-%m-%d}")
        .replace("{to}", f"{today + timedelta(days=30):%Y-%m-%d}")
        .replace("{now}", f"{today:%Y-%m-%dT%H:%M:%SZ}")
    )


def portrait() -> Picture:
    """Who the demo's plate shows, (H, W, 3) sRGB."""
    x0, y0, x1, y1 = _PORTRAIT
    picture: Picture = data.astronaut()[y0:y1, x0:x1]  # type: ignore[no-untyped-call]
    return np.asarray(cv2.resize(picture, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_CUBIC), np.uint8)


def mesh_of(picture: Picture) -> Mesh:
    """The face's mesh (468, 3), px."""
    landmarks: Mesh = FaceFinder(perturb=9).find(picture).landmarks[0]
    return landmarks


def act(picture: Picture, mesh: Mesh, pose: Pose) -> Picture:
    """The face of ``picture`` in ``pose``."""
    return morph(picture, mesh[:, :2], perform(mesh, pose)[:, :2])


def nobody(portrait: Picture, mesh: Mesh) -> Iterator[tuple[Picture, Mesh]]:
    """The identity, in some poses, with its mesh."""
    other = somebody_else(mesh)
    face = make_up(morph(portrait, mesh[:, :2], other[:, :2]), other)
    return ((act(face, other, pose), perform(other, pose)) for pose in _VIEWS)


def _plate(portrait: Picture, mesh: Mesh) -> Iterator[Picture]:
    for index in range(FRAMES):
        yield _camera(act(portrait, mesh, _pose(index)), mesh, index)


def _pose(index: int) -> Pose:
    time = index / RATE
    blink = 0.6 * max(np.exp(-(((index - middle) / 2.2) ** 2)) for middle in (20, 52))
    return Pose(
        yaw=6 * np.sin(2 * np.pi * time / 2.6), pitch=3.5 * np.sin(2 * np.pi * time / 1.9 + 1.0), blink=float(blink)
    )


def _camera(picture: Picture, mesh: Mesh, index: int) -> Picture:
    """Moves in on the face, a little unsteady, while the light comes up by a stop."""
    part = index / (FRAMES - 1)
    ease = part * part * (3 - 2 * part)
    head = mesh[:, :2].mean(0) + np.array([0, -0.03 * picture.shape[0]])
    centre = np.array(picture.shape[1::-1]) / 2
    wide, near = SIZE[0] / picture.shape[1], 1.15
    zoom = wide * (near / wide) ** ease
    aim = centre + (head - centre) * (0.25 + 0.75 * ease)
    aim = np.clip(aim, np.array(SIZE) / 2 / zoom, picture.shape[1::-1] - np.array(SIZE) / 2 / zoom)
    shake = 2.0 * np.array([np.sin(index * 0.37), np.cos(index * 0.29)])
    matrix = cv2.getRotationMatrix2D(tuple(map(float, aim)), 1.2 * float(np.sin(index * 0.11)), zoom)
    matrix[:, 2] += np.array(SIZE) / 2 - aim + shake
    seen = cv2.warpAffine(picture, matrix, SIZE, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    light = (seen.astype(np.float32) / 255) ** 2.2 * 2.0 ** (-0.8 + 0.8 * ease)
    grain = np.random.default_rng(index).normal(0, 1.2, seen.shape[:2])[..., None]
    return np.asarray(np.clip(light ** (1 / 2.2) * 255 + grain + 0.5, 0, 255), np.uint8)


def _write_plate(path: Path, frames: Iterator[Picture]) -> None:
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=RATE, options={"crf": "12", "preset": "medium"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        for frame in frames:
            file.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(video.encode())
