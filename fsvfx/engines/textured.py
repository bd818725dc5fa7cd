"""Engines that know how skin looks where no picture shows it: from a basis of textures, which their settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, JsonValue

from fsvfx.engines.contract import EngineSettings
from fsvfx.models import HEAD

if TYPE_CHECKING:  # validating a manifest reads the settings, and must not wait for numpy
    from fsvfx.context import Context
    from fsvfx.morphable import TextureBasis

NONE = "none"
STARTER = "made_up@9415b5f2f2f5"
"""The basis that comes with fsvfx."""


class TextureSettings(EngineSettings):
    """Settings of these engines."""

    texture: str = Field(STARTER, pattern=rf"^({NONE}|[A-Za-z0-9_.-]+@[0-9a-f]{{12,64}})$")
    """The texture basis, as `NAME@` and the first 12 digits of its sha256 or more. It fills in what no picture of the
    identity shows, and discounts what is not skin in them; `fsvfx texture list` shows the available ones. `none`: what
    no picture shows is the mean of the skin."""

    def basis(self, context: Context) -> TextureBasis | None:
        """Raises InputError if it is not there, ModelError if it is broken."""
        from fsvfx.morphable.textures import open_basis

        return None if self.texture == NONE else open_basis(context.packages.find_texture(self.texture))


def usual(kind: type[EngineSettings], head: str) -> dict[str, JsonValue]:
    """Settings in force where a manifest says nothing, in place of the engine's own: by the head."""
    return {"texture": NONE} if issubclass(kind, TextureSettings) and head != HEAD else {}
