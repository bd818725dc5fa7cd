"""The review's burn-in: one strip at the foot of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

U8 = NDArray[np.uint8]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

AI_ALTERED = "AI-ALTERED"
_SMALLEST, _SHARE = 14, 0.042
"""The strip's height: pixels, and as a share of the picture's shorter side."""
_SHADE = 0.35
PAPER = (235, 235, 235)
WARNING = (255, 196, 64)


@dataclass(frozen=True)
class BurnIn:
    """What stands on one frame: shot and frame number on the left, AI-ALTERED amid, timecode on the right."""

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

    Words that do not fit beside each other are set smaller, down to 8 px; then the shot's name loses its beginning.
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
    """Rows that the strip takes."""
    return min(height, max(_SMALLEST, round(_SHARE * min(height, width))))


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
    """The largest font in which all stands in one line; as last resort the shot's name loses its beginning."""
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


@lru_cache(maxsize=32)
def font_of(size: int) -> Font:
    """Pillow's own, so that it is the same everywhere."""
    return ImageFont.load_default(size)
