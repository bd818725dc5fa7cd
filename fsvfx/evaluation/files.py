"""An evaluation as files: JSON for machines, a sheet of pictures for people."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from fsvfx.evaluation.evaluate import Evaluated
from fsvfx.evaluation.grid import picture_grid
from fsvfx.outputs import is_own_png, png
from schemas.evaluation import EvaluationReport


def files_of(evaluated: Evaluated, stem: str = "evaluation") -> dict[str, bytes]:
    """``STEM.json`` and ``STEM.png``, by name."""
    report = evaluated.report.model_dump_json(indent=1)
    return {f"{stem}.json": report.encode(), f"{stem}.png": png(picture_grid(evaluated))}


def is_own(path: Path) -> bool:
    """Whether the file is one of an evaluation."""
    if path.suffix == ".png":
        return is_own_png(path)
    try:
        EvaluationReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return False
    return True
