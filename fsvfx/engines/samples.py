"""Batches for models of anybody's face: faces of many people, each with its person, code and mesh.

``Batch`` in ``trainable`` has a side for each person that a model knows; here the people change from batch to batch.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Looks:
    """b faces; pictures are float32 in [0, 1], display-referred RGB.

    person: (b,) int64, index into the crowd's people. code: (b, 128) float32, identity embedding of the face as it is
    in the faceset, before augmentation. crop: (b, 3, R, R). landmarks: (b, 468, 3) float32, FaceMesh order, px of the
    crop. mask: (b, 1, R, R), the face with its forehead. pose: (b, 3) float32, degrees: yaw, pitch, roll; before
    augmentation.
    """

    person: Tensor
    code: Tensor
    crop: Tensor
    landmarks: Tensor
    mask: Tensor
    pose: Tensor

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Known:
    """truth: (b, 3, R, R), what swaps should be; sure: (b, 1, R, R) in [0, 1], where that is known."""

    truth: Tensor
    sure: Tensor


@dataclass(frozen=True)
class Portrayed:
    """b targets' performances by the sources' faces, rendered with a morphable model: the source's shape and albedo
    with the target's pose, expression and light.

    drawn: (b, 3, R, R), black off the face. cover: (b, 1, R, R) in [0, 1], how much of a pixel it covers. open: (b, 1,
    R, R) in [0, 1], the target's own eyes and the inside of its mouth, which the model does not cover.
    """

    drawn: Tensor
    cover: Tensor
    open: Tensor


@dataclass(frozen=True)
class Later:
    """The first n of a batch's pairs, a moment later: target (n faces), portrayed.

    at: (n, R, R, 2), where each pixel was before, from -1 to 1 between the picture's edges, x first. kept: (n, 1, R,
    R), 1 where the mesh shows the same point in both. photographed: (n,) bool: the target is a photograph of that
    moment; else it is the earlier one, moved, and the face's true look is unknown.
    """

    target: Looks
    portrayed: Portrayed
    at: Tensor
    kept: Tensor
    photographed: Tensor


@dataclass(frozen=True)
class Pairs:
    """b targets, and for each a source, whose face goes in.

    same: (b,) bool, whether both are one person: then the target is the truth. front: (b, 1, R, R) in [0, 1], how much
    of each target pixel is covered by things pasted in front; None where nothing is pasted. prior: (b, 3, R, R), the
    target with a picture of the source's face on its mesh; None where the model sees none. known: what the swaps should
    be; None: where both are one person, the target. portrayed: for models that see a morphable model's rendering;
    later: some of the pairs, a moment later.
    """

    target: Looks
    source: Looks
    same: Tensor
    front: Tensor | None = None
    prior: Tensor | None = None
    known: Known | None = None
    portrayed: Portrayed | None = None
    later: Later | None = None


@dataclass(frozen=True)
class Retouches:
    """b swaps by ``landmark_warp``, made ahead of time from damaged pictures, and their ground truth.

    target: (b, 3, S, S), the performance; warp: the swap over it; guess: the linear prior's face over it; truth.
    matte: (b, 1, S, S), where the swap shows. sure: (b, 1, S, S), where the truth is known. landmarks: (b, 468, 3)
    float32, FaceMesh order, px. code: (b, 128) float32, of the truth's identity. Pictures are float32 in [0, 1],
    display-referred RGB.
    """

    target: Tensor
    warp: Tensor
    guess: Tensor
    truth: Tensor
    matte: Tensor
    sure: Tensor
    landmarks: Tensor
    code: Tensor
