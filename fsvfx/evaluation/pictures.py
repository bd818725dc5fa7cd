"""Figures of pixels within the face: similarity of two pictures, detail, flicker along tracked points, the seam."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.raster import remap_points
from fsvfx.faces.references import sharpness
from fsvfx.facesets.footage import PROBE, resized, scaled
from fsvfx.qc.figures import flicker, luminance, seam, steepness
from schemas.evaluation import PixelFigures

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_EXACT = 100.0
"""dB for identical pictures."""
_INSIDE, _OUTSIDE = 0.9, 0.02
"""Matte values that count as inside, and as outside."""
_NEAR, _COARSE = 0.02, 0.06
"""Sigma of the neighborhood of the edge, and of coarse light, as shares of the crop."""
_ENOUGH = 0.15
"""Share of a place's neighborhood that must be on each side for it to count as the edge."""
_FLAT = 0.004
"""Light that varies by less than this share of its maximum is flat."""
_BLUR = 0.012
"""Sigma of the blur at tracked points, as a share of the crop: a small tracking error is not flicker."""


def u8(pictures: F32) -> U8:
    """[0, 1] -> uint8, clipped."""
    return np.asarray(pictures.clip(0, 1) * 255 + 0.5, np.uint8)


def face_of(landmarks: NDArray[np.floating], size: int) -> NDArray[np.bool_]:
    """(size, size) within the mesh's rim, from landmarks (468, 2+) crop px: the same region for every engine."""
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [landmarks[topology.OVAL, :2].round().astype(np.int32)], 1)
    return mask > 0


def faces_of(landmarks: F32, size: int) -> NDArray[np.bool_]:
    """``face_of`` for several faces: (n, 468, 2+) -> (n, size, size)."""
    return np.stack([face_of(each, size) for each in landmarks])


def details(pictures: U8, landmarks: F32) -> NDArray[np.float64]:
    """Energy of the finest detail within the face, relative to its contrast, at the size used for footage.

    pictures (n, S, S, 3); landmarks (n, 468, 3) crop px. Returns (n,).
    """
    size = pictures.shape[1]
    probes = [np.rint(resized(each.astype(np.float32), PROBE)).clip(0, 255).astype(np.uint8) for each in pictures]
    return np.array(
        [sharpness(probe, scaled(mesh, size, PROBE)) for probe, mesh in zip(probes, landmarks, strict=True)]
    )


def gradients(pictures: U8, masks: NDArray[np.bool_]) -> F32:
    """Mean gradient of luminance within masks (n, S, S), of pictures (n, S, S, 3): (n,), per px; 0 for empty masks."""
    steep = (np.where(mask, steepness(luminance(each)), 0) for each, mask in zip(pictures, masks, strict=True))
    counts = np.maximum(masks.sum((1, 2)), 1)
    return np.asarray(np.array([each.sum() for each in steep]) / counts, np.float32)


def psnr(one: F32, other: F32, mask: NDArray[np.bool_]) -> float:
    """dB over a mask (S, S), of pictures (S, S, 3) in [0, 1]; at most 100. NaN for an empty mask."""
    if not mask.any():
        return float("nan")
    error = float(np.mean((one[mask].astype(np.float64) - other[mask]) ** 2))
    return min(_EXACT, float(-10 * np.log10(max(error, 1e-12))))


def ssim(one: F32, other: F32, mask: NDArray[np.bool_]) -> float:
    """Structural similarity (Wang et al. 2004), averaged over a mask (S, S). NaN for an empty mask."""
    from skimage.metrics import structural_similarity  # here: it imports scipy

    if not mask.any():
        return float("nan")
    _, everywhere = structural_similarity(one, other, channel_axis=-1, data_range=1.0, full=True)  # type: ignore[no-untyped-call]
    return float(everywhere[mask].mean())


def alike(ones: F32, others: F32, masks: NDArray[np.bool_]) -> tuple[F32, F32]:
    """PSNR (n,) and SSIM (n,) of pictures (n, S, S, 3) within masks (n, S, S)."""
    pairs = list(zip(ones, others, masks, strict=True))
    return np.array([psnr(*each) for each in pairs], np.float32), np.array([ssim(*each) for each in pairs], np.float32)


def toned(pictures: F32, likes: F32, masks: NDArray[np.bool_]) -> F32:
    """``pictures`` (n, S, S, 3) with the mean and deviation of each channel of ``likes``, measured within masks (n, S,
    S).

    Reinhard et al. 2001, in display RGB.
    """
    return np.stack([_toned(*each) for each in zip(pictures, likes, masks, strict=True)])


