"""Past messages of the user, masked, and those that fit what is said now.

The vectors come from whoever asks (the memory stage's embedding): this package knows none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import heappush, heapreplace

import numpy as np

from modules.messages import FloatArray
from modules.persona.style.masking import is_secret, mask, masked_share
from modules.persona.style.rules import table
from modules.persona.style.tokens import phrases_in, words_of

Embed = Callable[[list[str]], FloatArray]
"""Texts to vectors of length 1, float32 [n, d]."""

MOST = 400
"""Exemplars of one user: 1.6 MB of vectors with the embedded embedding."""
_FEWEST_WORDS, _MOST_WORDS = 3, 40
_MOST_CHARACTERS = 300
_MOST_MASKED = 0.34
_OWN_WEIGHT = 0.35
"""How much it counts that the message itself fits, beside what it answered."""
_CURSES = frozenset(table("habits")["profanity"]["words"])


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A masked message of the user, and what it answered ("" where nothing went before)."""

    text: str
    said_to: str = ""


class Sample:
    """Keeps an even sample of a stream of messages: those with the smallest hashes, each once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heap: list[tuple[int, Exemplar]] = []
        self._held: set[str] = set()

    def add(self, text: str, said_to: str = "", names: Iterable[str] = ()) -> None:
        """Consider a message; it is masked before it is kept."""
        digest = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        full = len(self._heap) >= self._most
        if (full and -digest <= self._heap[0][0]) or not is_fit(text):
            return
        if is_secret(text) or is_secret(said_to):
            return
        known = tuple(names)
        masked = " ".join(mask(text, known).split())
        if masked in self._held or masked_share(masked) > _MOST_MASKED:
            return
        asked = " ".join(mask(said_to[:_MOST_CHARACTERS], known).split())
        self._held.add(masked)
        item = (-digest, Exemplar(masked, asked))
        if full:
            self._held.discard(heapreplace(self._heap, item)[1].text)
        else:
            heappush(self._heap, item)

    def found(self) -> list[Exemplar]:
        """Return the sample, in an order of its own that is always the same."""
        return [exemplar for _, exemplar in sorted(self._heap, key=lambda item: -item[0])]


class Exemplars:
    """The exemplars of one user with their vectors."""

    def __init__(self, exemplars: Sequence[Exemplar], embed: Embed) -> None:
        self.all = tuple(exemplars)
        texts = [exemplar.text for exemplar in self.all]
        # Where nothing was answered the message stands for it.
        asked = [exemplar.said_to or exemplar.text for exemplar in self.all]
        self._own = embed(texts) if texts else np.zeros((0, 1), np.float32)
        self._asked = embed(asked) if asked else np.zeros((0, 1), np.float32)
        self._embed = embed

    def fitting(self, said: str, most: int = 4) -> list[Exemplar]:
        """Return the messages that best show how the user would answer `said`, best first."""
        if not self.all:
            return []
        query = self._embed([said])[0]
        scores = (1 - _OWN_WEIGHT) * (self._asked @ query) + _OWN_WEIGHT * (self._own @ query)
        # One without a label serves better than one with holes.
        scores -= np.array([0.1 * ("[" in exemplar.text) for exemplar in self.all], np.float32)
        order = np.argsort(-scores, kind="stable")[:most]
        return [self.all[place] for place in order]


def is_fit(text: str) -> bool:
    """Tell whether a message shows how somebody writes: neither a word nor an essay, no curses."""
    if len(text) > _MOST_CHARACTERS or "\n" in text:
        return False
    forms = words_of(text)
    if not _FEWEST_WORDS <= len(forms) <= _MOST_WORDS:
        return False
    curses = phrases_in("habits", "profanity")
    return not any(curses.at(forms, place) for place in range(len(forms)))
