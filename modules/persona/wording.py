"""The words of an answer: its region's, its tone's, and the user's own, clause by clause."""

from __future__ import annotations

from modules.messages import Dictionary, Region, Tone
from modules.persona.dictionary import kept, replaced
from modules.persona.tone import ToneKeeper
from modules.persona.utterance import Utterance
from modules.text.region import leans_on_next, to_region

_LOOK_BACK = 4
"""Words of the clause before that may belong to a compound with the first of this one."""


class Wording:
    """Brings the clauses of one answer to a region and a tone, then to the user's own words.

    Without a region (somebody's own way of writing, which has words of its own) only the user's
    words count. `left` counts those that could not be exchanged, `kept` are those that no other
    rule may exchange.
    """

    def __init__(self, region: Region | None, tone: Tone, dictionary: Dictionary) -> None:
        self.left = 0
        self._region = region
        self._tone = ToneKeeper(tone)
        self._dictionary = dictionary
        self.kept = kept(dictionary)
        self._before = ""

    def fit(self, text: str, closer: str = "") -> str:
        """Return a clause in these words, "" where nothing of it is left to say.

        `closer` is the quotation mark that the text before left open.
        """
        said = text
        if self._region:
            masked = _masked(text, closer)
            text = to_region(text, self._region, masked, self.kept, self._before)
            text = self._tone.fit(text, _masked(text, closer))
        if text and self._dictionary.never:
            text, left = replaced(text, self._dictionary, _masked(text, closer))
            self.left += left
        self._before = _open_end(said)
        return text

    def leans_on_next(self, words: list[str]) -> bool:
        """Say whether the last of `words` may be one with the next: "bát | ngát"."""
        return self._region is not None and leans_on_next(words)


def _masked(text: str, closer: str) -> list[tuple[int, int]]:
    """Return the places of quotations and titles."""
    answer, _ = Utterance.written(text, closer)
    return [(token.start, token.end) for token in answer.tokens if token.masked]


def _open_end(text: str) -> str:
    """Return the last words of a clause that ends within its sentence, "" at the end of one."""
    if not text[-1:].isalnum():
        return ""
    return " ".join(text.split()[-_LOOK_BACK:])
