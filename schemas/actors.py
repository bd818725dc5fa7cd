"""What is known of actors' footage: who acts in which clip, and how to have it done again by another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Name, StrictModel


class ActedClip(StrictModel):
    """A clip of one synthetic actor."""

    actor: Name
    frames: int = Field(ge=1)
    first: int = 1001
    """The first frame's number."""
    seed: int = Field(ge=0)
    """Of the performance, its light and its camera."""
    size: int = Field(ge=64)
    """Height and width, px."""


class ActedFootage(StrictModel):
    """``actors.yaml``, beside the training manifest."""

    schema_version: Literal[1] = 1
    clips: dict[Name, ActedClip]
    """By the footage's name."""
