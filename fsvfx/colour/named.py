"""Names of OCIO configs: a built-in one by its name, a production's own by its content and path.

Results are stored under the name, so that they stay valid if the file moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from schemas.job import ShotJob

ENDINGS = (".ocio", ".ocioz")
OWN = "blake3:"


@dataclass(frozen=True)
class ColourConfig:
    """An OCIO config. ``name``: a built-in one's full name, or ``blake3:...`` of the content of the production's own
    ``file`` and of the tables that it names."""

    name: str
    file: str = ""

    @classmethod
    def of(cls, job: ShotJob) -> ColourConfig:
        return cls(job.colour_config, job.colour_file)

    @property
    def called(self) -> str:
        """The name for people: the file's name, or a built-in config's own."""
        return Path(self.file).name if self.file else self.name


DEFAULT_CONFIG = ColourConfig("studio-config-v4.0.0_aces-v2.0_ocio-v2.5")
"""Built into OCIO, by its full name: ``ocio://default`` changes with OCIO's releases."""
