"""Brings the words of a text to one region: whole words only, and only where that is certain.

Every place of a word is judged: compounds, names and sayings of any row protect what they overlap;
a word that is also another word is swapped in the places that its row names and nowhere else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from modules.messages import Region
from modules.text.edits import Edit, apply, in_case_of
from modules.text.region.places import Place, place
from modules.text.region.rows import ROWS, Row
from modules.text.region.words import Word, has_case, words_of

Phrase = tuple[str, ...]
_REGIONS: tuple[Region, ...] = ("north", "central", "south")


@dataclass(frozen=True, slots=True)
class _Source:
    """A word or phrase that some region says, and what each region writes instead."""

    forms: Phrase
    own: frozenset[Region]
    written: tuple[str, str, str]
    places: tuple[Place, ...] | None
    """None: wherever it is a word of its own."""
    phrase: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    sources: dict[str, tuple[_Source, ...]]
    """By their first word, the longest first."""
    kept: dict[str, tuple[Phrase, ...]]
    names: dict[str, tuple[Phrase, ...]]
    leaning: frozenset[Phrase]
    """Beginnings of what is longer."""


def to_region(
    text: str,
    region: Region,
    masked: Sequence[tuple[int, int]] = (),
    keep: Sequence[str] = (),
    before: str = "",
) -> str:
    """Return a text (then NFC) in the words of a region: rows R and Y of the tables.

    `masked` are places that must not be touched, `keep` words of the user's own that stay as they
    are. `before` is what was said before in the same sentence, where the text goes on within one.
    Capitals stay as they are.
    """
    text = unicodedata.normalize("NFC", text)
    lead = f"{before} " if before else ""
    shift = len(lead)
    whole = lead + text
    moved = [(first + shift, last + shift) for first, last in masked]
    words = words_of(whole, moved, inside=bool(lead))
    edits = [edit for edit in _edits(words, whole, region, keep) if edit.start >= shift]
    return apply(whole, edits)[shift:] if edits else text


def leans_on_next(words: Sequence[str]) -> bool:
    """Say whether the last word may belong to a longer one with the next: "bát | ngát".

    `words` are the last of a piece of text, in lower case.
    """
    leaning = _tables().leaning
    return any(tuple(words[-count:]) in leaning for count in (1, 2, 3) if count <= len(words))


def _edits(words: Sequence[Word], text: str, region: Region, keep: Sequence[str]) -> Iterator[Edit]:
    tables = _tables()
    protected = _protected(words, tables, has_case(text), keep)
    index = 0
    while index < len(words):
        source = _longest(tables.sources.get(words[index].form, ()), words, index)
        if source is None:
            index += 1
            continue
        end = index + len(source.forms)
        if _swapped(source, words, index, end, region) and not _touched(protected, index, end):
            said = source.written[_REGIONS.index(region)]
            original = text[words[index].start : words[end - 1].end]
            yield Edit(words[index].start, words[end - 1].end, in_case_of(original, said))
        index = end


def _swapped(source: _Source, words: Sequence[Word], start: int, end: int, region: Region) -> bool:
    if region in source.own or any(word.frozen for word in words[start:end]):
        return False
    if source.places is None:
        return True
    return any(each.holds(words, start, end) for each in source.places)


def _longest(sources: Sequence[_Source], words: Sequence[Word], at: int) -> _Source | None:
    for source in sources:
        if tuple(word.form for word in words[at : at + len(source.forms)]) == source.forms:
            return source
    return None


def _protected(
    words: Sequence[Word], tables: _Tables, cased: bool, keep: Sequence[str]
) -> list[tuple[int, int]]:
    """Return the places of compounds, names and sayings."""
    own = _by_first(tuple(_forms(each) for each in keep))
    forms = [word.form for word in words]
    found: list[tuple[int, int]] = []
    for index, form in enumerate(forms):
        for table, named in ((tables.kept, False), (tables.names, cased), (own, False)):
            for phrase in table.get(form, ()):
                end = index + len(phrase)
                if tuple(forms[index:end]) == phrase and not (
                    named and not all(word.capital for word in words[index:end])
                ):
                    found.append((index, end))
    return found


def _touched(protected: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Say whether something protected overlaps a word; a part of it alone does not count."""
    return any(
        first < end
        and start < last
        and (last - first >= end - start or first < start or end < last)
        for first, last in protected
    )


@cache
def _tables() -> _Tables:
    found = [source for row in ROWS for source in _sources(row)]
    sources = sorted(found, key=lambda source: (-len(source.forms), source.phrase))
    kept = [phrase for row in ROWS for phrase in row.keep]
    names = [_forms(each) for each in kept if each != each.lower()]
    plain = [_forms(each) for each in kept if each == each.lower()]
    longer = {*names, *plain, *(source.forms for source in sources)}
    return _Tables(
        sources=_joined(sources),
        kept=_by_first(tuple(plain)),
        names=_by_first(tuple(names)),
        leaning=frozenset(each[:count] for each in longer for count in range(1, len(each))),
    )


def _sources(row: Row) -> Iterator[_Source]:
    if row.swap == "P":
        return
    said = tuple(row.said(region) for region in _REGIONS)
    groups = [(said, (said[0][0], said[1][0], said[2][0]), False)]
    groups += [(tuple((each,) for each in phrase), phrase, True) for phrase in row.phrases]
    for forms, written, phrase in groups:
        for word in dict.fromkeys(each for region in forms for each in region):
            own = frozenset(r for r, each in zip(_REGIONS, forms, strict=True) if word in each)
            places = tuple(map(place, row.where[word])) if word in row.where else None
            if row.swap == "N":  # a word to be seen whole, never to be changed
                places = ()
            yield _Source(_forms(word), own, written, places, phrase)


def _joined(sources: Sequence[_Source]) -> dict[str, tuple[_Source, ...]]:
    found: dict[str, list[_Source]] = {}
    for source in sources:
        found.setdefault(source.forms[0], []).append(source)
    return {first: tuple(each) for first, each in found.items()}


def _by_first(phrases: Sequence[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        if phrase:
            found.setdefault(phrase[0], []).append(phrase)
    return {first: tuple(each) for first, each in found.items()}


def _forms(phrase: str) -> Phrase:
    return tuple(phrase.lower().split())
