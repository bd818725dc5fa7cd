"""Settings that the 3D engines share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fsvfx.engines.contract import EngineSettings


class SolidSettings(EngineSettings):
    """Settings of engines in three dimensions."""

    shape: float = Field(1.0, ge=0, le=1)
    """How far the face takes the identity's shape; 0: the performer's. Its outline stays the performer's."""
    rim: float = Field(0.14, ge=0, le=0.4)
    """Width of the band inside the face's edge where the performer's own skin (hairline, temples, jaw) turns into the
    identity's, as a share of the face's width."""
    shadows: float = Field(0.0, ge=0, le=1)
    """How far shading that nine harmonics can't show (cast shadows, hard light) is taken from the plate's pixels."""
    eyes: Literal["performer", "identity"] = "performer"
    """Whose eyeballs. The performer's keep gaze; the identity's keep their color, and look where they looked."""
    mouth: Literal["performer", "identity"] = "performer"
    """Whose teeth and tongue show in an open mouth."""
