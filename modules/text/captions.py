"""Which words of a text are heard when: from the times of what is read to what is shown.

What is read ("bảy giờ ba mươi") is not what is shown ("7h30"). Every shown word is given the words
that read it: an order-keeping division of the one into the other, the cheapest by how well each
shown word is read by its part. Equal words cost nothing and hold the others in place; what lies
between them is divided by how each word would be read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modules.messages import SPEECH_RATE, SpokenWord
from modules.text.syllables import count_syllables, is_vietnamese_syllable

Read = Callable[[str], str]
"""Gives a word as it is read aloud by itself."""

_READ_WORD = re.compile(r"[^\W_]+")
_MISREAD, _EACH = 0.5, 0.5
"""Cost of a word that is not read as expected, and of each word too many or too few in it."""
_NEVER = float("inf")
_MOST_STEPS = 40_000
"""Larger divisions (a page of digits) are made by length alone."""
_SYLLABLE = round(0.22 * SPEECH_RATE)
"""What a syllable takes where nobody says when it is said."""
_WHOLE = 0.6
"""Speech this near to what a clause should take is taken for all of it."""


@dataclass(frozen=True, slots=True)
class Share:
    """Shown words that are read together, and how many words read them."""

    shown: tuple[str, ...]
    read: int


def shown_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are shown; joined by blanks they are the text.

    Punctuation and pictures that stand alone go with the word before them, or else the first word.
    """
    words: list[str] = []
    waiting = ""
    for part in text.split():
        if any(character.isalnum() for character in part):
            words.append(f"{waiting} {part}".lstrip())
            waiting = ""
        elif words:
            words[-1] += f" {part}"
        else:
            waiting = f"{waiting} {part}".lstrip()
    return (*words, waiting) if waiting else tuple(words)


def divided(text: str, spoken: str, read: Read) -> tuple[Share, ...]:
    """Return which words of `text` are read by how many words of `spoken`, all of both, in order.

    A word that is not read at all (a script that the voice cannot say) shares the time of the one
    before it, or else of the next.
    """
    shown = shown_words(text)
    said = [word.casefold() for word in read_words(spoken)]
    if not shown:
        return ()
    plain = [_plain(word) for word in shown]
    first = _equal(plain, said)
    last = _equal(plain[first:][::-1], said[first:][::-1])
    inner = slice(first, len(shown) - last)
    counts = [1] * first
    counts += _division(shown[inner], said[first : len(said) - last], read)
    return _shares(shown, counts + [1] * last)


def read_words(spoken: str) -> list[str]:
    """Return the words of what is read aloud, without its punctuation."""
    return _READ_WORD.findall(spoken)


class Captions:
    """The shown words of one clause, as its speech comes in."""

    def __init__(self, text: str, spoken: str, read: Read) -> None:
        self._said = [word.casefold() for word in read_words(spoken)]
        self._shares = divided(text, spoken, read)
        ends = [0]
        for share in self._shares:
            ends.append(ends[-1] + share.read)
        self._ends = ends[1:]
        self._at = 0  # words of `_said` that were heard so far
        self._given = 0  # shares that were given so far

    def take(self, words: Sequence[SpokenWord], samples: int) -> tuple[SpokenWord, ...]:
        """Return the shown words that begin in the next piece of speech, with their times.

        `words` are the spoken ones of the piece, which has `samples` samples. Speech without any
        word is given what it would take to say them; silence before the first word none.
        """
        if not words:
            return self._estimated(samples) if samples and not self._at else ()
        heard: list[tuple[int, int, int]] = []  # share, start, end
        for word in words:
            share = self._share_of(word)
            if heard and heard[-1][0] == share:
                heard[-1] = (share, heard[-1][1], word.end)
            else:
                heard.append((share, word.start, word.end))
        found: list[SpokenWord] = []
        for share, start, end in heard:
            if share < self._given:
                continue  # begun in the piece before
            # What was skipped is not lost: it comes with what is heard.
            shown = [w for skipped in self._shares[self._given : share + 1] for w in skipped.shown]
            found += _spread(shown, start, end)
            self._given = share + 1
        return tuple(found)

    def rest(self, at: int) -> tuple[SpokenWord, ...]:
        """Return the words that nobody said, all at sample `at`."""
        shown = [word for share in self._shares[self._given :] for word in share.shown]
        self._given = len(self._shares)
        return tuple(SpokenWord(at, at, word) for word in shown)

    def _share_of(self, word: SpokenWord) -> int:
        """Return the number of the share that a spoken word belongs to, and go on to the next."""
        for part in read_words(word.text.casefold()):
            if part in self._said[self._at :]:
                self._at = self._said.index(part, self._at) + 1
        place = max(0, self._at - 1)
        return next((i for i, end in enumerate(self._ends) if place < end), len(self._ends) - 1)

    def _estimated(self, samples: int) -> tuple[SpokenWord, ...]:
        shown = [word for share in self._shares for word in share.shown]
        usual = _SYLLABLE * len(self._said)
        self._at, self._given = len(self._said), len(self._shares)
        return tuple(_spread(shown, 0, samples if samples > _WHOLE * usual else usual))


