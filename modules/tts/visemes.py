"""Mouth shapes from phonemes: what the lips do in Vietnamese, when, and how strongly.

The rules: diphthongs move through two shapes; a final -ng or -c behind o, ô or u closes the lips
(ông, học, cúc: the labial-velar finals of Kirby 2011), but not behind the long oo of loans (xoong,
moóc), which is written so to say just that; final -nh and -ch are palatal; a velar initial leaves
the lips to the vowel that follows, and so does h.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from modules.messages import FloatArray, Viseme, VisemeShape
from modules.tts.espeak_library import Phoneme
from modules.tts.viseme_table import WEIGHTS, bare, sound

_PAUSE_S = 0.13
"""A gap up to this long between words is the closure of the stop that follows, not a pause."""
_SHORTEST_S = 0.02
_SHORTEST: dict[VisemeShape, float] = {"closed": 0.06, "lip_teeth": 0.06, "round": 0.04}
"""Seconds that a shape needs to be seen: a closure must not fall between two frames of 40 ms."""
_SHORTEST_VOWEL_S = 0.06
"""A vowel between two closures (mắm, bóp) must be seen to open, however short espeak makes it."""
_LABIAL_NUCLEI = {"o", "ɔ", "u", "u-"}
_LONG_O = re.compile("o[oòóỏõọ]", re.IGNORECASE)
_UNSTRESSED = 0.9
_FRAME_S = 0.01
_FULL_DB, _SPAN_DB, _FAINTEST, _SILENT_DB = -6.0, 24.0, 0.3, -60.0
"""A vowel this far below the loudest has its full weight; `_SPAN_DB` lower it has the least."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The shapes of one phoneme in its place."""

    shapes: tuple[VisemeShape, ...]
    weight: float
    vowel: bool = False


@dataclass(slots=True)
class _Stretch:
    """One shape while it is still being fitted in time; samples, not yet whole ones."""

    start: float
    end: float
    shape: VisemeShape
    weight: float
    vowel: bool = False
    parts: int = 1
    """How many shapes its phoneme moves through."""

    @property
    def length(self) -> float:
        return self.end - self.start


def visemes(phonemes: Sequence[Phoneme], samples: FloatArray, rate: int) -> tuple[Viseme, ...]:
    """Return the mouth shapes of speech: contiguous, in order, from sample 0 to the last.

    `phonemes` are in order, their starts in samples of `samples` (mono, `rate` per second). The
    mouth rests in pauses. A vowel weighs as much as it is loud.
    """
    total = len(samples)
    stretches = _stretches(phonemes, total, rate)
    _make_room(stretches, rate)
    levels = _levels(samples, rate)
    for stretch in stretches:
        if stretch.vowel:
            stretch.weight *= _loudness(levels, stretch, rate)
    return whole(((s.end, s.shape, s.weight) for s in stretches), total)


def whole(
    spans: Iterator[tuple[float, VisemeShape, float]] | Sequence[tuple[float, VisemeShape, float]],
    total: int,
) -> tuple[Viseme, ...]:
    """Return (end, shape, weight) spans as visemes that cover samples 0 to `total` exactly."""
    found: list[Viseme] = []
    done = 0
    for end, shape, weight in spans:
        stop = min(round(end), total)
        if stop > done:
            found.append(Viseme(done, stop, shape, round(min(max(weight, 0.0), 1.0), 3)))
            done = stop
    if total > done:
        found.append(Viseme(done, total, "rest", 1.0))
    return tuple(found)


def _stretches(phonemes: Sequence[Phoneme], total: int, rate: int) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    done = 0
    for syllable in _syllables(phonemes, total):
        if syllable[0][1] - done > _PAUSE_S * rate:
            stretches.append(_Stretch(done, syllable[0][1], "rest", 1.0))
            done = syllable[0][1]
        looks = _looks([phoneme for phoneme, _, _ in syllable])
        for (_, _, end), look in zip(syllable, looks, strict=True):
            stretches += _divided(done, max(done, end), look)
            done = max(done, end)
    if total > done:
        stretches.append(_Stretch(done, total, "rest", 1.0))
    return stretches


def _syllables(phonemes: Sequence[Phoneme], total: int) -> Iterator[list[tuple[Phoneme, int, int]]]:
    """Group (phoneme, start, end) by the unnamed phonemes that stand at word borders."""
    starts = [min(phoneme.start, total) for phoneme in phonemes]
    group: list[tuple[Phoneme, int, int]] = []
    for phoneme, start, end in zip(phonemes, starts, [*starts, total][1:], strict=True):
        if bare(phoneme.name):
            group.append((phoneme, start, end))
        elif group and not phoneme.name:
            yield group
            group = []
    if group:
        yield group


