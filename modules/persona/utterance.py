"""An utterance as the rules see it: tokens, segments between marks, what each segment does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from modules.persona.data import phrases, table
from modules.persona.masks import mask_quotes, mask_titles
from modules.persona.reading import Token, read, tokenize
from modules.persona.terms import TERMS
from modules.text.nfc import clean

Act = Literal["statement", "question", "request"]

_CUES = table("cues")
OPENING = phrases(_CUES["opening"]["words"])
_JUNIOR_OPENERS = phrases(_CUES["opening"]["junior_openers"])
_CALLS = frozenset(_CUES["call"]["after"])
_TAILS = frozenset(_CUES["imperative"]["tails"])
_REQUEST_ENDS = phrases(_CUES["imperative"]["ends"])
_REQUEST_WORDS = phrases(_CUES["imperative"]["words"])
_TOLD = frozenset(_CUES["imperative"]["told"])
_QUESTION_ENDS = frozenset(_CUES["question"]["ends"])
_EMPHATIC = phrases(_CUES["question"]["emphatic"])
_FLIGHTS = phrases(_CUES["question"]["flights"])
_QUESTION_WORDS = phrases(_CUES["question"]["words"])
_NEGATIONS = frozenset(_CUES["question"]["negations"])
_EMBEDDING = phrases(_CUES["question"]["embedding"])
_INDEFINITE = frozenset(_CUES["question"]["indefinite"])
_WHICH = frozenset(_CUES["question"]["which"])
_SEVERAL = frozenset(_CUES["question"]["several"])
_CONTRASTS = frozenset(_CUES["clause"]["contrasts"])
_NO_CONTRAST = frozenset(_CUES["clause"]["no_contrast"])
_SOFTENERS = frozenset(_CUES["clause"]["softeners"])
_CLAUSE_ENDS = phrases(_CUES["clause"]["ends"])
_SIBLINGS = frozenset(table("traps")["possession"]["siblings"])
_PREDICATES = frozenset(_CUES["clause"]["predicates"])
_NOT_BEGUN = frozenset(_CUES["clause"]["not_begun"])
_BEFORE_CALLED = frozenset(_CUES["clause"]["before_called"])
_LONGEST_END = 3
LONGEST_SEGMENT = 64
"""Tokens after which a text without marks is cut, so that the work stays linear."""

_BREAKS = frozenset(".!?…;:,，–—()[]/|\n")


@dataclass(frozen=True, slots=True)
class Segment:
    """The words from `start` to `end` (token indices), and the mark that ended them."""

    start: int
    end: int
    mark: str
    act: Act
    deferential: bool


class Utterance:
    """What was said, read once; every rule looks at this."""

    def __init__(self, text: str) -> None:
        self._take(read(clean(text)))
        mask_quotes(self.tokens)
        mask_titles(self.tokens)

    @classmethod
    def written(cls, text: str, closer: str = "") -> tuple[Utterance, str]:
        """Read a piece of a well-spelled text (NFC), whose places then stay as they are.

        `closer` is the quotation mark that an earlier piece left open; the one that this piece
        leaves open is returned.
        """
        piece = cls.__new__(cls)
        piece._take(tokenize(text))
        closer = mask_quotes(piece.tokens, closer, growing=True)
        mask_titles(piece.tokens)
        return piece, closer

    def _take(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.forms = [token.form for token in tokens]

    def mask(self, said: Sequence[str]) -> None:
        """Mask the words of these phrases wherever they stand."""
        wanted = phrases(each.lower() for each in said if each.strip())
        for index in range(len(self.tokens)):
            for token in self.tokens[index : index + wanted.length(self.forms, index)]:
                token.masked = True

    @cached_property
    def cased(self) -> bool:
        """True where capitals mean something: there are some, and not only capitals."""
        spoken = [token for token in self.tokens if token.kind == "word"]
        capitals = sum(token.capital for token in spoken)
        return any(token.capital for token in spoken) and (capitals < len(spoken) or capitals < 2)

    @cached_property
    def segments(self) -> list[Segment]:
        """The stretches between marks; "X ơi", and a clause without a mark, end one as well."""
        found: list[Segment] = []
        start, respect = 0, False
        for index, form in enumerate(self.forms):
            if form in _BREAKS and self.tokens[index].kind != "word":
                self._close(found, start, index, form, respect)
                start, respect = index + 1, False
            elif self._calls(index) or index - start >= LONGEST_SEGMENT:
                self._close(found, start, index + 1, "ơi", respect)
                start = index + 1
            elif index > start and self._clause_begins(start, index):
                self._close(found, start, index, "", respect)
                start, respect = index, found[-1].deferential
        self._close(found, start, len(self.forms), "", respect)
        return found

    def _calls(self, index: int) -> bool:
        return self.forms[index] in _CALLS and not self.tokens[index].masked

    def _close(self, found: list[Segment], start: int, end: int, mark: str, respect: bool) -> None:
        if start < end:
            forms = self.forms[start:end]
            act = "question" if mark == "?" else _act(forms)
            if mark == "?" and _act(forms) == "request":
                act = "request"
            found.append(Segment(start, end, mark, act, respect or _deferential(forms)))

    def _clause_begins(self, start: int, index: int) -> bool:
        """Say whether somebody else's turn in the sentence begins at `index`, without any mark.

        "chị ăn rồi | em ăn đi", "dạ được rồi chị | em làm ngay", but not "em ăn rồi chị ạ".
        """
        before = self.forms[start:index]
        if before[-1] in _SOFTENERS and self._goes_on(index):
            return True
        at = index + OPENING.length(self.forms, index)
        form, following = self._word(at), self._word(at + 1)
        if form not in TERMS or not following[:1].isalpha() or following in _NOT_BEGUN:
            return False
        if following in TERMS and following != form:
            return False  # whoever is called belongs to what was said: "rồi chị | em ..."
        if OPENING.fill(before) or before[-1] == form:
            return False
        if before[-1] in TERMS:
            siblings = f"{before[-1]} {form}" in _SIBLINGS
            return at == index and _CLAUSE_ENDS.end(before[:-1]) and not siblings
        contrast = self.forms[index] in _CONTRASTS and before[-1] not in _NO_CONTRAST
        if contrast and at > index and index - start > 1:
            return True
        again = at == index and form in before and following in _PREDICATES
        return again or _CLAUSE_ENDS.end(before)

    def _goes_on(self, index: int) -> bool:
        """Say whether more is said at `index`, to nobody in particular: "mang ô nhé | trời mưa"."""
        token = self.tokens[index]
        known = token.form in TERMS or token.form in _NOT_BEGUN or token.form in _TAILS
        return token.kind == "word" and not known and self._word(index + 1)[:1].isalpha()

    def _word(self, index: int) -> str:
        return self.forms[index] if index < len(self.forms) else ""

    def form(self, segment: Segment, index: int) -> str:
        """Return the word at `index`, "" where the segment has none there."""
        return self.forms[index] if segment.start <= index < segment.end else ""

    def before(self, segment: Segment, index: int) -> list[str]:
        """Return the words of a segment that stand before `index`."""
        return self.forms[segment.start : index]

    def said(self, start: int, end: int) -> str:
        """Return the words from token `start` to token `end`, in canonical spelling."""
        return " ".join(self.forms[max(start, 0) : end])


def _act(forms: Sequence[str]) -> Act:
    """Say whether a segment asks, requests or states, from its words alone."""
    body = list(forms)
    while len(body) > 1 and (
        body[-1] in _TAILS or (body[-1] in TERMS and body[-2] in _BEFORE_CALLED)
    ):
        body.pop()
    if body[-1] == "đi" and forms[len(body) :][:1] == ["đấy"]:
        return "statement"  # "em gầy đi đấy" tells
    if _ends_in_request(body) or any(
        _REQUEST_WORDS.length(forms, index) for index in range(len(forms))
    ):
        return "request"
    if _FLIGHTS.end(body) or _EMPHATIC.end(forms):
        return "statement"
    if (len(body) > 1 and body[-1] in _QUESTION_ENDS) or (
        len(forms) > 1 and forms[-1] in _QUESTION_ENDS
    ):
        return "question"
    return "question" if _asks(forms) else "statement"


def _ends_in_request(body: Sequence[str]) -> bool:
    for start in range(max(1, len(body) - _LONGEST_END), len(body)):
        if _REQUEST_ENDS.length(body, start) == len(body) - start:
            which = body[start:] == ["nào"] and body[start - 1] in _WHICH
            return body[start - 1] not in _TOLD and not which
    return False


def _asks(forms: Sequence[str]) -> bool:
    """Say whether a question word asks: not in "không ... đâu", not in "không biết ... gì"."""
    negated = False
    for index, form in enumerate(forms):
        if _EMBEDDING.length(forms, index):
            return False
        if form == "mấy" and forms[index + 1 : index + 2] and forms[index + 1] in _SEVERAL:
            continue  # "mấy đứa bạn em" are some
        if form == "răng" and index and forms[index - 1] not in TERMS:
            continue  # teeth, but in "răng mạ khóc" the Central "why"
        if _QUESTION_WORDS.length(forms, index) and not (negated and form in _INDEFINITE):
            return "cũng" not in forms[index:]  # "ngày nào em cũng nghĩ tới anh"
        negated = negated or form in _NEGATIONS
    return False


def _deferential(forms: Sequence[str]) -> bool:
    """Say whether the speaker shows deference here: an opening dạ, a closing ạ."""
    return forms[-1] == "ạ" or bool(_JUNIOR_OPENERS.length(forms, 0))
