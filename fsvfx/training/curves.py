"""Loss curves: a bounded history in memory, every point in ``curves.jsonl``, and a plot of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from fsvfx import extras
from fsvfx.disk import place_file

_MOST = 4096
_DRAWN = 600
"""Points of a drawn curve: about as many as there are pixels."""
_INCHES, _DPI = (10, 5), 100


@dataclass(frozen=True)
class Point:
    """Means over ``count`` iterations, the last of which was number ``step``. seconds: training time up to then."""

    step: int
    count: int
    seconds: float
    terms: Mapping[str, float]

    @property
    def loss(self) -> float:
        """The model's own loss: the sum of the generator's terms."""
        return sum(value for name, value in self.terms.items() if _is_loss(name))


class Curves:
    """A training's curves. Memory keeps up to 4096 points: when full, neighbors are merged."""

    def __init__(self, file: Path, *, writes: bool = True) -> None:
        self.file, self.writes = file, writes
        self.points: list[Point] = []

    def add(self, rows: Iterable[tuple[int, Mapping[str, float]]], seconds: float) -> Point:
        """A point from some iterations' terms, by step; at least one."""
        rows = list(rows)
        point = Point(rows[-1][0], len(rows), seconds, _means((terms, 1) for _, terms in rows))
        self.points.append(point)
        if len(self.points) > _MOST:
            self.points = merged(self.points)
        if self.writes:
            self._append(point)
        return point

    def last(self) -> dict[str, float]:
        """The latest mean of every term."""
        newest: dict[str, float] = {}
        for point in self.points:
            newest |= point.terms
        return newest

    def state(self) -> list[dict[str, Any]]:
        return [asdict(point) for point in self.points]

    def restore(self, state: Iterable[Mapping[str, Any]], step: int) -> None:
        """Continue after ``step``: later lines in the file, and incomplete ones, are cut off."""
        self.points = [Point(**each) for each in state]
        if not self.writes:
            return
        kept = "".join(line for line in _whole_lines(self.file) if json.loads(line)["step"] <= step)
        place_file(self.file, kept.encode())

    def _append(self, point: Point) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(point)) + "\n")


def read(file: Path) -> list[Point]:
    """All points of a ``curves.jsonl``; an incomplete last line is skipped."""
    return [Point(**json.loads(line)) for line in _whole_lines(file)]


def merged(points: list[Point]) -> list[Point]:
    """In pairs; if their number is odd, the newest is not merged."""
    pairs = [points[place : place + 2] for place in range(0, len(points), 2)]
    return [_merge(pair) if len(pair) > 1 else pair[0] for pair in pairs]


def picture(points: Sequence[Point]) -> Image.Image:
    """Each loss over the iterations, on a logarithmic scale; held-out ones dashed, in the same color.

    Raises MachineError without matplotlib.
    """
    extras.require("matplotlib", what="Drawing loss curves")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="iteration", ylabel="loss", yscale="log")
    colours: dict[str, str] = {}
    for name, drawn in _drawn(list(points)):
        turn, _, term = name.partition("/")
        own = colours.setdefault(term, f"C{len(colours)}")
        axes.plot(*zip(*drawn), label=name, color=own, linestyle="--" if turn == "held_out" else "-", linewidth=1)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    file = BytesIO()
    figure.savefig(file, format="png")
    return Image.open(file)


def _drawn(points: list[Point]) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Each loss by name, with the points that a logarithmic scale can show: iteration and value."""
    while len(points) > _DRAWN:
        points = merged(points)
    for name in sorted({name for point in points for name in point.terms}):
        drawn = [(point.step, point.terms[name]) for point in points if point.terms.get(name, 0) > 0]
        if drawn and not name.endswith("/gradient"):
            yield name, drawn


def _merge(pair: list[Point]) -> Point:
    terms = _means((point.terms, point.count) for point in pair)
    return Point(pair[-1].step, sum(point.count for point in pair), pair[-1].seconds, terms)


def _means(rows: Iterable[tuple[Mapping[str, float], int]]) -> dict[str, float]:
    """Weighted means of each term over the rows that have it."""
    sums: dict[str, float] = defaultdict(float)
    weights: dict[str, int] = defaultdict(int)
    for terms, weight in rows:
        for name, value in terms.items():
            sums[name] += value * weight
            weights[name] += weight
    return {name: value / weights[name] for name, value in sums.items()}


def _whole_lines(file: Path) -> list[str]:
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return [line for line in lines if line.endswith("\n")]


def _is_loss(name: str) -> bool:
    return name.startswith("generator/") and name != "generator/gradient"
