"""What an engine's evaluation found: figures over held-out frames, and each frame's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from schemas.base import StrictModel


class Followed(StrictModel):
    """How a measure of the swap follows the plate's, over the frames in which both have it."""

    error: float
    """Mean absolute difference."""
    bias: float
    """Mean difference, swap minus plate; for shapes it includes the people's different proportions."""
    spread: float
    """Standard deviation of the plate's, over which ``r`` was computed. If it is small, ``r`` is unreliable."""
    spread_of_swap: float | None = None
    """Standard deviation of the swap's."""
    r: float | None
    """Correlation over all frames; none where the plate's hardly changes."""


class LikenessFigures(StrictModel):
    """Whom the swap looks like, by distances of one identity network's vectors."""

    to_identity: float
    """Median distance to the identity's nearest reference."""
    to_performer: float
    """Median distance to the performer in the same frame."""
    plate_to_identity: float
    """Median distance of the performer to the identity's nearest reference: the room for improvement."""
    nearer: float
    """Share of the frames nearer the identity than the performer."""


class IdentityFigures(LikenessFigures):
    """By the network that the stages take."""

    retrieved: float
    """Share of the frames whose nearest reference, among all people used for retrieval, is the identity's."""


class SteadyFigures(StrictModel):
    """How steady a face's identity is over time, by the network that the stages take."""

    spread: float
    """Root mean square distance of the frames' vectors to their mean."""
    spread_of_plate: float
    neighbours: float | None
    """Median distance of consecutive frames; none if there are none."""
    neighbours_of_plate: float | None


class PixelFigures(StrictModel):
    """Medians over frames, within the face: display-referred pictures in [0, 1]."""

    psnr: float
    """dB."""
    ssim: float


class FrameFigures(StrictModel):
    """One frame. None: not taken."""

    frame: int
    footage: str | None = None
    to_identity: float | None = None
    to_performer: float | None = None
    nearest: str | None = None
    """Whose reference is the nearest, among all people used for retrieval."""
    yaw: float | None = None
    """Swap minus plate, degrees; likewise pitch and roll."""
    pitch: float | None = None
    roll: float | None = None
    mouth: float | None = None
    """Swap minus plate; likewise eyes and brows: see ``fsvfx.faces.measures``."""
    eyes: float | None = None
    brows: float | None = None
    gaze_across: float | None = None
    """Swap minus plate, eye widths, to the picture's right; likewise gaze_down."""
    gaze_down: float | None = None
    detail: float | None = None
    gradient: float | None = None
    seam: float | None = None
    border: float | None = None
    light: float | None = None
    flicker: float | None = None
    truth_psnr: float | None = None
    truth_ssim: float | None = None


class FaceFigures(StrictModel):
    """Figures over swapped faces: of one identity in one performance, or of many."""

    faces: int
    """Held-out faces that were swapped."""
    lost: int
    """Of them, those in which no face was found after the swap; they count in none of the shape figures."""
    likeness: IdentityFigures | None
    judges: dict[str, LikenessFigures] = Field(default_factory=dict)
    """By name, what other identity networks say, none of which an engine was trained against."""
    steady: SteadyFigures | None = None
    pose: dict[str, Followed] = Field(default_factory=dict)
    """yaw, pitch, roll in degrees."""
    expression: dict[str, Followed] = Field(default_factory=dict)
    """mouth, eyes, brows: ratios of mesh distances."""
    gaze: dict[str, Followed] = Field(default_factory=dict)
    """gaze_across, gaze_down: of the irises in their eyes, eye widths."""
    detail: float | None = None
    """Median energy of the finest detail in the face, of the plate's: 1 is as crisp as the plate."""
    gradient: float | None = None
    """Median steepness of the face's luminance, of the plate's: 1 is as sharp, whatever the contrast."""
    flicker: float | None
    """Median change from frame to frame that the plate does not have, along the mesh; share of the display range."""
    seam: float | None
    """Median gradient along the matte's edge, of the plate's: 1 is no seam."""
    border: float | None = None
    """Median difference (CIE Lab) between just inside and just outside the matte's edge."""
    border_of_plate: float | None = None
    """The same of the plate: what there is without a swap."""
    light: float | None = None
    """Median correlation, over the face, of the comp's coarse light with the plate's: 1 is the plate's light."""
    ms_per_face: float


class Beside(StrictModel):
    """Another engine on the same faces in the same run."""

    figures: FaceFigures
    """The other engine's."""
    ratios: dict[str, float]
    """This engine's figures over the other's, by their names in the table."""


class EvaluationReport(FaceFigures):
    """One engine with one identity in one performance."""

    schema_version: Literal[1] = 1
    engine: str
    engine_version: int
    settings: dict[str, JsonValue]
    identity: str
    performer: str
    people: tuple[str, ...]
    """At hand for retrieval."""
    self_swap: PixelFigures | None = None
    """The identity swapped for itself, on its own held-out faces."""
    truth: PixelFigures | None = None
    """Against the true swap, where there is one: of synthetic actors."""
    truth_of_plate: PixelFigures | None = None
    """The plate against the true swap: what doing nothing gets."""
    truth_toned: PixelFigures | None = None
    """As ``truth``, but each picture's channels first get the truth's mean and deviation within the face: a comp keeps
    the plate's complexion on purpose."""
    truth_of_plate_toned: PixelFigures | None = None
    device: str
    beside: dict[str, Beside] = Field(default_factory=dict)
    """By name, engines that it was compared with."""
    frames: tuple[FrameFigures, ...] = ()


Group = Literal["footage", "stills"]
"""Performers with footage, and those with pictures alone."""


class GroupFigures(FaceFigures):
    """Of many pairs, each of which weighs the same: means of their figures; ``r`` over all of their frames, each
    pair's own mean taken off."""

    pairs: int
    beside: dict[str, Beside] = Field(default_factory=dict)
    """By name, engines that it was compared with."""


class CrowdReport(StrictModel):
    """One engine with people of a crowd: those whom no training has seen, or those whom it learned."""

    schema_version: Literal[1] = 1
    engine: str
    engine_version: int
    settings: dict[str, JsonValue]
    device: str
    people: tuple[str, ...]
    """The people used for retrieval: everybody held out, or everybody it learned."""
    learned: bool = False
    """Whether they are people it learned, on held-out frames."""
    one_reference: bool
    """Whether each identity was known by a single picture."""
    groups: dict[Group, GroupFigures]
    pairs: tuple[EvaluationReport, ...]
