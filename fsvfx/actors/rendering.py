"""Renders an actor in a moment, in scene-linear Rec.709: painter's order, shaded pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.actors.body import Body, hairiness, posed
from fsvfx.actors.cast import Actor
from fsvfx.actors.performance import Moment
from fsvfx.actors.shade import openness
from fsvfx.actors.skin import places, skin
from fsvfx.faces.raster import Raster, rasterise, remap_points, signed_areas
from fsvfx.morphable.facekit import Floats, Part, eye_centre, facekit

_SOFT = np.array([0.28, 0.12, 0.08], np.float32)
"""How far light creeps round the skin's edge into shade: red the farthest."""
_SHIRT = -13.5
"""Below this height (FaceKit units) the actor is dressed."""
_IRIS, _PUPIL = 0.72, 0.28
_EYE_WHITE = np.array([0.62, 0.58, 0.55], np.float32)
_BEHIND = {Part.EYE: 0.9, Part.SOCKET: 0.9, Part.MOUTH: 0.9, Part.GUMS: 0.9, Part.TEETH: 0.9}
"""FaceKit units: lids and lips cover what lies behind them, even where an actor's are thin."""
_PLAIN = {
    Part.MOUTH: np.array([0.22, 0.05, 0.045], np.float32),
    Part.SOCKET: np.array([0.40, 0.18, 0.15], np.float32),
    Part.GUMS: np.array([0.34, 0.10, 0.09], np.float32),
    Part.TEETH: np.array([0.62, 0.56, 0.46], np.float32),
}


@dataclass(frozen=True)
class Rendered:
    """rgb: (size, size, 3) f32, scene-linear Rec.709. landmarks: (68, 3) picture px, in the order of the iBUG 68;
    vertices: (v, 3) of the whole head, px, z away from the camera. coverage: (size, size), where the actor is."""

    rgb: Floats
    landmarks: Floats
    vertices: Floats
    coverage: Floats


def render(actor: Actor, moment: Moment, size: int, *, supersampling: int = 2) -> Rendered:
    """One frame. Raises ModelError where the FaceKit is absent, InputError for an expression that there is not."""
    fine = size * supersampling
    body = posed(actor, moment, fine)
    raster = _raster(body.seen, moment, fine)
    camera = _towards_camera(body, raster, moment)
    colours = _lit(_surface(actor, raster), raster.at_pixels(body.normals), camera, moment)
    rgb = raster.picture(colours, _background(moment, fine))
    corner = np.array([0.5, 0.5, 0], np.float32)
    vertices = np.asarray((body.seen + corner) / supersampling - corner, np.float32)
    rgb, coverage = (_smaller(picture, size) for picture in (rgb, raster.coverage))
    return Rendered(rgb, vertices[facekit().landmarks], vertices, coverage)


@dataclass(frozen=True)
class _Surface:
    """What each pixel shows: albedo (p, 3), openness (p, 1) to the sky, gloss (p, 1), soft (p, 3): how far
    light creeps round, sharp (p, 1): Blinn's exponent."""

    albedo: Floats
    openness: Floats
    gloss: Floats
    soft: Floats
    sharp: Floats


def _raster(seen: Floats, moment: Moment, size: int) -> Raster:
    kit = facekit()
    front = signed_areas(seen[kit.triangles]) > 0
    unit = size / 2 / (np.tan(np.radians(moment.fov) / 2) * moment.distance)
    sorted_by = seen.copy()
    for part, units in _BEHIND.items():
        sorted_by[kit.part == part, 2] += units * unit
    return rasterise(sorted_by, kit.triangles[front], size)


