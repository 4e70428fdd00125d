"""A text in passages that can be found and shown by themselves: whole sentences, one page each.

A passage has about 150 syllables. It never crosses a page, so that its page number is exact, nor a
heading; it repeats the last sentence of the one before it, so that what stands on the border is
found in context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FEWEST, ENOUGH, MOST = 60, 150, 200
"""Syllables: a paragraph's end is a border from `ENOUGH` on, a page's end always; `FEWEST` keeps a
short paragraph together with the next."""
OVERLAP = 40
"""Syllables of the longest sentence that is repeated."""

_BORDER = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"”»)]))\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a heading of a document; `page` is 0 where pages are not known."""

    text: str
    page: int = 0
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document, and where it stands in it."""

    text: str
    page: int = 0
    heading: str = ""


@dataclass
class _Open:
    """The passage that is being filled."""

    page: int = 0
    heading: str = ""
    sentences: list[str] = field(default_factory=list)
    syllables: int = 0
    fresh: int = 0
    """Syllables that are not repeated from the one before."""

    def add(self, sentence: str, *, repeated: bool = False) -> None:
        size = len(sentence.split())
        self.sentences.append(sentence)
        self.syllables += size
        self.fresh += 0 if repeated else size

    def close(self) -> Passage:
        return Passage(" ".join(self.sentences), self.page, self.heading)

    def followed(self) -> _Open:
        """Return the next one of the same section, begun with the last sentence of this one."""
        after = _Open(self.page, self.heading)
        if self.sentences and len(self.sentences[-1].split()) <= OVERLAP:
            after.add(self.sentences[-1], repeated=True)
        return after


def passages_of(blocks: Iterable[Block]) -> Iterator[Passage]:
    """Cut a document into passages."""
    now = _Open()
    for block in blocks:
        if block.heading or (block.page != now.page and now.fresh):
            if now.fresh:
                yield now.close()
            now = _Open() if block.heading else now.followed()
        now.page = block.page
        if block.heading:
            now.heading = block.text
            continue
        for sentence in _sentences(block.text):
            if now.fresh and now.syllables + len(sentence.split()) > MOST:
                yield now.close()
                now = now.followed()
            now.add(sentence)
        if now.syllables >= ENOUGH and now.fresh >= FEWEST:
            yield now.close()
            now = now.followed()
    if now.fresh:
        yield now.close()
    elif now.heading and not now.sentences:
        yield Passage(now.heading, now.page, now.heading)


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a passage."""
    return [each for each in _BORDER.split(text.strip()) if each]


def _sentences(text: str) -> Iterator[str]:
    """Yield sentences of at most half a passage: a list without a full stop is cut."""
    longest = MOST // 2
    for sentence in sentences_of(text):
        words = sentence.split()
        for start in range(0, len(words), longest):
            yield " ".join(words[start : start + longest])
