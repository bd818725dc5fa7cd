"""Boxes (x0, y0, x1, y1): overlaps, and merging several detections of one face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def iou(one: Floats, other: Floats) -> Floats:
    """Intersection over union of each (n, 4) with each (m, 4): (n, m)."""
    inter = _intersections(one, other)
    union = area(one)[:, None] + area(other)[None] - inter
    return np.asarray(inter / np.maximum(union, 1e-9), np.float32)


def overlap(one: Floats, other: Floats) -> Floats:
    """Intersection over the smaller of the two: (n, m). A detection of half a face lies within that of the whole."""
    smaller = np.minimum(area(one)[:, None], area(other)[None])
    return np.asarray(_intersections(one, other) / np.maximum(smaller, 1e-9), np.float32)


def free_of(one: Floats, other: Floats, threshold: float) -> NDArray[np.bool_]:
    """(n,) whether each of (n, 4) overlaps with none of (m, 4) by more than the threshold."""
    return np.asarray(overlap(one, other).max(axis=1, initial=0) <= threshold, np.bool_)


def area(boxes: Floats) -> Floats:
    """(n, 4) -> (n,)."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def _intersections(one: Floats, other: Floats) -> Floats:
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def weighted_merge(values: Floats, scores: Floats, threshold: float) -> tuple[Floats, Floats]:
    """Average overlapping detections, weighted by their scores (BlazeFace's answer to jitter: arXiv 1907.05047, section
    4).

    values: (n, v), a box in the first four. Returns (k, v) and the best score of each, best first.
    """
    left = np.argsort(-scores, kind="stable")
    merged, best = [], []
    while len(left):
        same = iou(values[left[:1], :4], values[left, :4])[0] > threshold
        same[0] = True
        weights = scores[left[same]]
        merged.append(np.average(values[left[same]], axis=0, weights=weights))
        best.append(weights[0])
        left = left[~same]
    return np.array(merged, np.float32).reshape(-1, values.shape[1]), np.array(best, np.float32)


def keep_best(boxes: Floats, scores: Floats, threshold: float) -> NDArray[np.int64]:
    """Indices of the detections that remain when each one suppresses the weaker ones that it overlaps with."""
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left):
        kept.append(left[0])
        left = left[1:][overlap(boxes[left[:1]], boxes[left[1:]])[0] <= threshold]
    return np.array(kept, np.int64)
