"""How a part is to be run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Way:
    """device: ``cpu`` or ``cuda``. small: at sizes that a CPU can do. folder: where pictures go."""

    device: str
    small: bool
    folder: Path
