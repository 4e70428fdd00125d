"""The gate between the language model and the voice: clause by clause, in the right pair."""

from __future__ import annotations

from modules.messages import Pair, Region, Tone
from modules.persona.particles import opened_with_deference
from modules.persona.repair import mend
from modules.persona.utterance import Utterance
from modules.text.clauses import ClauseSplitter
from modules.text.nfc import clean

_OPEN_CLAUSES = 3
"""A quotation that is still open after this many clauses was never closed."""


class Guard:
    """Takes an answer as it is written and gives it in clauses that may be spoken.

    Each clause is mended for `pair` and for the particles of `region`. The first one opens with
    dạ where a junior answers without any sign of respect, unless the `tone` is casual. No more
    than one clause is held back. `mended` counts the clauses that were changed, `left` the words
    that looked wrong but could not be mended safely.
    """

    def __init__(self, pair: Pair, region: Region = "north", tone: Tone = "friendly") -> None:
        self.mended = 0
        self.left = 0
        self._pair = pair
        self._region: Region = region
        self._respectful = tone != "casual"
        self._splitter = ClauseSplitter()
        self._first = True
        self._closer = ""
        self._open_for = 0

    def push(self, delta: str) -> list[str]:
        """Take the next piece of the answer; return the clauses that are certain now."""
        return [self._mend(clause) for clause in self._splitter.push(delta)]

    def finish(self) -> list[str]:
        """Take the answer as complete; return the clauses that were left."""
        return [self._mend(clause) for clause in self._splitter.finish()]

    def _mend(self, clause: str) -> str:
        """Return a clause (its trailing whitespace included) as it may be spoken."""
        body = clean(clause)
        gap = (
            "\n" if "\n" in clause[len(clause.rstrip()) :] else " " if clause[-1:].isspace() else ""
        )
        done = mend(body, self._pair, self._region, self._closer)
        text = self._opened(done.text) if self._first else done.text
        self.mended += text != body
        self.left += done.left
        self._first = False
        self._follow_quotation(done.closer)
        return text + gap

    def _opened(self, text: str) -> str:
        if not self._respectful:
            return text
        answer, _ = Utterance.written(text)
        return opened_with_deference(text, answer, self._pair) or text

    def _follow_quotation(self, closer: str) -> None:
        self._open_for = self._open_for + 1 if closer else 0
        self._closer = closer if self._open_for <= _OPEN_CLAUSES else ""
