"""What open models may be given beside a target and a code: supervision that any of them takes, named on its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue

from fsvfx.engines.contract import EngineSettings

Prior = Literal["none", "linear", "warp"]


class Supervision(EngineSettings):
    """Settings of every model that takes such parts."""

    prior: Prior = "none"
    """A picture of the source's face on the target's mesh, which the network sees beside the target. `linear`: what the
    face probably looks like, estimated from its identity code alone; `warp`: a reference picture of it."""
    swaps: int = Field(0, ge=0, le=1_000_000)
    """Number of swaps by `landmark_warp` made ahead of time, as pairs with a truth."""
    supervised: float = Field(0.25, gt=0, lt=1)
    """Share of each batch that is drawn from them, if there are any."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Those that it takes, in words."""
        prior = () if self.prior == "none" else (f"{self.prior} prior",)
        return (*prior, *((f"{self.swaps} swaps made ahead",) if self.swaps else ()))


def parts_of(architecture: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Those that a package's architecture names, in words; none of a model that takes none."""
    named = {name: architecture[name] for name in Supervision.model_fields if name in architecture}
    return Supervision.model_validate(named).parts if "prior" in named else ()
