"""The gate between the language model and the voice: clause by clause, in the right pair."""

from __future__ import annotations

import unicodedata

from modules.messages import Dictionary, Pair, Region, Tone
from modules.persona.advice import advice
from modules.persona.dictionary import NO_WORDS
from modules.persona.edits import capital
from modules.persona.particles import opened_with_deference
from modules.persona.repair import mend
from modules.persona.slots import leans_on_next
from modules.persona.utterance import Utterance
from modules.persona.wording import Wording
from modules.text.clauses import ClauseSplitter
from modules.text.nfc import clean

_LOOK_BACK = 4
"""Words at the end of a clause that are looked at for a fixed expression."""
_OPEN_CLAUSES = 3
"""A quotation that is still open after this many clauses was never closed."""


class Guard:
    """Takes an answer as it is written and gives it in clauses that may be spoken.

    Each clause is mended for `pair`, then brought to the words of `region` and of the `tone`, and
    to those of the user's `dictionary`; without a region somebody's own way of writing stays as it
    is. The first one opens with dạ where a junior answers without any sign of respect, unless the
    `tone` is casual. No more than one clause is held back. `mended` counts the clauses that were
    changed, `left` the words that looked wrong but could not be mended safely.
    """

    def __init__(
        self,
        pair: Pair,
        region: Region | None = "north",
        tone: Tone = "friendly",
        dictionary: Dictionary = NO_WORDS,
    ) -> None:
        self.mended = 0
        self._told = (0, 0)
        self._doubtful = 0
        self._pair = pair
        self._region = region
        self._respectful = tone != "casual"
        self._wording = Wording(region, tone, dictionary)
        self._splitter = ClauseSplitter()
        self._first = True
        self._capital = False
        self._closer = ""
        self._open_for = 0
        self._carried = ""

    @property
    def left(self) -> int:
        """How many words looked wrong and stayed."""
        return self._doubtful + self._wording.left

    def counted(self) -> tuple[int, int]:
        """Return how many more clauses were `mended` and words `left` than at the last call."""
        mended, left = self.mended - self._told[0], self.left - self._told[1]
        self._told = (self.mended, self.left)
        return mended, left

    def push(self, delta: str) -> list[str]:
        """Take the next piece of the answer; return the clauses that are certain now."""
        whole = map(self._whole, self._splitter.push(delta))
        mended = [self._mend(clause) for clause in whole if clause]
        return [clause for clause in mended if clause]

    def finish(self) -> list[str]:
        """Take the answer as complete; return the clauses that were left."""
        *clauses, last = self._splitter.finish() or [""]
        whole = [*map(self._whole, clauses), self._carried + last]
        self._carried = ""
        given = [self._mend(clause) for clause in whole if clause]
        # An answer that is nothing but what does not suit ("Haha!") is still an answer.
        nothing = self._first and not any(given)
        return [clause for clause in (whole if nothing else given) if clause]

    def _whole(self, clause: str) -> str:
        """Move last words that lean on the next one ("bạn | bè") over to the next clause."""
        clause, self._carried = self._carried + clause, ""
        if clause.endswith("\n"):
            return clause
        words = clause.rsplit(maxsplit=_LOOK_BACK)[-_LOOK_BACK:]
        place = len(clause)
        while self._leans([unicodedata.normalize("NFC", word).lower() for word in words]):
            place = clause.rindex(words.pop(), 0, place)
        clause, self._carried = clause[:place], clause[place:]
        return clause

    def _leans(self, words: list[str]) -> bool:
        return leans_on_next(words) or self._wording.leans_on_next(words)

    def _mend(self, clause: str) -> str:
        """Return a clause (its trailing whitespace included) as it may be spoken, perhaps ""."""
        body = clean(clause)
        behind = clause[len(clause.rstrip()) :]
        gap = "\n" if "\n" in behind else behind[:1] and " "
        kept = self._wording.kept
        done = mend(body, self._pair, self._region, self._closer, foreign=True, kept=kept)
        text = self._wording.fit(done.text, self._closer)
        self._follow_quotation(done.closer)
        self._doubtful += done.left
        if not text:
            self._capital = self._capital or body[:1].isupper()
            self.mended += bool(body)
            return ""
        text = capital(text) if self._capital else text
        text = self._opened(text) if self._first else text
        self.mended += text != body
        self._first = self._capital = False
        return text + gap

    def _opened(self, text: str) -> str:
        if not self._respectful:
            return text
        answer, _ = Utterance.written(text)
        if advice(answer, self._pair)[1]:
            return text  # whoever speaks here is in doubt: no sign of respect makes it worse
        return opened_with_deference(text, answer, self._pair) or text

    def _follow_quotation(self, closer: str) -> None:
        self._open_for = self._open_for + 1 if closer else 0
        self._closer = closer if self._open_for <= _OPEN_CLAUSES else ""