def _toned(picture: F32, like: F32, mask: NDArray[np.bool_]) -> F32:
    if not mask.any():
        return picture
    spread = like[mask].std(axis=0) / np.maximum(picture[mask].std(axis=0), 1e-4)
    moved = (picture - picture[mask].mean(axis=0)) * spread + like[mask].mean(axis=0)
    return np.asarray(moved.clip(0, 1), np.float32)


def pixel_figures(measured: tuple[F32, F32]) -> PixelFigures | None:
    """Medians of the results of ``alike``; None if there are none."""
    ratio, structure = (values[np.isfinite(values)] for values in measured)
    if not len(ratio):
        return None
    return PixelFigures(psnr=float(np.median(ratio)), ssim=float(np.median(structure)))


def seams(plates: U8, comps: U8, mattes: F32) -> F32:
    """``qc.figures.seam`` of pictures (n, S, S, 3) with mattes (n, S, S): (n,), NaN without an edge."""
    pairs = zip(plates, comps, mattes, strict=True)
    return np.array([seam(luminance(plate), luminance(comp), matte) for plate, comp, matte in pairs], np.float32)


def borders(pictures: U8, mattes: F32) -> F32:
    """CIE Lab difference between colors just inside the matte's edge and just outside: (n,), NaN without an edge.

    pictures (n, S, S, 3), mattes (n, S, S). Each side's mean is taken near every place of the edge; the result is the
    median over places, as some border on hair or background.
    """
    return np.array([_border(*each) for each in zip(pictures, mattes, strict=True)], np.float32)


def _border(picture: U8, matte: F32) -> float:
    sides = [np.asarray(mask, np.float32) for mask in (matte > _INSIDE, matte < _OUTSIDE)]
    sigma = _NEAR * len(matte)
    shares = [cv2.GaussianBlur(side, (0, 0), sigma) for side in sides]
    edge = (shares[0] > _ENOUGH) & (shares[1] > _ENOUGH)
    if not edge.any():
        return float("nan")
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    means = [cv2.GaussianBlur(lab * side[..., None], (0, 0), sigma)[edge] for side in sides]
    inner, outer = (mean / share[edge][:, None] for mean, share in zip(means, shares, strict=True))
    return float(np.median(np.linalg.norm(inner - outer, axis=1)))


def lights(plates: U8, comps: U8, masks: NDArray[np.bool_]) -> F32:
    """Correlation of coarse luminance within masks (n, S, S), of pictures (n, S, S, 3): (n,), NaN where it is flat."""
    return np.array([_light(*each) for each in zip(plates, comps, masks, strict=True)], np.float32)


def _light(plate: U8, comp: U8, mask: NDArray[np.bool_]) -> float:
    inside = mask.astype(np.float32)
    sigma = _COARSE * len(mask)
    share = np.maximum(cv2.GaussianBlur(inside, (0, 0), sigma), 1e-3)
    one, other = ((cv2.GaussianBlur(luminance(each) * inside, (0, 0), sigma) / share)[mask] for each in (plate, comp))
    if not len(one) or min(one.std(), other.std()) < _FLAT * max(one.max(), 1e-6):
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def flickers(
    plates: U8, comps: U8, mattes: F32, landmarks: F32, frames: Sequence[int], footage: Sequence[str] = ()
) -> F32:
    """Changes from frame to frame at the mesh's points (n, 468, 2+) in the comp that are not in the plate: (n,).

    In shares of the display range; NaN if the previous frame is missing. footage: each frame's, if there are several.
    """
    found = np.full(len(frames), np.nan, np.float32)
    before: tuple[F32, F32] | None = None
    for place, points in enumerate(landmarks):
        now = _along(plates[place], points), _along(comps[place], points)
        follows = place > 0 and frames[place] == frames[place - 1] + 1
        if before is not None and follows and (not footage or footage[place] == footage[place - 1]):
            found[place] = flicker(before, now, _at(mattes[place].astype(np.float32), points))
        before = now
    return found


def _along(picture: U8, points: F32) -> F32:
    return _at(np.asarray(cv2.GaussianBlur(luminance(picture), (0, 0), _BLUR * len(picture)), np.float32), points)


def _at(picture: F32, points: F32) -> F32:
    """(468,) values of a picture (S, S)."""
    return remap_points(np.ascontiguousarray(picture)[..., None], points[:, :2])[:, 0]
