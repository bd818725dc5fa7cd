"""Loss curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from fsvfx.training.curves import Point, merged

_MOST = 600
"""Points of a curve: as many as there are pixels, about."""
_INCHES, _DPI = (10, 5), 100


def curves_of(points: Sequence[Point]) -> Image.Image:
    """Each loss over the iterations, on a logarithmic scale; a held-out one dashed, in the colour of its own."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = list(points)
    while len(shown) > _MOST:
        shown = merged(shown)
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="iteration", ylabel="loss", yscale="log")
    colours: dict[str, str] = {}
    for name in sorted({name for point in shown for name in point.terms}):
        turn, _, term = name.partition("/")
        if term == "gradient":
            continue
        drawn = [(point.step, point.terms[name]) for point in shown if point.terms.get(name, 0) > 0]
        if drawn:
            own = colours.setdefault(term, f"C{len(colours)}")
            axes.plot(*zip(*drawn), label=name, color=own, linestyle="--" if turn == "held_out" else "-", linewidth=1)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    return _picture(figure)


def _picture(figure: object) -> Image.Image:
    file = BytesIO()
    figure.savefig(file, format="png")  # type: ignore[attr-defined]
    return Image.open(file)
