"""Cuts a growing text into clauses that can be spoken as soon as they are certain.

Every decision depends on the text alone, never on how it was cut into deltas: a place is judged
only once the word before it, the whitespace behind it, and as much as matters of the next word
have arrived. What is held back is at most one clause and one word.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from modules.text.syllables import count_syllables

_DATA = tomllib.loads(Path(__file__).with_name("clauses.toml").read_text(encoding="utf-8"))
_CONJUNCTIONS = frozenset(phrase for phrase in _DATA["conjunctions"] if " " not in phrase)
_LONG_CONJUNCTIONS = frozenset(phrase for phrase in _DATA["conjunctions"] if " " in phrase)
_CLINGING = frozenset(_DATA["clinging"])
_TITLES = frozenset(_DATA["titles"])
_OPEN_ENDED = frozenset(_DATA["open_ended"])

_STRONG = frozenset(".!?…;:。！？；：")
_SOFT = frozenset(",，、–—-")
_CLOSERS = "\"'”’»)]}*_`"
_PUNCTUATION = "".join(_STRONG | _SOFT)
_AROUND = _PUNCTUATION + _CLOSERS + "“‘«(["
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "„": "“"}

QUOTE_WORDS = 8
"""A quotation of at most this many words is never cut."""
WORD_CHARACTERS = 240
"""Longer runs without a space (a line of base64, say) are cut here, to bound what is held."""
_SOFT_SHARE = 0.4
"""A clause this full (of its limit) may end at a comma or a dash."""
_LOOK_BACK = 4
"""Words that the last resort, a cut at a space, may step back to find a better space."""

_WORD = re.compile(r"(\S+)(\s*)")


@dataclass(slots=True)
class _Word:
    text: str
    gap: str
    syllables: int
    speakable: bool
    quoted: bool = False  # the place behind it lies within a short quotation

    @property
    def core(self) -> str:
        """The word in lower case, without punctuation around it."""
        return unicodedata.normalize("NFC", self.text.strip(_AROUND)).casefold()

    @property
    def title(self) -> bool:
        """True for an abbreviation that what follows belongs to, such as "TP."."""
        return self.text.endswith(".") and self.core in _TITLES


class ClauseSplitter:
    """Gives whole clauses of a text that arrives piece by piece.

    The first clause has at most `first_syllables`, so that speech starts early; the others at most
    `syllables`. Only one word, or one short quotation, may be longer. The clauses joined are the
    text, and none of them is punctuation alone unless the whole text is.
    """

    def __init__(self, first_syllables: int = 12, syllables: int = 25) -> None:
        self._first_limit = first_syllables
        self._later_limit = syllables
        self._reset()

    def _reset(self) -> None:
        self._limit = self._first_limit
        self._tail: list[str] = []  # what may still grow: the last word, and whitespace behind it
        self._lead = ""  # whitespace before the first word
        self._quote: list[_Word] = []  # words since a quotation mark that was not closed yet
        self._closer = ""
        self._settled: list[_Word] = []  # at most one, waiting for its successor
        self._clause: list[_Word] = []
        self._syllables = 0
        self._due = ""  # a break that waits for the punctuation behind it: "strong" or "soft"

    def push(self, delta: str) -> list[str]:
        """Take the next piece of text; return the clauses that are certain now."""
        clauses: list[str] = []
        self._tail.append(delta)
        if not delta.strip():
            return clauses  # whitespace completes nothing, and joining it each time is quadratic
        for word in self._complete_words():
            self._quote_or_settle(word, clauses)
        following = self._tail[0][:1]
        if following.isalnum() and not self._quote:
            # The next word is known to be one: what waits for that need not wait for all of it.
            self._judge_settled(following, clauses)
        return clauses

    def finish(self) -> list[str]:
        """Take the text as complete; return the clauses that were left, and start anew."""
        clauses: list[str] = []
        for text, gap in _WORD.findall("".join(self._tail)):
            self._quote_or_settle(_make_word(text, gap), clauses)
        self._settle_quote(quoted=False, clauses=clauses)
        self._judge_settled("", clauses)
        self._emit(len(self._clause), clauses)
        self._reset()
        return clauses

    def _complete_words(self) -> list[_Word]:
        """Take the words off the tail that a following word has completed."""
        words: list[_Word] = []
        tail = "".join(self._tail)
        start = len(tail) - len(tail.lstrip())  # only before the first word of the text
        self._lead += tail[:start]
        for match in _WORD.finditer(tail, start):
            text, gap = match.groups()
            while len(text) > WORD_CHARACTERS:
                words.append(_make_word(text[:WORD_CHARACTERS], ""))
                text, start = text[WORD_CHARACTERS:], start + WORD_CHARACTERS
            if match.end() == len(tail):
                break
            words.append(_make_word(text, gap))
            start = match.end()
        self._tail = [tail[start:]]
        return words

    def _quote_or_settle(self, word: _Word, clauses: list[str]) -> None:
        """Hold words back while it is open whether they stand in a short quotation."""
        if not self._quote:
            self._closer = _opened(word.text)
            if not self._closer:
                self._settle(word, clauses)
                return
        self._quote.append(word)
        if word.text.rstrip(_PUNCTUATION).endswith(self._closer) and (
            len(self._quote) > 1 or _closes_itself(word.text, self._closer)
        ):
            self._settle_quote(quoted=True, clauses=clauses)
        elif len(self._quote) > QUOTE_WORDS:
            self._settle_quote(quoted=False, clauses=clauses)

    def _settle_quote(self, *, quoted: bool, clauses: list[str]) -> None:
        words, self._quote = self._quote, []
        for word in words[:-1]:
            word.quoted = quoted
        for word in words:
            self._settle(word, clauses)

    def _settle(self, word: _Word, clauses: list[str]) -> None:
        self._judge_settled(word.text[0] if word.speakable else "-", clauses)
        self._settled.append(word)

    def _judge_settled(self, following: str, clauses: list[str]) -> None:
        """Add the waiting word to the clause and end the clause behind it, where that is right.

        `following` is the first character of the next word, "-" for one of punctuation only, ""
        at the end of the text.
        """
        if not self._settled:
            return
        word = self._settled.pop()
        while self._syllables and self._syllables + word.syllables > self._limit:
            cut = self._best_cut(word)
            if not cut:
                break
            self._emit(cut, clauses)
        self._clause.append(word)
        self._syllables += word.syllables
        self._due = _stronger(self._due if not word.speakable else "", self._strength(following))
        if following == "-" or word.quoted or not self._syllables:
            return
        if self._due == "strong" or (
            self._due == "soft" and self._syllables >= self._limit * _SOFT_SHARE
        ):
            self._emit(len(self._clause), clauses)

    def _strength(self, following: str) -> str:
        """Say how the last word of the clause ends: "strong", "soft" or ""."""
        word = self._clause[-1]
        if "\n" in word.gap:
            return "strong"
        ending = word.text.rstrip(_CLOSERS)[-1:]
        if ending in _STRONG and not self._abbreviated(following):
            return "strong"
        return "soft" if ending in _SOFT and word.gap else ""

    def _abbreviated(self, following: str) -> bool:
        """Say whether the full stop of the last word belongs to the word."""
        word = self._clause[-1]
        bare = word.text.rstrip(_CLOSERS)
        if not bare.endswith(".") or bare.endswith("..") or not following:
            return False
        core = word.core
        if core in _OPEN_ENDED:
            return not following.isupper()
        if core in _TITLES:
            return following.isupper() or following.isdecimal()
        before = self._clause[-2].text if len(self._clause) > 1 else ""
        if len(core) == 1 and core.isalpha():
            return word.text[0].isupper() and before[:1].isupper()  # the A. of "Nguyễn A. Tuấn"
        # The 1. of a list is not a sentence.
        return core.isdecimal() and not any(other.speakable for other in self._clause[:-1])

    def _best_cut(self, word: _Word) -> int:
        """Return how many words of the clause to give where `word` does not fit any more.

        0 means that no place is allowed.
        """
        words = [*self._clause, word]
        allowed = [
            index
            for index in range(1, len(words))
            if words[index].speakable and not words[index - 1].quoted and not words[index - 1].title
        ]
        spoken = 0
        counts = [spoken := spoken + each.syllables for each in words]
        filled = [index for index in allowed if counts[index - 1] >= self._limit * _SOFT_SHARE]
        for index in reversed(filled):
            if _begins_conjunction(words, index):
                return index
        for index in reversed(allowed):
            if counts[index - 1] > 1 and words[index - 1].text[-1] in _SOFT:
                return index
        near = [index for index in filled if index >= len(words) - 1 - _LOOK_BACK]
        for index in reversed(near):
            if _loose(words[index - 1], words[index]):
                return index
        return next((index for index in reversed(allowed) if counts[index - 1]), 0)

    def _emit(self, count: int, clauses: list[str]) -> None:
        if not count:
            return
        given, self._clause = self._clause[:count], self._clause[count:]
        clauses.append(self._lead + "".join(word.text + word.gap for word in given))
        self._lead = ""
        self._limit = self._later_limit
        self._syllables = sum(word.syllables for word in self._clause)
        self._due = ""


def _make_word(text: str, gap: str) -> _Word:
    speakable = any(map(str.isalnum, text))
    return _Word(text, gap, count_syllables(text) if speakable else 0, speakable)


def _opened(text: str) -> str:
    """Return the mark that closes the quotation which `text` opens, or ""."""
    start = text.lstrip("([")[:1]
    return _QUOTES.get(start, "")


def _closes_itself(text: str, closer: str) -> bool:
    return closer in text.lstrip("([")[1:]


def _stronger(one: str, other: str) -> str:
    return "strong" if "strong" in (one, other) else one or other


def _begins_conjunction(words: list[_Word], index: int) -> bool:
    first = words[index].core
    if first in _CONJUNCTIONS:
        # Not between two: "vì khi" and "và nếu" stay together.
        return words[index - 1].core not in _CONJUNCTIONS
    following = words[index + 1].core if index + 1 < len(words) else ""
    return f"{first} {following}" in _LONG_CONJUNCTIONS


def _loose(before: _Word, after: _Word) -> bool:
    """Say whether two words may be spoken apart: not "của | anh", "5 | triệu", "Văn | An"."""
    names = before.text[:1].isupper() and after.text[:1].isupper()
    return not names and before.core not in _CLINGING and not before.text[-1:].isdecimal()
