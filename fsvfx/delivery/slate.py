"""The slate before a review: one frame that says what it is. No date, so that the same delivery has the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from fsvfx.delivery.burnin import PAPER, WARNING, font_of
from fsvfx.delivery.order import Order
from fsvfx.delivery.timecodes import TimecodeTrack

U8 = NDArray[np.uint8]
Line = tuple[str, str]

_GROUND = (24, 24, 26)
_LABEL = (150, 150, 155)
_CHIPS = [(v, v, v) for v in (0, 37, 73, 110, 146, 183, 219, 255)] + [
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0)
]  # fmt: skip
"""Greys and primaries along the foot: whether a player shows them right can be seen."""
_CHIPS_SHARE = 0.06
_SMALLEST = 6


def slate_lines(order: Order, track: TimecodeTrack) -> list[Line]:
    """Label and text of each line."""
    shot = order.job.shot
    swaps = [f"{one.performer} > {one.identity} ({one.engine})" for one in shot.replace]
    first, last = order.frames.first, order.frames.last
    lines = [
        ("Production", order.job.production),
        ("Shot", shot.name),
        ("Version", order.content_key[:12]),
        ("Frames", f"{first}-{last} ({len(order.frames)}) at {float(track.rate):.6g} fps"),
        ("Timecode", f"{track.at(first)} - {track.at(last)}" + ("" if track.start else " (frame numbers)")),
        ("Swap", ", ".join(swaps) or "none"),
        ("Colour", f"{shot.plate.color_space} > {order.comp_space} > sRGB"),
        ("Rights", order.rights.digest[:16]),
        ("Software", f"fsvfx {version('fsvfx')}"),
    ]
    return lines + ([("Waived", str(order.waived))] if order.waived else [])


def draw_slate(size: tuple[int, int], title: str, lines: Sequence[Line]) -> U8:
    """(H, W, 3) uint8 sRGB for pictures of ``size`` (height, width): ``title`` in warning colour above ``lines``."""
    height, width = size
    image = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(image)
    step = height * (1 - _CHIPS_SHARE) / (len(lines) + 3)
    margin = width // 16
    _write(draw, (margin, step * 1.1), title, WARNING, step * 1.2, width - 2 * margin)
    column = margin + width // 5
    for number, (label, text) in enumerate(lines):
        y = step * (number + 2.5)
        _write(draw, (margin, y), label, _LABEL, step * 0.6, width // 6)
        _write(draw, (column, y), text, PAPER, step * 0.6, width - margin - column)
    _draw_chips(draw, width, height)
    return np.asarray(image)


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
    height: float,
    width: int,
) -> None:
    """One line, smaller where it is too long for ``width``; cut where that is not enough."""
    size = max(_SMALLEST, round(height))
    while size > _SMALLEST and draw.textlength(text, font_of(size)) > width:
        size -= 1
    while len(text) > 1 and draw.textlength(text, font_of(size)) > width:
        text = f"{text[:-2]}…"
    draw.text(at, text, font=font_of(size), fill=colour, anchor="lm")


def _draw_chips(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    top = round(height * (1 - _CHIPS_SHARE))
    for number, colour in enumerate(_CHIPS):
        left, right = (round(width * n / len(_CHIPS)) for n in (number, number + 1))
        draw.rectangle((left, top, right, height), fill=colour)
