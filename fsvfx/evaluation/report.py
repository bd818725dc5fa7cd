"""An evaluation as files: JSON for machines, a sheet of pictures for people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from fsvfx.evaluation.evaluate import Evaluated
from fsvfx.outputs import is_own_png, png
from fsvfx.printable import counted
from fsvfx.qc.sheet import Cell, cell, contact_sheet, sampled
from schemas.evaluation import CrowdReport, EvaluationReport, FrameFigures

_SIDE = 160
_REPORT: TypeAdapter[EvaluationReport | CrowdReport] = TypeAdapter(EvaluationReport | CrowdReport)
U8 = NDArray[np.uint8]


def picture_grid(evaluated: Evaluated, most: int = 24) -> U8:
    """Up to ``most`` frames, plate beside comp, with their figures; with a truth, comp beside truth too. (H, W, 3)."""
    report = evaluated.report
    cells: list[Cell] = []
    for place in sampled(range(report.faces), most):
        row = report.frames[place]
        plate, comp = (small(each[place]) for each in (evaluated.plates, evaluated.comps))
        cells.append(cell(row.frame, plate, comp, _figures(row)))
        if len(evaluated.truth):
            cells.append(Cell(row.frame, comp, small(evaluated.truth[place]), _of_truth(row)))
    title = f"{report.engine}: {report.identity} for {report.performer}"
    return contact_sheet(title, cells, under=_under(evaluated))


def _figures(row: FrameFigures) -> dict[str, list[float]]:
    taken = {name: getattr(row, name) for name in ("to_identity", "to_performer", "seam", "flicker")}
    return {name: [value] for name, value in taken.items() if value is not None}


def _of_truth(row: FrameFigures) -> str:
    if row.truth_psnr is None or row.truth_ssim is None:
        return "comp | truth"
    return f"comp | truth   {row.truth_psnr:.1f} dB   ssim {row.truth_ssim:.2f}"


def _under(evaluated: Evaluated) -> str:
    report = evaluated.report
    said = [f"{counted(report.faces, 'face')}, {report.lost} lost", f"{report.ms_per_face:.0f} ms a face"]
    if report.likeness:
        said.append(f"nearer the identity {report.likeness.nearer:.0%}, retrieved {report.likeness.retrieved:.0%}")
    return "   ".join(said)


def small(picture: U8) -> U8:
    """At the size used on sheets."""
    return np.asarray(cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def files_of(evaluated: Evaluated, stem: str = "evaluation") -> dict[str, bytes]:
    """``STEM.json`` and ``STEM.png``, by name."""
    report = evaluated.report.model_dump_json(indent=1)
    return {f"{stem}.json": report.encode(), f"{stem}.png": png(picture_grid(evaluated))}


def is_own(path: Path) -> bool:
    """Whether the file belongs to an evaluation."""
    if path.suffix == ".png":
        return is_own_png(path)
    try:
        _REPORT.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return False
    return True
