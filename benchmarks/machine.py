"""The machine of a measurement, and where results are stored."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def device() -> dict[str, Any]:
    """The processor's name and its cores; a GPU's if torch sees one."""
    import torch

    names = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    found: dict[str, Any] = {"cpu": names[0] if names else platform.machine(), "cores": os.cpu_count()}
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name(0)
    return found


def _cpuinfo() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []


def save(name: str, figures: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write ``NAME.json`` into the folder: the figures, the device, the day; earlier figures with the same names are
    replaced."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    stamp = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "device": device()}
    path.write_text(json.dumps(stamp | figures | stamp, indent=2) + "\n")
    return path
