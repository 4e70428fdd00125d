"""What was said, cut into sentences and clauses of whole words that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modules.memory.records import clean
from modules.memory.wording import is_bare, words

_WORD = re.compile(r"[^\W_]+")
# A full stop ends a sentence only before a space: "TP.HCM" and "12.5" stay whole.
_END = re.compile(r"[!?…\n;]+|\.+(?=\s|$)")
_CLAUSE = re.compile(r"[,:–—]|\s-\s")
_QUOTED = re.compile('["“”«»]([^"“”«»]*)["“”«»]')
_LONG_QUOTE = 4
"""Words in quotation marks from which on somebody else is speaking; fewer are a title."""


@dataclass(frozen=True)
class Token:
    """A word in lower case, where it stands in its sentence, and what precedes it there."""

    word: str
    start: int
    end: int
    capital: bool
    opens_clause: bool


@dataclass(frozen=True)
class Sentence:
    """A stretch of words of one sentence."""

    text: str
    tokens: tuple[Token, ...]
    asked: bool
    """A question mark ends it."""

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, part: slice) -> Sentence:
        return Sentence(self.text, self.tokens[part], self.asked)

    @property
    def words(self) -> list[str]:
        """The words as patterns see them: see `rules`."""
        return [f"{'^' if token.capital else ''}{token.word} " for token in self.tokens]

    @property
    def spaced(self) -> str:
        """The same as one string."""
        return "".join(self.words)

    @property
    def original(self) -> str:
        """The words as they were written, with what stands between them."""
        if not self.tokens:
            return ""
        return self.text[self.tokens[0].start : self.tokens[-1].end]

    @property
    def bare(self) -> bool:
        """Whether the whole sentence was typed without diacritics."""
        return is_bare(words(self.text))

    def clauses(self) -> list[Sentence]:
        """Return the parts between commas and dashes."""
        starts = [
            place for place, token in enumerate(self.tokens) if token.opens_clause or not place
        ]
        stops = [*starts[1:], len(self.tokens)]
        return [self[start:stop] for start, stop in zip(starts, stops, strict=True)]


def sentences(utterance: str) -> list[Sentence]:
    """Cut an utterance into sentences; those with somebody else's words in quotes are left out."""
    found = []
    start = 0
    text = clean(utterance.replace("\n", " ; "))
    for end in (*_END.finditer(text), None):
        stop = end.start() if end else len(text)
        sentence = _sentence(text[start:stop], asked="?" in end.group() if end else False)
        if sentence.tokens and not _quotes(sentence.text):
            found.append(sentence)
        start = end.end() if end else stop
    return found


def _sentence(text: str, *, asked: bool) -> Sentence:
    tokens: list[Token] = []
    last = 0
    shouted = text.isupper()
    for match in _WORD.finditer(text):
        capital = match.group()[0].isupper() and bool(tokens) and not shouted
        opens = bool(_CLAUSE.search(text[last : match.start()])) and bool(tokens)
        spelled = words(match.group())
        if spelled:
            tokens.append(Token(spelled[0], match.start(), match.end(), capital, opens))
            last = match.end()
    return Sentence(text, tuple(tokens), asked)


def _quotes(text: str) -> bool:
    return any(len(words(quote)) >= _LONG_QUOTE for quote in _QUOTED.findall(text))
