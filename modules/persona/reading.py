"""Takes an utterance apart: words in canonical spelling, marks, and what must not be read.

Recognised speech has no capitals and no marks; chat has short forms ("e gui a") and often no tone
marks. `read` gives every word the form that the rules know, with its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from modules.persona.data import table
from modules.persona.marks import GUESS_BONUS, SURE_BONUS, lines, with_marks
from modules.text.nfc import has_diacritics, strip_diacritics
from modules.text.syllables import is_bare_syllable

Kind = Literal["word", "number", "mark", "line", "link"]

_CHUNK = re.compile(r"\n|[^\s]+")
_PIECE = re.compile(r"\d+(?:[.,:/]\d+)*[^\W_]*|[^\W\d_]+|[^\w\s]|_")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
"""A letter that is drawn out: "ơiiii"."""
_LINK = re.compile(r"(?:https?://|www\.)|[^@]@[^@]")

_SPELLING = table("spelling")


def _restorable() -> dict[str, str]:
    """Return the words of the cues by their spelling without marks, where that tells them apart."""
    marked: dict[str, set[str]] = {}
    for section in table("cues").values():
        for entries in section.values():
            for word in " ".join(entries).split() if isinstance(entries, list) else ():
                marked.setdefault(strip_diacritics(word), set()).add(word)
    return {bare: words.pop() for bare, words in marked.items() if len(words) == 1}


_CHAT: Mapping[str, str] = _SPELLING["chat"]
_FINAL: Mapping[str, str] = _SPELLING["final"]
_BARE: Mapping[str, str] = {**_restorable(), **_SPELLING["bare"]}
_AMOUNTS = frozenset(_SPELLING["amount"]["before"])
_LETTER_BEHIND = frozenset(_SPELLING["letter"]["behind"])
_OBJECT_BEHIND = frozenset(_SPELLING["object"]["behind"])
_IN_FULL = frozenset(strip_diacritics(name) for name in ("em", "con", "cháu"))
_PLAUSIBLE = 0.6
"""Share of words that must look Vietnamese before a text without marks is read as Vietnamese."""


@dataclass(slots=True)
class Token:
    """A word or a mark. `form` is its canonical spelling in lower case; `start` and `end` are
    places in the text. A `masked` word is part of a quotation, a title or a link.
    """

    text: str
    form: str
    start: int
    end: int
    kind: Kind
    masked: bool = False

    @property
    def capital(self) -> bool:
        """True where the word begins with a capital letter."""
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class _Either:
    """A word without marks that may be a term, and where it is."""

    term: str
    behind: frozenset[str]
    before: frozenset[str]
    together: frozenset[str]
    first: bool
    last_behind: frozenset[str]
    never_behind: frozenset[str]
    never_before: frozenset[str]

    def holds(self, before: str, after: str, everything: frozenset[str], *, first: bool) -> bool:
        if before in self.never_behind or after in self.never_before:
            return False
        return (
            before in self.behind
            or (not after and before in self.last_behind)
            or after in self.before
            or not self.together.isdisjoint(everything)
            or (first and self.first)
        )


def _eithers() -> dict[str, list[_Either]]:
    found: dict[str, list[_Either]] = {}
    for entry in _SPELLING["either"]:
        lists = {
            key: frozenset(entry.get(key, ()))
            for key in ("behind", "before", "last_behind", "never_behind", "never_before")
        }
        either = _Either(
            term=entry["term"],
            together=frozenset(entry.get("with", ())),
            first=entry.get("first", False),
            **lists,
        )
        found.setdefault(entry["word"], []).append(either)
    return found


_EITHER = _eithers()


def tokenize(text: str) -> list[Token]:
    """Return the words and marks of `text`, each in lower case and not yet respelled."""
    tokens: list[Token] = []
    for chunk in _CHUNK.finditer(text):
        whole, offset = chunk.group(), chunk.start()
        if whole == "\n":
            tokens.append(Token(whole, whole, offset, offset + 1, "line"))
        elif _LINK.search(whole):
            link = whole.rstrip(".,!?;:)]}\"'”’»")
            end = offset + len(link)
            tokens.append(Token(link, "", offset, end, "link", masked=True))
            tokens += _pieces(whole[len(link) :], end)
        else:
            tokens += _pieces(whole, offset)
    return tokens


def _pieces(chunk: str, offset: int) -> list[Token]:
    tokens: list[Token] = []
    for match in _PIECE.finditer(chunk):
        piece = match.group()
        kind: Kind = "number" if piece[0].isdigit() else "word" if piece[0].isalpha() else "mark"
        start, end = offset + match.start(), offset + match.end()
        tokens.append(Token(piece, _DRAWN_OUT.sub(r"\1", piece.lower()), start, end, kind))
    return tokens


def read(text: str) -> list[Token]:
    """Return the tokens of an utterance (NFC), respelled where it was typed in a hurry."""
    tokens = tokenize(text)
    spoken = [token for token in tokens if token.kind == "word"]
    closing = _closing(tokens)
    if not has_diacritics(text) and _looks_vietnamese(spoken):
        _respell_bare(tokens, spoken, closing)
    else:
        for index, token in enumerate(spoken):
            if (
                token.form == "bn"
                and index + 1 < len(spoken)
                and spoken[index + 1].form in _AMOUNTS
            ):
                token.form = "bao nhiêu"
            elif not _is_letter(spoken, index):
                token.form = _short_form(token.form, last=_is_final(spoken, index, closing))
    return tokens


def _looks_vietnamese(spoken: Sequence[Token]) -> bool:
    known = sum(
        token.form in _CHAT or token.form in _FINAL or is_bare_syllable(token.form)
        for token in spoken
    )
    return known >= _PLAUSIBLE * len(spoken)


def _is_letter(spoken: Sequence[Token], index: int) -> bool:
    """Say whether a single letter is meant as one: "vitamin c", "size M"."""
    token = spoken[index]
    if len(token.text) > 1:
        return False
    if index and spoken[index - 1].form in _LETTER_BEHIND:
        return True
    shouted = index > 0 and len(spoken[index - 1].text) > 1 and spoken[index - 1].text.isupper()
    return token.capital and index > 0 and not shouted


def _closing(tokens: Sequence[Token]) -> frozenset[int]:
    """Return where the words begin behind which a mark, or nothing, stands."""
    ends = {word.start for word, after in pairwise(tokens) if after.kind in ("mark", "line")}
    return frozenset(ends | {token.start for token in tokens[-1:]})


def _is_final(spoken: Sequence[Token], index: int, closing: frozenset[int]) -> bool:
    """Say whether a short form may be a particle: before a mark, but not in "e yêu a"."""
    if spoken[index].start not in closing:
        return False
    if not index or strip_diacritics(spoken[index - 1].form) not in _OBJECT_BEHIND:
        return True
    # Whoever writes "con" and "me" in full writes "a" for ạ: "me cho con an sang voi a".
    named = any(token.form in _IN_FULL for token in spoken)
    return named and not any(token.form in _CHAT and token.form != "a" for token in spoken)


def _short_form(form: str, *, last: bool) -> str:
    if last and form in _FINAL:
        return _FINAL[form]
    return _CHAT.get(form, form)


def _respell_bare(
    tokens: Sequence[Token], spoken: Sequence[Token], closing: frozenset[int]
) -> None:
    sure: set[int] = set()
    typed = [strip_diacritics(token.form) for token in spoken]
    everything = frozenset(typed)
    for index, token in enumerate(spoken):
        if _is_letter(spoken, index):
            continue
        before = typed[index - 1] if index else ""
        after = typed[index + 1] if index + 1 < len(typed) else ""
        for either in _EITHER.get(token.form, ()):
            if either.holds(before, after, everything, first=not index):
                token.form = either.term
                sure.add(token.start)
                break
        else:
            short = _short_form(token.form, last=_is_final(spoken, index, closing))
            token.form = _BARE.get(short, short)
    for line in lines(tokens):
        bonuses = [SURE_BONUS if token.start in sure else GUESS_BONUS for token in line]
        forms = with_marks([token.form for token in line], bonuses)
        for token, form in zip(line, forms, strict=True):
            token.form = form
