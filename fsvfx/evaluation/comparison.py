"""Evaluations side by side, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from schemas.evaluation import EvaluationReport, Followed, PixelFigures

Row = tuple[str, ...]
_GOOD = {
    "nearer the identity": "over 90 %",
    "found again": "over 90 %",
    "to the identity": "under 0.45",
    "yaw": "r over 0.95, under 2",
    "pitch": "r over 0.9, under 3",
    "roll": "r over 0.95, under 2",
    "mouth": "r over 0.8",
    "eyes": "r over 0.6",
    "brows": "r over 0.4",
    "self-swap": "over 28 dB",
    "detail": "80 to 120 %",
    "flicker": "under 1.2 %",
    "seam": "0.8 to 1.25",
}
"""See docs/evaluation.md."""
_ABSENT = "-"


def side_by_side(reports: Sequence[EvaluationReport]) -> list[Row]:
    """A row for each figure that any report has: its name, each report's value, and what a good one is."""
    columns = [dict(_figures(report)) for report in reports]
    names = dict.fromkeys(name for column in columns for name in column)
    rows = [(name, *(column.get(name, _ABSENT) for column in columns), _GOOD.get(name, "")) for name in names]
    return [row for row in rows if set(row[1:-1]) != {_ABSENT}]


def _figures(report: EvaluationReport) -> Iterator[tuple[str, str]]:
    yield "held-out faces", f"{report.faces}" + (f", {report.lost} lost" if report.lost else "")
    yield from _likeness(report)
    for name, followed in report.pose.items():
        yield name, _followed(followed, "{:.1f} deg")
    for name, followed in report.expression.items():
        yield name, _followed(followed, "{:.3f}")
    yield "self-swap", _pixels(report.self_swap)
    yield "true swap", _pixels(report.truth)
    yield "true swap, plate", _pixels(report.truth_of_plate)
    yield "true swap, toned", _pixels(report.truth_toned)
    yield "true swap, plate toned", _pixels(report.truth_of_plate_toned)
    yield "detail", _or_absent(report.detail, lambda value: f"{value:.0%} of the plate's")
    yield "flicker", _or_absent(report.flicker, lambda value: f"{100 * value:.1f} %")
    yield "seam", _or_absent(report.seam, lambda value: f"{value:.2f}")
    yield "time a face", f"{report.ms_per_face:.0f} ms on {report.device}"


def _likeness(report: EvaluationReport) -> Iterator[tuple[str, str]]:
    found = report.likeness
    if found is None:
        yield "nearer the identity", "no face found"
        return
    yield "nearer the identity", f"{found.nearer:.0%}"
    yield "found again", f"{found.retrieved:.0%} among {len(report.people)}"
    yield "to the identity", f"{found.to_identity:.2f} (plate {found.plate_to_identity:.2f})"
    yield "to the performer", f"{found.to_performer:.2f}"


def _followed(found: Followed, form: str) -> str:
    told = f"off by {form.format(found.error)}"
    return told if found.r is None else f"r {found.r:.2f}, {told}"


def _pixels(found: PixelFigures | None) -> str:
    return _ABSENT if found is None else f"{found.psnr:.1f} dB, ssim {found.ssim:.3f}"


def _or_absent(value: float | None, told: Callable[[float], str]) -> str:
    return _ABSENT if value is None else told(value)
