"""An evaluation as files: JSON for machines, a sheet of pictures for people."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from fsvfx.evaluation.evaluate import Evaluated
from fsvfx.evaluation.grid import picture_grid


def files_of(evaluated: Evaluated, stem: str = "evaluation") -> dict[str, bytes]:
    """``STEM.json`` and ``STEM.png``, by name."""
    report = evaluated.report.model_dump_json(indent=1)
    sheet = BytesIO()
    Image.fromarray(picture_grid(evaluated)).save(sheet, "PNG")
    return {f"{stem}.json": report.encode(), f"{stem}.png": sheet.getvalue()}
