"""The pictures of the composite's options: ``python -m fsvfx.demo.options docs/composite [OPTION ...]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.demo.option_scene import Scene, made
from schemas.composite import Composite

F32 = NDArray[np.float32]
Picture = NDArray[np.uint8]
Change = Callable[[Scene], Scene]

_TILE = (150, 176)
_MOST = 15_000
"""Bytes of a picture."""
_BANNER = 14


class Shown(NamedTuple):
    """Settings of the tiles, left to right, each with its caption; and what is done to the scene first."""

    tiles: tuple[tuple[str, dict[str, Any]], ...]
    change: Change = lambda scene: scene


def write(folder: Path, options: Sequence[str] = ()) -> None:
    """A picture for each of ``options`` (none: for all) into ``folder``: JPEGs below 15 kB."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = made()
    for name in options or SHOWN:
        shown = SHOWN[name]
        changed = shown.change(scene)
        tiles = [_tile(changed.comp(Composite(**values)), caption, changed) for caption, values in shown.tiles]
        (folder / f"{name}.jpg").write_bytes(_small(_sheet(tiles)))


def _pair(option: str, before: object, after: object, change: Change = lambda scene: scene, **both: Any) -> Shown:
    return Shown(
        tuple((str(value).lower() if value is not None else "", {**both, option: value}) for value in (before, after)),
        change,
    )


def _cast(scene: Scene) -> Scene:
    """A swap from another light: cooler and darker."""
    return scene.with_swap(lambda crop: crop * np.array([0.78, 0.86, 0.96], np.float32))


def _noisy(scene: Scene) -> Scene:
    """A grainy plate."""
    random = np.random.default_rng(3)
    return scene.with_plate(lambda plate: plate * (1 + 0.16 * random.standard_normal((*plate.shape[:2], 1))))


def _noisy_swap(scene: Scene) -> Scene:
    random = np.random.default_rng(4)
    return scene.with_swap(lambda crop: crop + 0.045 * random.standard_normal((*crop.shape[:2], 1)))


def _soft_swap(scene: Scene) -> Scene:
    """A swap of too few pixels."""

    def coarse(crop: F32) -> F32:
        small = cv2.resize(crop, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, crop.shape[1::-1], interpolation=cv2.INTER_CUBIC))

    return scene.with_swap(coarse)


def _soft(scene: Scene) -> Scene:
    """A plate out of focus."""
    return scene.with_plate(lambda plate: cv2.GaussianBlur(plate, (0, 0), 2.6))


def _spot(scene: Scene) -> Scene:
    """A light on the forehead, brighter than white."""
    middle = scene.meshes[2][151, :2]

    def lit(plate: F32) -> F32:
        y, x = np.mgrid[: plate.shape[0], : plate.shape[1]]
        near = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (2 * 14.0**2))
        return np.asarray(plate + 6 * near[..., None] ** 2, np.float32)

    return scene.with_plate(lit)


def _flash(scene: Scene) -> Scene:
    """Light that falls on one frame only."""
    flashed = iter((1.0, 1.0, 2.0, 1.0, 1.0))
    return scene.with_plate(lambda plate: plate * next(flashed))


def _rain(scene: Scene) -> Scene:
    """Streaks over the plate."""
    random = np.random.default_rng(5)

    def wet(plate: F32) -> F32:
        for x, y in random.integers(0, plate.shape[1], (260, 2)).tolist():
            cv2.line(plate, (x, y), (x + 3, y + 26), (0.8, 0.85, 0.9), 1, cv2.LINE_AA)
        return plate

    return scene.with_plate(wet)


def _bar(scene: Scene) -> Scene:
    """A stick in front of the face."""
    masks = np.stack([_stick(scene.plate.shape[1:3], mesh[1, :2]) for mesh in scene.meshes])
    each = iter(masks[..., None])
    wood = np.array([0.09, 0.05, 0.02], np.float32)
    return scene.with_plate(lambda plate: plate + next(each) * (wood - plate)).with_front(masks)


def _stick(size: tuple[int, int], nose: F32) -> F32:
    drawn: NDArray[Any] = np.zeros(size, np.float32)
    x, y = int(nose[0]), int(nose[1])
    cv2.line(drawn, (x - 150, y + 80), (x + 150, y - 20), 1.0, 18, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.8), np.float32)


def _halved(scene: Scene) -> Scene:
    """A cast swap, and a roto of the plate's left half."""
    masks = np.zeros(scene.plate.shape[:3], np.float32)
    for mask, mesh in zip(masks, scene.meshes, strict=True):
        mask[:, : int(mesh[1, 0])] = 1
    return _cast(scene).with_roto(masks)


_EDGE = {"mode": "overlay"}
_MODES = ("original", "raw", "overlay", "hist-match", "seamless", "seamless-hist-match", "multi-band",
          "contrast-preserving")  # fmt: skip
