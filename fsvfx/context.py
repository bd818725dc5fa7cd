"""What work needs besides its arrays and settings: where packages are, the colour configuration, the device."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fsvfx.colour import DEFAULT_CONFIG, ColourConfig
from fsvfx.packages import Packages
from schemas.job import ShotJob


@dataclass(frozen=True)
class Context:
    """Made once per job, by each process for itself, and handed on to whoever needs it.

    packages: the folders in which model packages are looked for. colour: the OCIO config. device: ``cpu`` or
    ``cuda:0``, where torch work goes.
    """

    packages: Packages = field(default_factory=Packages)
    colour: ColourConfig = DEFAULT_CONFIG
    device: str = "cpu"

    @classmethod
    def of(cls, job: ShotJob) -> Context:
        return cls(Packages.of(job), ColourConfig.of(job))

    def on(self, device: str) -> Context:
        return replace(self, device=device)
