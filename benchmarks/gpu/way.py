"""How to run a part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Way:
    """device: ``cpu`` or ``cuda``. small: at sizes that a CPU can handle. folder: for pictures."""

    device: str
    small: bool
    folder: Path
