"""The text on a review's frames: a burn-in at the foot of each, and a slate before the first.

Nothing depends on the date, so the same delivery has the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from fsvfx.delivery.headers import software
from fsvfx.delivery.order import Order
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.qc.sheet import Font, font_of

U8 = NDArray[np.uint8]
Line = tuple[str, str]

AI_ALTERED = "AI-ALTERED"
_LOWEST, _SHARE = 14, 0.042
"""The strip's height: pixels, and as a share of the picture's shorter side."""
_SHADE = 0.35
PAPER = (235, 235, 235)
WARNING = (255, 196, 64)
_GROUND = (24, 24, 26)
_LABEL = (150, 150, 155)
_CHIPS = [(v, v, v) for v in (0, 37, 73, 110, 146, 183, 219, 255)] + [
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0)
]  # fmt: skip
"""Grays and primaries along the foot, for checking a player."""
_CHIPS_SHARE = 0.06
_SMALLEST = 6


@dataclass(frozen=True)
class BurnIn:
    """The text on one frame: shot and frame number on the left, AI-ALTERED in the middle, timecode on the right."""

    shot: str
    frame: int
    timecode: str
    note: str = ""
    """After the frame number: ``waived``."""
    warning: str = AI_ALTERED

    @property
    def left(self) -> str:
        return "  ".join(part for part in (self.shot, str(self.frame), self.note) if part)


def burn_in(picture: U8, words: BurnIn) -> U8:
    """A copy of ``picture`` (H, W, 3) uint8 sRGB with the strip over its lowest rows, darkened, and the words in it.

    Words that do not fit side by side are set smaller, down to 8 px; then the shot's name is cut at the start.
    """
    out = picture.copy()
    height = strip_height(*picture.shape[:2])
    strip = out[-height:]
    strip[:] = (strip * _SHADE).astype(np.uint8)
    image = Image.fromarray(strip)
    _set_words(ImageDraw.Draw(image), image.width, image.height, words)
    out[-height:] = np.asarray(image)
    return out


def strip_height(height: int, width: int) -> int:
    """Height of the strip in rows."""
    return min(height, max(_LOWEST, round(_SHARE * min(height, width))))


def slate_lines(order: Order, track: TimecodeTrack) -> list[Line]:
    """Label and text of each line of the slate."""
    shot = order.job.shot
    swaps = [f"{one.whose} > {one.goes_in} ({one.engine})" for one in shot.told]
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
        ("Software", software()),
    ]
    return lines + ([("Waived", str(order.waived))] if order.waived else [])


def draw_slate(size: tuple[int, int], title: str, lines: Sequence[Line]) -> U8:
    """(H, W, 3) uint8 sRGB for pictures of ``size`` (height, width): ``title`` in warning color above ``lines``."""
    height, width = size
    image = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(image)
    step = height * (1 - _CHIPS_SHARE) / (len(lines) + 3)
    margin = width // 16
    _write_line(draw, (margin, step * 1.1), title, WARNING, step * 1.2, width - 2 * margin)
    column = margin + width // 5
    for number, (label, text) in enumerate(lines):
        y = step * (number + 2.5)
        _write_line(draw, (margin, y), label, _LABEL, step * 0.6, width // 6)
        _write_line(draw, (column, y), text, PAPER, step * 0.6, width - margin - column)
    _draw_chips(draw, width, height)
    return np.asarray(image)


def _set_words(draw: ImageDraw.ImageDraw, width: int, height: int, words: BurnIn) -> None:
    margin, middle = height // 3, height / 2
    font, left = _fitted(draw, words, width - 2 * margin, height)
    draw.text((margin, middle), left, font=font, fill=PAPER, anchor="lm")
    draw.text((width - margin, middle), words.timecode, font=font, fill=PAPER, anchor="rm")
    free = width - draw.textlength(words.timecode, font) - draw.textlength(left, font)
    between = margin + draw.textlength(left, font) + (free - 2 * margin) / 2
    half = draw.textlength(words.warning, font) / 2
    centred = width / 2 - half > margin + draw.textlength(left, font) and half < abs(
        width / 2 - margin - draw.textlength(words.timecode, font)
    )
    draw.text((width / 2 if centred else between, middle), words.warning, font=font, fill=WARNING, anchor="mm")


def _fitted(draw: ImageDraw.ImageDraw, words: BurnIn, width: int, height: int) -> tuple[Font, str]:
    """The largest font in which everything fits in one line; as a last resort the shot's name is cut at the start."""
    for size in range(round(height * 0.72), 7, -1):
        font = font_of(size)
        if _length(draw, font, words.left, words) <= width:
            return font, words.left
    left = words.left
    while len(left) > len(str(words.frame)) and _length(draw, font, left, words) > width:
        left = left[1:]
    return font, left


def _length(draw: ImageDraw.ImageDraw, font: Font, left: str, words: BurnIn) -> float:
    gap = draw.textlength("00", font)
    return 2 * gap + sum(draw.textlength(text, font) for text in (left, words.warning, words.timecode))


def _write_line(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
    height: float,
    width: int,
) -> None:
    """One line, smaller if it is too long for ``width``; cut if that is not enough."""
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