def _surface(actor: Actor, raster: Raster) -> _Surface:
    part = facekit().part[raster.corners[:, 0]]
    held = raster.at_pixels(np.column_stack([places(), openness(), hairiness(actor), facekit().neutral[:, 1]]))
    painted = skin(actor)
    at = held[:, :2]
    albedo = remap_points(painted.albedo, at)
    gloss = remap_points(painted.gloss[..., None], at)
    strands = remap_points(painted.noise[..., None], at * np.array([1, 0.25], np.float32))
    hair = np.clip(held[:, 3:4] / 0.5 + 0.5 * strands + 0.5, 0, 1)
    albedo = np.asarray(albedo * (1 - hair) + actor.looks.hair * (1 + 0.35 * strands) * hair, np.float32)
    shirt = np.clip((_SHIRT - held[:, 4:5]) / 0.15, 0, 1)
    albedo = albedo * (1 - shirt) + actor.looks.cloth * shirt
    gloss = gloss * (1 - shirt) * (1 - 0.6 * hair)
    for kind, colour in _PLAIN.items():
        albedo[part == kind] = colour
        gloss[part == kind] = 0.6
    eye = part == Part.EYE
    albedo[eye] = _eyes(actor, raster)[eye]
    gloss[eye] = 1.5
    soft = np.where((part == Part.SKIN)[:, None], _SOFT * (1 - hair) * (1 - shirt), 0.1)
    sharp = np.where(eye, 260.0, np.where(part == Part.SKIN, 22.0, 60.0))[:, None]
    return _Surface(np.clip(albedo, 0.003, 1), held[:, 2:3], gloss, soft.astype(np.float32), sharp.astype(np.float32))


def _eyes(actor: Actor, raster: Raster) -> Floats:
    """(p, 3) albedo of white, iris and pupil, by the distance from the eye's axis."""
    kit = facekit()
    from_axis = np.zeros((len(kit.neutral), 2), np.float32)
    for eye in kit.eyes():
        from_axis[eye] = (kit.neutral[eye] - eye_centre(kit.neutral[eye]))[:, :2]
    across = raster.at_pixels(from_axis)
    away = np.linalg.norm(across, axis=1, keepdims=True)
    angle = np.arctan2(across[:, 1:], across[:, :1])
    rays = 1 + 0.3 * np.sin(23 * angle + 3 * np.sin(7 * angle)) * np.clip(away / _IRIS, 0, 1)
    rim = np.clip((away - 0.8 * _IRIS) / (0.2 * _IRIS), 0, 1)
    iris = actor.looks.iris * rays * (1 - 0.75 * rim)
    pupil = np.clip((_PUPIL - away) / 0.06 + 0.5, 0, 1)
    iris = iris * (1 - pupil) + 0.004 * pupil
    white = np.clip((away - _IRIS) / 0.08 + 0.5, 0, 1)
    return np.asarray(iris * (1 - white) + _EYE_WHITE * white, np.float32)


def _towards_camera(body: Body, raster: Raster, moment: Moment) -> Floats:
    to_camera = np.array([0, 0, moment.distance], np.float32) - raster.at_pixels(body.points)
    return np.asarray(to_camera / np.linalg.norm(to_camera, axis=1, keepdims=True), np.float32)


def _lit(surface: _Surface, normals: Floats, camera: Floats, moment: Moment) -> Floats:
    """(p, 3) light that leaves towards the camera: wrapped Lambert and Blinn (1977), beneath a sky of two halves."""
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    above, below = (np.array(each, np.float32) for each in moment.ambient)
    share = 0.5 + 0.5 * normals[:, 1:2]
    diffuse = (above * share + below * (1 - share)) * surface.openness
    shine = np.zeros_like(diffuse)
    open_to = np.sqrt(np.clip(surface.openness, 0, 1))
    for light in moment.lights:
        towards = np.array(light.towards, np.float32) / np.linalg.norm(light.towards)
        colour = np.array(light.colour, np.float32) * open_to
        facing = (normals @ towards)[:, None]
        diffuse = diffuse + colour * np.clip((facing + surface.soft) / (1 + surface.soft), 0, None)
        half = camera + towards
        half /= np.linalg.norm(half, axis=1, keepdims=True)
        glint = np.clip((normals * half).sum(axis=1, keepdims=True), 0, 1) ** surface.sharp
        shine += colour * glint * (facing > 0) * np.sqrt(surface.sharp)
    return np.asarray(surface.albedo * diffuse + 0.045 * surface.gloss * shine, np.float32)


def _background(moment: Moment, size: int) -> Floats:
    """Upper colour to lower colour, out of focus."""
    above, below = (np.array(each, np.float32) for each in moment.background)
    share = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    side = 1 + 0.25 * np.cos(np.linspace(0, np.pi, size, dtype=np.float32))[None, :, None]
    return np.ascontiguousarray((above * (1 - share) + below * share) * side, np.float32)


def _smaller(picture: NDArray[np.float32], size: int) -> Floats:
    if picture.shape[0] == size:
        return picture
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.float32)
