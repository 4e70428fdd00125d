"""Cutting a recording into pieces that Whisper can hear: 30 s at most, cut where nobody speaks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, zip_longest

import numpy as np

from modules.asr.vad import FRAME, Region
from modules.messages import LISTEN_RATE, FloatArray

LONGEST = 25 * LISTEN_RATE
"""Whisper hears 30 s, but writes 440 tokens: 25 s of quick Vietnamese (6 syllables a second, two to
three tokens each)."""
MARGIN = LISTEN_RATE // 5
"""Sound kept around speech."""
PAUSE = 3 * LISTEN_RATE
"""A silence this long always separates: Whisper is prone to fill it with words."""
SENTENCE_PAUSE = 7 * LISTEN_RATE // 10
"""A cut in a silence this long ends a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of a recording; `start` is its first sample there.

    `spoken` counts samples of speech, and `ends_sentence` tells whether a clear pause follows.
    """

    samples: FloatArray
    start: int
    spoken: int
    ends_sentence: bool


def pieces(samples: FloatArray, regions: list[Region]) -> list[Piece]:
    """Return the pieces of a recording in which somebody speaks, none longer than `LONGEST`."""
    groups: list[list[Region]] = []
    for region in _short(samples, regions):
        if groups and _joins(groups[-1], region):
            groups[-1].append(region)
        else:
            groups.append([region])
    made, begin = [], 0
    groups = _balanced(groups)
    for group, following in zip_longest(groups, groups[1:]):
        last = group[-1].end
        next_start = following[0].start if following else len(samples) + PAUSE
        middle = (last + next_start) // 2  # of the pause: no sample is heard twice
        begin = max(begin, group[0].start - MARGIN)
        end = min(last + MARGIN, middle, len(samples))
        spoken = sum(region.end - region.start for region in group)
        made.append(Piece(samples[begin:end], begin, spoken, next_start - last >= SENTENCE_PAUSE))
        begin = middle
    return made


def _joins(group: list[Region], region: Region) -> bool:
    return region.end - group[0].start <= LONGEST and region.start - group[-1].end < PAUSE


def _balanced(groups: list[list[Region]]) -> list[list[Region]]:
    """Move each cut back to the longest pause in the second half of the piece before it.

    A group was filled until nothing more fitted, so its last pause may lie within a sentence.
    """
    result = [list(group) for group in groups]
    for first, second in pairwise(result):
        gap = second[0].start - first[-1].end
        if gap >= PAUSE:
            continue
        half = (first[0].start + first[-1].end) // 2
        cuts = [i for i in range(1, len(first)) if first[i].start > half]
        pauses = [first[i].start - first[i - 1].end for i in cuts]
        longest = max(pauses, default=0)
        moved = first[cuts[pauses.index(longest)] :] if longest > gap else []
        if moved and second[-1].end - moved[0].start <= LONGEST:
            second[:0] = moved
            del first[-len(moved) :]
    return result


def _short(samples: FloatArray, regions: list[Region]) -> list[Region]:
    """Split regions longer than a piece at the quietest frame of each last third."""
    result: list[Region] = []
    for region in regions:
        start = region.start
        while region.end - start > LONGEST:
            cut = _quietest(samples, start + 2 * LONGEST // 3, start + LONGEST)
            result.append(Region(start, cut))
            start = cut
        result.append(Region(start, region.end))
    return result


def _quietest(samples: FloatArray, start: int, end: int) -> int:
    count = (end - start) // FRAME
    frames = samples[start : start + count * FRAME].reshape(count, FRAME)
    powers = np.convolve(np.mean(np.square(frames), axis=1), np.ones(3), "same")
    return start + int(powers[1:-1].argmin() + 1) * FRAME + FRAME // 2
