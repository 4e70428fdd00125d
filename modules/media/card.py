"""What somebody said, as a card over the face that listens: a bubble as in a conversation.

It stands as long as it takes to read. What is long turns its pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

import skia

from modules.media import lettering
from modules.media.captions import WIDTH
from modules.messages import FPS

FADE_FRAMES = 6
READ_PER_S = 16.0
"""Characters that are read in a second, blanks included: the measure of subtitles for adults."""
SETTLE_S = 0.9
"""What it takes to see that there is something to read."""
LONGEST_S = 8.0
SHORTEST_S = 1.8
MOST_PAGES = 8
"""More than 1,000 characters are cut: nobody watches a page of text for minutes."""

_SIZES = (44.0, 38.0, 32.0)
_LINES = (2, 4, 6)
"""How many lines are set in each size before the next smaller one is taken."""
_ROOM = 0.80 * WIDTH
_PADDING = (34.0, 26.0)
_MARGIN = 36.0
_LABEL = 24.0
_RISE = 22.0
"""Pixels that the bubble comes up from."""
_RADIUS = 30.0

# As on the page (`ui/palette.css`): veil, lacquer, ink, on-veil.
_SHADE = skia.Color(24, 17, 14, 215)
_BUBBLE = {"user": skia.Color(161, 44, 44), "assistant": skia.Color(42, 33, 29)}
_PAPER = skia.Color(255, 248, 238)
_QUIET = skia.Color(255, 248, 238, 205)


@dataclass(frozen=True)
class Page:
    """Lines in one size of letters, and how many pictures they stand for."""

    lines: tuple[lettering.Line, ...]
    size: float
    frames: int


def pages(text: str) -> list[Page]:
    """Return a text as pages, in the largest letters that hold it on one; at least one page."""
    words = text.split()
    for size, most in zip(_SIZES, _LINES, strict=True):
        lines = lettering.broken(words, size, _ROOM - 2 * _PADDING[0])
        if len(lines) <= most:
            return [_page(lines, size)]
    size, most = _SIZES[-1], _LINES[-1]
    count = min(ceil(len(lines) / most), MOST_PAGES)
    each = min(most, ceil(len(lines) / count))
    kept = lines[: count * each]
    if len(kept) < len(lines):
        kept = [*kept[:-1], _cut(kept[-1], size)]
    return [_page(kept[at : at + each], size) for at in range(0, len(kept), each)]


def reading_s(characters: int) -> float:
    """Return how long a text of that length stands, in seconds."""
    return min(LONGEST_S, max(SHORTEST_S, SETTLE_S + characters / READ_PER_S))


def _page(lines: list[lettering.Line], size: float) -> Page:
    characters = sum(len(word) + 1 for line in lines for word in line.words)
    return Page(tuple(lines), size, round(reading_s(characters) * FPS))


def _cut(line: lettering.Line, size: float) -> lettering.Line:
    shorter = line.words[:-1] or line.words
    return lettering.broken([*shorter, "…"], size, _ROOM)[0]


class CardFace:
    """Draws one page: drawn once, then faded and moved."""

    def __init__(self, page: Page, speaker: str, side: Literal["user", "assistant"]) -> None:
        self.frames = page.frames
        self._side = side
        self._bubble = _bubble(page, speaker, side)

    def draw(self, canvas: skia.Canvas, index: int, *, first: bool, last: bool) -> None:
        """Draw the picture `index` of this page; a first page comes up, a last one goes away."""
        height = canvas.imageInfo().height()
        come = min(1.0, (index + 1) / FADE_FRAMES)
        leave = min(1.0, (self.frames - index) / FADE_FRAMES)
        shade = min(come if first else 1.0, leave if last else 1.0)
        _draw_shade(canvas, height, shade)
        alpha = _eased(min(come, leave))
        x = _MARGIN if self._side == "assistant" else WIDTH - _MARGIN - self._bubble.width()
        rise = _RISE * (1.0 - _eased(come)) if first else 0.0
        y = height - _MARGIN - self._bubble.height() + rise
        canvas.drawImage(
            self._bubble, round(x), y, skia.SamplingOptions(), skia.Paint(Alphaf=alpha)
        )


def _eased(share: float) -> float:
    return share * share * (3.0 - 2.0 * share)


def _draw_shade(canvas: skia.Canvas, height: int, alpha: float) -> None:
    """Darken the picture towards its foot, so that the bubble stands out of any clothes."""
    top = height * 0.35
    paint = skia.Paint(
        Shader=skia.GradientShader.MakeLinear(
            [skia.Point(0, top), skia.Point(0, height)], [skia.ColorSetA(_SHADE, 0), _SHADE]
        ),
        Alphaf=alpha,
    )
    canvas.drawRect(skia.Rect.MakeLTRB(0, top, WIDTH, height), paint)


def _bubble(page: Page, speaker: str, side: Literal["user", "assistant"]) -> skia.Image:
    across, down = _PADDING
    step = page.size * lettering.LINE_HEIGHT
    label_width = lettering.width(speaker, _LABEL)
    inner = max([label_width, *(line.width for line in page.lines)])
    head = _LABEL * 1.9 if speaker else 0.0
    surface = skia.Surface(
        ceil(min(inner, WIDTH) + 2 * across), ceil(head + step * len(page.lines) + 2 * down)
    )
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorTRANSPARENT)
    body = skia.Rect.MakeWH(surface.width(), surface.height())
    canvas.drawRRect(_cornered(body, side), skia.Paint(Color=_BUBBLE[side], AntiAlias=True))
    paint = skia.Paint(Color=_QUIET, AntiAlias=True)
    lettering.draw(canvas, speaker, across, down + _LABEL * 0.92, _LABEL, paint)
    paint = skia.Paint(Color=_PAPER, AntiAlias=True)
    for row, line in enumerate(page.lines):
        baseline = down + head + step * row + page.size * 1.02
        for word, start in zip(line.words, line.starts, strict=True):
            lettering.draw(canvas, word, across + start, baseline, page.size, paint)
    return surface.makeImageSnapshot()


def _cornered(body: skia.Rect, side: Literal["user", "assistant"]) -> skia.RRect:
    """Return a bubble whose lower corner on the speaker's side is sharp."""
    radii = [skia.Point(_RADIUS, _RADIUS)] * 4
    radii[2 if side == "user" else 3] = skia.Point(8.0, 8.0)
    shape = skia.RRect()
    shape.setRectRadii(body, radii)
    return shape
