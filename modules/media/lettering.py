"""Words drawn into pictures: one typeface, broken into lines, whatever script they are in.

Skia's FreeType reads no woff2, so the typeface lies here as TrueType: Be Vietnam Pro SemiBold
(OFL-1.1), its Vietnamese, Latin and extended Latin subsets merged into one file. What it lacks
(emoji, other scripts) comes from the system's fonts, and is left out where they lack it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import skia

from modules.errors import StorageFailed

_FILE = Path(__file__).parent / "fonts" / "BeVietnamPro-SemiBold.ttf"
LINE_HEIGHT = 1.36
"""Lines apart, in sizes of the font: room for Ẵ above and ợ below."""
_BLANK = " "


@dataclass(frozen=True)
class Line:
    """Words side by side: where each begins, and how wide all of them are, in pixels."""

    words: tuple[str, ...]
    starts: tuple[float, ...]
    width: float


def width(text: str, size: float) -> float:
    """Return how wide a text is when it is drawn, in pixels."""
    return float(sum(font.measureText(run) for font, run in _runs(text, size)))


def draw(canvas: skia.Canvas, text: str, x: float, baseline: float, size: float,
         paint: skia.Paint) -> None:  # fmt: skip
    """Draw one line of text from `x` on, standing on `baseline`."""
    for font, run in _runs(text, size):
        canvas.drawString(run, x, baseline, font, paint)
        x += font.measureText(run)


def broken(words: Sequence[str], size: float, room: float) -> list[Line]:
    """Break words into as few lines as fit into `room` pixels, all about equally long.

    A word that is wider than `room` is broken between its letters.
    """
    fitting = [part for word in words for part in _fitting(word, size, room)]
    if not fitting:
        return []
    widths, blank = [width(word, size) for word in fitting], width(_BLANK, size)
    fewest = len(_filled(widths, blank, room))
    low, high = max(widths), room
    while high - low > 2.0:  # the narrowest column that needs no more lines
        middle = (low + high) / 2
        if len(_filled(widths, blank, middle)) > fewest:
            low = middle
        else:
            high = middle
    return [_line(fitting[a:b], widths[a:b], blank) for a, b in _filled(widths, blank, high)]


def _line(words: Sequence[str], widths: Sequence[float], blank: float) -> Line:
    starts, x = [], 0.0
    for each in widths:
        starts.append(x)
        x += each + blank
    return Line(tuple(words), tuple(starts), x - blank)


def _filled(widths: Sequence[float], blank: float, room: float) -> list[tuple[int, int]]:
    """Return which words stand in each line when each takes as many as fit: begin and end."""
    lines, begin, x = [], 0, 0.0
    for index, each in enumerate(widths):
        if index > begin and x + each > room:
            lines.append((begin, index))
            begin, x = index, 0.0
        x += each + blank
    return [*lines, (begin, len(widths))]


def _fitting(word: str, size: float, room: float) -> Iterator[str]:
    if width(word, size) <= room:
        if _drawable(word):
            yield word
        return
    part = ""
    for letter in word:
        if part and width(part + letter, size) > room:
            yield part
            part = ""
        part += letter
    yield part


def _drawable(word: str) -> bool:
    return any(True for _ in _runs(word, 10))


def _runs(text: str, size: float) -> Iterator[tuple[skia.Font, str]]:
    """Split a text by the typeface that has its characters; those of none are left out."""
    for typeface, characters in groupby(text, key=_typeface_of):
        if typeface is not None:
            font = skia.Font(typeface, size)
            font.setSubpixel(True)
            font.setLinearMetrics(True)
            font.setHinting(skia.FontHinting.kNone)
            font.setEdging(skia.Font.Edging.kAntiAlias)
            yield font, "".join(characters)


@cache
def _typeface() -> skia.Typeface:
    typeface = skia.Typeface.MakeFromFile(str(_FILE))
    if typeface is None:
        raise StorageFailed("unreadable", what=_FILE.name)
    return typeface


@cache
def _typeface_of(character: str) -> skia.Typeface | None:
    own = _typeface()
    if own.unicharToGlyph(ord(character)):
        return own
    # No style: the system's emoji come in one weight only.
    return skia.FontMgr().matchFamilyStyleCharacter("", skia.FontStyle(), ["vi"], ord(character))