def _spread(shown: Sequence[str], start: int, end: int) -> list[SpokenWord]:
    """Divide a stretch of time among words, by their syllables."""
    weights = [max(1, count_syllables(word)) for word in shown]
    found, passed, total = [], 0, sum(weights)
    for word, weight in zip(shown, weights, strict=True):
        begin, passed = start + (end - start) * passed // total, passed + weight
        found.append(SpokenWord(begin, start + (end - start) * passed // total, word))
    return found


def _shares(shown: Sequence[str], counts: Sequence[int]) -> tuple[Share, ...]:
    """Join words that nothing reads with the one before them, or else with the next."""
    found: list[Share] = []
    for word, count in zip(shown, counts, strict=True):
        if found and (not count or not found[-1].read):
            found[-1] = Share((*found[-1].shown, word), found[-1].read + count)
        else:
            found.append(Share((word,), count))
    return tuple(found)


def _division(shown: Sequence[str], said: Sequence[str], read: Read) -> list[int]:
    """Return how many words of `said` read each shown word, at the least cost."""
    if len(shown) <= 1:
        return [len(said)] * len(shown)
    expected = [_expected(word, read) for word in shown]
    if len(shown) * len(said) ** 2 > _MOST_STEPS:
        return _by_length([max(1, len(words)) for words in expected], len(said))
    # best[j]: the least cost of reading the words so far by said[:j], and how it came about.
    best = [0.0] + [_NEVER] * len(said)
    came_from: list[list[int]] = []
    for words in expected:
        steps = [_best_step(best, words, said[:j]) for j in range(len(best))]
        best = [cost for cost, _ in steps]
        came_from.append([origin for _, origin in steps])
    counts: list[int] = []
    end = len(said)
    for origins in reversed(came_from):
        counts.append(end - origins[end])
        end = origins[end]
    return counts[::-1]


def _best_step(
    best: Sequence[float], expected: Sequence[str], said: Sequence[str]
) -> tuple[float, int]:
    """Return the least cost of reading one more word by the end of `said`, and where it begins."""
    least, origin = _NEVER, 0
    exact = len(said) - len(expected)
    for begin in sorted(range(len(said) + 1), key=lambda place: abs(place - exact)):
        # With so many words too many or too few it costs this much at least.
        missing = _EACH * abs(begin - exact)
        if missing >= least:
            break
        if best[begin] + missing < least:
            cost = best[begin] + _cost(expected, said[begin:])
            if cost < least:
                least, origin = cost, begin
    return least, origin


def _cost(expected: Sequence[str], part: Sequence[str]) -> float:
    if list(expected) == list(part):
        return 0.0
    others = list(part)
    missing = 0
    for word in expected:
        if word in others:
            others.remove(word)
        else:
            missing += 1
    return _MISREAD + _EACH * (missing + len(others))


def _expected(word: str, read: Read) -> list[str]:
    plain = _plain(word)
    if is_vietnamese_syllable(plain):
        return [plain]
    return [part.casefold() for part in read_words(read(word))]


def _by_length(weights: Sequence[int], total: int) -> list[int]:
    passed, whole, counts = 0, sum(weights), []
    for weight in weights:
        before, passed = passed, passed + weight
        counts.append(total * passed // whole - total * before // whole)
    return counts


def _plain(word: str) -> str:
    """Return a shown word as a spoken one would be written: small, without what surrounds it."""
    parts = _READ_WORD.findall(word.casefold())
    return parts[0] if len(parts) == 1 else word


def _equal(shown: Sequence[str], said: Sequence[str]) -> int:
    """Return how many words the two begin with in common; one is left to be divided."""
    count = 0
    for a, b in zip(shown, said, strict=False):
        if a != b:
            break
        count += 1
    return count