_MATTES = ("learned", "hull", "plate", "learned*external", "full")
_SIDES = ("top", "bottom", "left", "right")

SHOWN: dict[str, Shown] = {
    "mode": Shown(tuple((mode, {"mode": mode}) for mode in _MODES), _cast),
    "mixed_gradients": _pair("mixed_gradients", False, True, _rain),
    "bands": _pair("bands", 3, 6, _cast, mode="multi-band"),
    "hist_threshold": _pair("hist_threshold", 0.0, 25.0, _spot, mode="hist-match", keep_highlights=False),
    "keep_highlights": _pair("keep_highlights", False, True, _spot, mode="overlay"),
    "opacity": _pair("opacity", 1.0, 0.5, _cast, **_EDGE),
    "matte": Shown(tuple((matte, {**_EDGE, "matte": matte}) for matte in _MATTES), _halved),
    "occlusion": Shown((("none", {"occlusion": "none"}), ("with the stick's own mask", {})), _bar),
    "erode": Shown(tuple((f"{by}", {**_EDGE, "feather": 2.0, "erode": by}) for by in (0.0, 24.0, -24.0)), _cast),
    **{f"erode_{side}": _pair(f"erode_{side}", 0.0, 40.0, _cast, feather=2.0, **_EDGE) for side in _SIDES},
    "feather": _pair("feather", 0.0, 48.0, _cast, **_EDGE),
    **{f"feather_{side}": _pair(f"feather_{side}", 0.0, 90.0, _cast, feather=2.0, **_EDGE) for side in _SIDES},
    "color_transfer": Shown(
        tuple((kind, {**_EDGE, "color_transfer": kind}) for kind in ("none", "rct", "lct", "mkl", "idt", "sot", "mix")),
        _cast,
    ),
    "color_transfer_masked": _pair("color_transfer_masked", False, True, _cast, color_transfer="lct", **_EDGE),
    "color_transfer_space": _pair("color_transfer_space", "display", "linear", _cast, color_transfer="lct", **_EDGE),
    "color_transfer_steady": _pair("color_transfer_steady", 0.0, 2.0, _flash, color_transfer="lct", **_EDGE),
    "face_scale": _pair("face_scale", 0.0, 15.0),
    "super_resolution": _pair("super_resolution", 0.0, 100.0, _soft_swap),
    "super_resolver": Shown((("off", {}), ("back_projection", {"super_resolution": 100.0})), _soft_swap),
    "sharpen": Shown(tuple((f"{by}", {"sharpen": by}) for by in (0.0, 80.0, -80.0))),
    "sharpen_kernel": _pair("sharpen_kernel", "gaussian", "box", sharpen=-100.0),
    "denoise": _pair("denoise", 0.0, 100.0, _noisy_swap),
    "match_resolution": _pair("match_resolution", 0.0, 100.0, _soft),
    "degrade": _pair("degrade", 0.0, 75.0),
    "motion_blur": _pair("motion_blur", 0.0, 200.0),
    "texture": _pair("texture", "swap", "plate", lambda scene: _noisy(_soft_swap(scene))),
    "grain": _pair("grain", 0.0, 100.0, _noisy, texture="swap"),
}
"""What each option's picture shows. A test holds that none is left out."""


def _tile(picture: Picture, caption: str, scene: Scene) -> Picture:
    """The face, and its caption below."""
    x, y = scene.meshes[2][:, :2].mean(axis=0)
    height = float(np.ptp(scene.meshes[2][:, 1])) * 1.35
    width = height * _TILE[0] / _TILE[1]
    corner = np.array([[_TILE[0] / width, 0, 0], [0, _TILE[1] / height, 0]])
    corner[:, 2] = np.array(_TILE) / 2 - corner[:, :2] @ (x, y)
    seen: Any = cv2.warpAffine(picture, corner, _TILE, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    banner: Any = np.full((_BANNER, _TILE[0], 3), 24, np.uint8)
    cv2.putText(banner, caption, (4, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.34, (235, 235, 235), 1, cv2.LINE_AA)
    return np.vstack([seen, banner])


def _sheet(tiles: list[Picture]) -> Picture:
    """Up to four beside each other."""
    across = min(4, len(tiles))
    while len(tiles) % across:
        tiles = [*tiles, np.full_like(tiles[0], 24)]
    return np.vstack([np.hstack(tiles[start : start + across]) for start in range(0, len(tiles), across)])


def _small(sheet: Picture) -> bytes:
    """As a JPEG, as good as its size allows; smaller where that would not be good."""
    for quality in range(88, 60, -4):
        done, data = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(data) < _MOST:
            return bytes(data)
    return _small(np.asarray(cv2.resize(sheet, None, fx=0.85, fy=0.85, interpolation=cv2.INTER_AREA), np.uint8))


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:])
