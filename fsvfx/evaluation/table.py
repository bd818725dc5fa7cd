"""Figures in words, engines side by side, and ratios between two engines' figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fsvfx.printable import counted
from schemas.evaluation import (
    Beside,
    EvaluationReport,
    FaceFigures,
    Followed,
    GroupFigures,
    IdentityFigures,
    PixelFigures,
)

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
    "gaze across": "r over 0.8, under 0.05",
    "gaze down": "r over 0.6, under 0.05",
    "self-swap": "over 28 dB",
    "detail": "80 to 120 %",
    "gradient": "90 to 110 %",
    "flicker": "under 1.2 %",
    "seam": "0.8 to 1.25",
    "border": "near the plate's",
    "light": "r over 0.9",
}
"""See docs/evaluation.md."""
ABSENT = "-"


@dataclass(frozen=True)
class _Told:
    """A figure in words; number: the value to compare, if measured."""

    text: str
    number: float | None = None


_NOTHING = _Told(ABSENT)


def side_by_side(columns: Sequence[FaceFigures | Mapping[str, float]]) -> list[Row]:
    """A row for each figure that any column has: its name, each column's value, and what a good value is.

    Columns are an engine's figures, or ratios of figures by name.
    """
    told = [_ratios(each) if isinstance(each, Mapping) else dict(_figures(each)) for each in columns]
    names = dict.fromkeys(name for column in told for name in column)
    rows = [(name, *(column.get(name, _NOTHING).text for column in told), _GOOD.get(name, "")) for name in names]
    return [row for row in rows if set(row[1:-1]) != {ABSENT}]


def compared(figures: FaceFigures, other: FaceFigures) -> Beside:
    """``figures`` beside another engine's, with the ratio of each figure that both have."""
    these, those = (dict(_figures(each)) for each in (figures, other))
    ratios = {
        name: told.number / that
        for name, told in these.items()
        if told.number is not None and name in those and (that := those[name].number)
    }
    plain = FaceFigures.model_validate(other.model_dump(include=set(FaceFigures.model_fields)))
    return Beside(figures=plain, ratios=ratios)


def _ratios(ratios: Mapping[str, float]) -> dict[str, _Told]:
    return {name: _Told(f"{value:.2f}") for name, value in ratios.items()}


def _figures(figures: FaceFigures) -> Iterator[tuple[str, _Told]]:
    yield "held-out faces", _Told(_counted(figures))
    yield from _likeness(figures.likeness, len(figures.people) if isinstance(figures, EvaluationReport) else None)
    for judge, each in figures.judges.items():
        yield f"nearer, {judge}", _Told(f"{each.nearer:.0%}", each.nearer)
        yield f"to the identity, {judge}", _beside(each.to_identity, each.plate_to_identity, "{:.2f}")
    if figures.steady:
        yield "identity's spread", _beside(figures.steady.spread, figures.steady.spread_of_plate)
        yield "neighbouring frames", _beside(figures.steady.neighbours, figures.steady.neighbours_of_plate)
    for name, followed in figures.pose.items():
        yield name, _followed(followed, "{:.1f} deg")
    for name, followed in figures.expression.items():
        yield name, _followed(followed, "{:.3f}")
    for name, followed in figures.gaze.items():
        yield name.replace("_", " "), _followed(followed, "{:.3f}")
    if isinstance(figures, EvaluationReport):
        yield "self-swap", _pixels(figures.self_swap)
        yield "true swap", _pixels(figures.truth)
        yield "true swap, plate", _pixels(figures.truth_of_plate)
        yield "true swap, toned", _pixels(figures.truth_toned)
        yield "true swap, plate toned", _pixels(figures.truth_of_plate_toned)
    yield "detail", _alone(figures.detail, "{:.0%} of the plate's")
    yield "gradient", _alone(figures.gradient, "{:.0%} of the plate's")
    yield "flicker", _alone(figures.flicker, "{:.1%}")
    yield "seam", _alone(figures.seam, "{:.2f}")
    yield "border", _beside(figures.border, figures.border_of_plate, "{:.1f}")
    yield "light", _alone(figures.light, "r {:.2f}")
    device = f" on {figures.device}" if isinstance(figures, EvaluationReport) else ""
    yield "time per face", _Told(f"{figures.ms_per_face:.0f} ms{device}", figures.ms_per_face)


def _counted(figures: FaceFigures) -> str:
    pairs = f" in {counted(figures.pairs, 'pair')}" if isinstance(figures, GroupFigures) else ""
    return f"{figures.faces}{pairs}" + (f", {figures.lost} lost" if figures.lost else "")


def _likeness(found: IdentityFigures | None, among: int | None) -> Iterator[tuple[str, _Told]]:
    if found is None:
        yield "nearer the identity", _Told("no face found")
        return
    yield "nearer the identity", _Told(f"{found.nearer:.0%}", found.nearer)
    told = f"{found.retrieved:.0%}" + (f" among {among}" if among else "")
    yield "found again", _Told(told, found.retrieved)
    yield "to the identity", _beside(found.to_identity, found.plate_to_identity, "{:.2f}")
    yield "to the performer", _Told(f"{found.to_performer:.2f}", found.to_performer)


def _followed(found: Followed, form: str) -> _Told:
    """Compared by ``r``, otherwise by the difference."""
    told = f"off by {form.format(found.error)}"
    return _Told(told, found.error) if found.r is None else _Told(f"r {found.r:.2f}, {told}", found.r)


def _pixels(found: PixelFigures | None) -> _Told:
    return _NOTHING if found is None else _Told(f"{found.psnr:.1f} dB, ssim {found.ssim:.3f}", found.psnr)


def _beside(value: float | None, plates: float | None, form: str = "{:.3f}") -> _Told:
    if value is None or plates is None:
        return _NOTHING
    return _Told(f"{form.format(value)} (plate {form.format(plates)})", value)


def _alone(value: float | None, form: str) -> _Told:
    return _NOTHING if value is None else _Told(form.format(value), value)
