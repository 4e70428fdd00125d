"""Captions drawn into a film, word by word as they are spoken."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import skia

from modules.media import lettering
from modules.messages import Caption, CaptionWord

SIZE = 36.0
"""Of the letters in pixels: 5 % of the picture, what broadcasters use for subtitles."""
_LINES = 2
_WIDEST = 0.86
"""Part of the picture's width that a line may take."""
_FOOT = 40.0
"""Pixels that stay free below the words."""
_RISE = 96.0
"""Pixels above the words over which the shade begins."""
_HOLD_S = 0.7
"""How long the last words stay after they were said, where no others follow."""
_FADE_S = 0.12

# As on the page (`ui/palette.css`): veil, on-veil, lit.
_SHADE = skia.Color(24, 17, 14, 195)
_TO_COME = skia.Color(255, 248, 238, 150)
_SAID = skia.Color(255, 248, 238)
_NOW = skia.Color(255, 213, 138)


@dataclass(frozen=True)
class Screen:
    """What stands in the picture at one time: lines of words, each with its own moment."""

    lines: tuple[lettering.Line, ...]
    begins: tuple[float, ...]
    """When each word begins, in seconds; in the order of reading."""
    start_s: float
    end_s: float


def screens(captions: Iterable[Caption]) -> list[Screen]:
    """Return the screens of one answer, in order: a clause fills one, or several where it is long.

    A screen stays until the next one comes, or a moment after its last word.
    """
    room = WIDTH * _WIDEST
    found = [
        _screen(lines, words)
        for clause in _clauses(captions)
        for lines, words in _split(clause, room)
    ]
    following = [each.start_s for each in found[1:]] + [float("inf")] * min(1, len(found))
    return [
        Screen(each.lines, each.begins, each.start_s, min(each.end_s + _HOLD_S, next_s))
        for each, next_s in zip(found, following, strict=True)
    ]


WIDTH = 720
"""Pixels that the picture is wide; `film.py` draws it so."""


class CaptionTrack:
    """Draws the screen that is due; remembers the last picture, as words last several frames."""

    def __init__(self, captions: Iterable[Caption]) -> None:
        self._screens = screens(captions)
        self._starts = [screen.start_s for screen in self._screens]
        self._drawn: tuple[tuple[int, int], skia.Image] | None = None

    def draw(self, canvas: skia.Canvas, time_s: float) -> None:
        """Draw what is due at a time of the answer, if anything is."""
        index = bisect_right(self._starts, time_s) - 1
        if index < 0 or time_s >= self._screens[index].end_s:
            return
        screen = self._screens[index]
        begun = bisect_right(screen.begins, time_s)
        if self._drawn is None or self._drawn[0] != (index, begun):
            self._drawn = (index, begun), _picture(screen, begun)
        image = self._drawn[1]
        fade = min(time_s - screen.start_s + 0.04, screen.end_s - time_s) / _FADE_S
        continued = index > 0 and self._screens[index - 1].end_s == screen.start_s
        alpha = 1.0 if continued and time_s - screen.start_s < _FADE_S else min(1.0, fade)
        top = canvas.imageInfo().height() - image.height()
        canvas.drawImage(image, 0, top, skia.SamplingOptions(), skia.Paint(Alphaf=max(0.0, alpha)))


def _clauses(captions: Iterable[Caption]) -> Iterator[list[CaptionWord]]:
    for _, group in groupby(captions, key=lambda caption: caption.clause):
        words = [word for caption in group for word in caption.words if word.text.strip()]
        if words:
            yield words


def _split(
    words: Sequence[CaptionWord], room: float
) -> Iterator[tuple[list[lettering.Line], list[CaptionWord]]]:
    """Split a clause into screens of two lines, about equally long; yields lines and words."""
    lines = lettering.broken([word.text for word in words], SIZE, room)
    count = -(-len(lines) // _LINES)
    share, begin = sum(len(word.text) + 1 for word in words) / max(count, 1), 0
    for number in range(count):
        end, length = begin, 0
        while end < len(words) and (length < share * 0.98 or number == count - 1):
            length += len(words[end].text) + 1
            end += 1
        part = list(words[begin:end])
        begin = end
        if part:
            yield from _fit(part, room)


def _fit(
    words: list[CaptionWord], room: float
) -> Iterator[tuple[list[lettering.Line], list[CaptionWord]]]:
    lines = lettering.broken([word.text for word in words], SIZE, room)
    if len(lines) > _LINES and len(words) > 1:  # an equal share of the letters may still not fit
        middle = len(words) // 2
        yield from _fit(words[:middle], room)
        yield from _fit(words[middle:], room)
    elif lines:
        yield lines, words


def _screen(lines: Sequence[lettering.Line], words: Sequence[CaptionWord]) -> Screen:
    begins = [word.start_s for word in words]
    drawn = sum(len(line.words) for line in lines)
    # A word may be left out (no font has it) or broken in two: never more moments than words.
    begins = (begins + [begins[-1]] * drawn)[:drawn]
    return Screen(tuple(lines), tuple(begins), words[0].start_s, max(w.end_s for w in words))


def _picture(screen: Screen, begun: int) -> skia.Image:
    """Return the foot of the picture: a shade, and the words on it, of which `begun` have begun."""
    step = SIZE * lettering.LINE_HEIGHT
    surface = skia.Surface(WIDTH, round(_RISE + step * len(screen.lines) + _FOOT))
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorTRANSPARENT)
    ends = [skia.Point(0, 0), skia.Point(0, surface.height() * 0.8)]
    shade = skia.GradientShader.MakeLinear(ends, [skia.ColorSetA(_SHADE, 0), _SHADE])
    canvas.drawPaint(skia.Paint(Shader=shade))
    word = 0
    for row, line in enumerate(screen.lines):
        baseline = _RISE + step * row + SIZE * 1.02
        left = (WIDTH - line.width) / 2
        for text, start in zip(line.words, line.starts, strict=True):
            colour = _SAID if word < begun - 1 else _NOW if word == begun - 1 else _TO_COME
            paint = skia.Paint(Color=colour, AntiAlias=True)
            lettering.draw(canvas, text, left + start, baseline, SIZE, paint)
            word += 1
    return surface.makeImageSnapshot()
