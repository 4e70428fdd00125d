"""Marks the words that are not the speaker's own: quotations, code, titles of works."""

from __future__ import annotations

from collections.abc import Sequence

from modules.persona.data import phrases, table
from modules.persona.reading import Token
from modules.persona.terms import TERMS

_TITLE = table("traps")["title"]
_NOUNS = phrases(_TITLE["nouns"])
_VERBS = frozenset(_TITLE["verbs"])
_ENDS = frozenset(_TITLE["ends"])
_LONGEST: int = _TITLE["longest"]

_CLOSERS = {"“": "”", "«": "»", "„": "“", "‘": "’", '"': '"', "'": "'", "`": "`"}
_OPEN_BEFORE = frozenset("([{:–—-“«„‘")
QUOTED_TOKENS = 80
"""A quotation that is longer was never closed."""


def mask_quotes(tokens: Sequence[Token], closer: str = "", *, growing: bool = False) -> str:
    """Mask what stands between quotation marks; return the mark that is still to come, or "".

    `closer` is the mark that an earlier piece of the same text left open. Words behind a mark that
    is not closed stay unmasked, unless the text is still `growing` and the mark may come.
    """
    opened = -1
    inherited = bool(closer)
    for index, token in enumerate(tokens):
        if closer and token.text == closer and _may_close(tokens, index):
            _mask(tokens[opened + 1 : index])
            closer, inherited = "", False
        elif not closer and token.text in _CLOSERS and _may_open(tokens, index):
            closer, opened = _CLOSERS[token.text], index
        elif closer and index - opened > QUOTED_TOKENS:
            closer, inherited = "", False
    if closer and (growing or inherited):
        _mask(tokens[opened + 1 :])
    return closer


def _mask(tokens: Sequence[Token]) -> None:
    for token in tokens:
        token.masked = True


def _may_open(tokens: Sequence[Token], index: int) -> bool:
    """An apostrophe does not open: space or a bracket stands before a quotation."""
    if not index or tokens[index - 1].end < tokens[index].start:
        return True
    return tokens[index - 1].kind == "line" or tokens[index - 1].text in _OPEN_BEFORE


def _may_close(tokens: Sequence[Token], index: int) -> bool:
    following = index + 1
    return (
        following == len(tokens)
        or tokens[following].start > tokens[index].end
        or tokens[following].kind != "word"
    )


def mask_titles(tokens: Sequence[Token]) -> None:
    """Mask titles of works: capitals behind "bài hát"; without case, words behind "xem phim"."""
    forms = [token.form for token in tokens]
    small = any(token.kind == "word" and not token.capital for token in tokens)
    cased = small and any(token.kind == "word" and token.capital for token in tokens[1:])
    index = 0
    while index < len(tokens):
        length = _NOUNS.length(forms, index)
        if not length:
            index += 1
            continue
        start = index + length
        if cased:
            _mask_capitals(tokens, start)
        elif (
            start < len(tokens)
            and forms[start] in TERMS
            and (not index or forms[index - 1] in _VERBS)
        ):
            _mask_until_end(tokens, start)
        index = start


def _mask_capitals(tokens: Sequence[Token], start: int) -> None:
    """Mask a run of capitals, and what follows where a title has only one at its start."""
    end = start
    for token in tokens[start : start + 2 * _LONGEST]:
        if not token.capital and token.kind != "number":
            break
        end += 1
    _mask(tokens[start:end])
    if end == start + 1 and tokens[start].form in TERMS:
        if end < len(tokens) and tokens[end].form == "ơi":
            tokens[end].masked = True  # "bài Mình ơi"
            end += 1
        _mask_until_end(tokens, end)


def _mask_until_end(tokens: Sequence[Token], start: int) -> None:
    for token in tokens[start : start + _LONGEST]:
        if token.form in _ENDS or token.kind != "word":
            break
        token.masked = True