def _looks(syllable: list[Phoneme]) -> list[_Look]:
    names = [bare(phoneme.name) for phoneme in syllable]
    vowels = [i for i, name in enumerate(names) if sound(name).vowel]
    last = vowels[-1] if vowels else len(names)
    looks: list[_Look] = []
    # From the end, so that the velar of "khuya" finds the rounding of the glide behind it.
    for i in reversed(range(len(names))):
        if i > last:
            looks.append(_final(names[i], names[last], syllable[i].word))
        elif i == last or sound(names[i]).vowel:
            stressed = syllable[i].name.startswith("ˈ")
            looks.append(_Look(sound(names[i]).shapes, 1.0 if stressed else _UNSTRESSED, True))
        else:
            looks.append(_initial(names[i], looks[-1] if looks else None))
    return looks[::-1]


def _initial(name: str, following: _Look | None) -> _Look:
    shape = sound(name).shapes[0]
    if shape == "velar" and following:
        return _Look(following.shapes[:1], WEIGHTS["velar"])
    return _Look((shape,), WEIGHTS.get(shape, 1.0))


def _final(name: str, nucleus: str, word: str) -> _Look:
    shape = sound(name, final=True).shapes[0]
    if shape == "velar":
        # In the South "con" ends like "công" and leaves the lips alone; "hun" is as "hung".
        plain = word.endswith(("n", "t")) and nucleus not in ("u", "u-")
        if nucleus in _LABIAL_NUCLEI and not plain and not _LONG_O.search(word):
            shape = "closed"
        elif word.endswith("ch"):
            shape = "palatal"
    return _Look((shape,), WEIGHTS.get(shape, 1.0))


def _divided(start: float, end: float, look: _Look) -> Iterator[_Stretch]:
    step = (end - start) / len(look.shapes)
    for index, shape in enumerate(look.shapes):
        first = start + index * step
        yield _Stretch(first, first + step, shape, look.weight, look.vowel, len(look.shapes))


def _make_room(stretches: list[_Stretch], rate: int) -> None:
    """Lengthen what is too short to be seen at its neighbours' cost; none gives more than half."""
    for i, stretch in enumerate(stretches):
        missing = _shortest_s(stretch) * rate - stretch.length
        if missing <= 0 or stretch.shape == "rest":
            continue
        before = stretches[i - 1] if i else None
        after = stretches[i + 1] if i + 1 < len(stretches) else None
        if before:
            taken = min(missing, _spare(before, rate))
            before.end -= taken
            stretch.start -= taken
            missing -= taken
        if after and missing > 0:
            taken = min(missing, _spare(after, rate))
            after.start += taken
            stretch.end += taken


def _spare(stretch: _Stretch, rate: int) -> float:
    # In quick speech a closure still counts more than the width of its vowel.
    kept = max(stretch.length / 2, _SHORTEST.get(stretch.shape, _SHORTEST_S) * rate)
    return max(0.0, stretch.length - kept)


def _shortest_s(stretch: _Stretch) -> float:
    usual = _SHORTEST.get(stretch.shape, _SHORTEST_S)
    return max(usual, _SHORTEST_VOWEL_S / stretch.parts) if stretch.vowel else usual


def _levels(samples: FloatArray, rate: int) -> FloatArray:
    """Return the level of each 10 ms in dB below the loud ones (the 95th percentile)."""
    frame = round(_FRAME_S * rate)
    padded = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame)
    power = np.mean(np.square(padded), axis=1) + 1e-10
    loud = np.percentile(power, 95) if len(power) else 1.0
    return np.asarray(10 * np.log10(power / loud), np.float32)


def _loudness(levels: FloatArray, stretch: _Stretch, rate: int) -> float:
    first = int(stretch.start / (_FRAME_S * rate))
    stop = max(first + 1, int(stretch.end / (_FRAME_S * rate)))
    # Neither the neighbours that share its first and last frame nor its own fading decide.
    level = float(np.percentile(levels[first:stop], 75)) if first < len(levels) else _SILENT_DB
    return min(1.0, max(_FAINTEST, 1.0 + (level - _FULL_DB) / _SPAN_DB))
