"""Synthetic actors: heads of the ICT-FaceKit, rendered in scene-linear light, for truth that no footage has.

The true swap of a performance is the other actor rendered under the same performance.
"""

from fsvfx.actors.cast import Actor, actor
from fsvfx.actors.clips import write_clip
from fsvfx.actors.performance import Light, Moment, perform
from fsvfx.actors.rendering import Rendered, render

__all__ = ["Actor", "Light", "Moment", "Rendered", "actor", "clips", "perform", "render", "write_clip"]
