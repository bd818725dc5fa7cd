"""Settings of a ``style_transfer`` model in a training manifest: sizes and losses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fsvfx.engines.contract import EngineSettings


class StyleSettings(EngineSettings):
    """Settings of ``style_transfer``.

    Terms are means over a map's numbers, whose filters have a mean of 1 over the photographs. The paper's weights are
    1, 80 to 120, 1e-22 and .3, for other networks: on dlib's features they leave noise, so these were scaled until a
    short training made faces. Two pictures in different lights lie about 1 apart; the variation is of a range of 1.
    """

    resolution: Literal[64, 128, 256, 512] = 128
    """Height and width of the model's pictures, px; the coarsest branch sees 8 px."""
    width: int = Field(32, ge=2, le=64)
    """Channels of each branch; the finest has those of all coarser ones, too."""
    sight: int = Field(208, ge=48, le=1024, multiple_of=16)
    """Height and width at which the feature network sees a crop, px. At 208 px a face has the size that the network
    knows."""
    photos: int = Field(256, ge=1, le=4096)
    """Photographs of the identity kept in memory, spread evenly over all of them."""
    nearest: int = Field(16, ge=1, le=256)
    """How many of these are used for each picture: those most similar in pose, expression and light."""
    reach: int = Field(1, ge=0, le=4)
    """How far from its own position a patch is searched for in them, in positions of the feature map."""
    content: float = Field(1.0, ge=0, le=1000)
    """Weight of the difference from the performer's features."""
    style: float = Field(20.0, ge=0, le=1000)
    """Weight of the distance from the nearest patches of the identity."""
    light: float = Field(100.0, ge=0, le=100_000)
    """Weight of the difference from the performer's light."""
    variation: float = Field(1000.0, ge=0, le=100_000)
    """Weight of the total variation."""
