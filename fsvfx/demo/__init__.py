"""The demo's own shot: a portrait set in motion, and an identity that is nobody's."""

from fsvfx.demo.shot import make, portrait

__all__ = ["make", "portrait"]
