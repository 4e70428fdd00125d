"""Explicit wishes: "gọi tôi là anh", "xưng em gọi chị", "không phải anh, chị là nữ"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modules.persona.calls import COUNTED, TERM_PHRASES, name_end
from modules.persona.data import phrases, table
from modules.persona.terms import TERMS, junior
from modules.persona.utterance import Segment, Utterance

_WISH = table("cues")["wish"]
_CALL = frozenset(_WISH["call"])
_REFER = frozenset(_WISH["refer"])
_LINK = phrases(_WISH["link"])
_VAIN = phrases(_WISH["vain"])
_NEVER = frozenset(_WISH["never"])
_BETWEEN = frozenset(_WISH["between"])
_ASKS = frozenset(_WISH["asks"])
_TELLS = phrases(_WISH["tells"])
_ASKS_END = frozenset(_WISH["asks_end"])
_BECAUSE = phrases(_WISH["because"])
_PLAIN = frozenset(_WISH["plain"])
_WRONG_ENDS = frozenset(_WISH["wrong_ends"])
_CORRECTED = frozenset(_WISH["corrected"])
_NEGATION_REACH = 4
"""Words before "gọi" among which "đừng" forbids it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How the user wants the two to be called; None where nothing was wished.

    `user_self` and `addressee` are what the sentence itself says the user calls both; `so_far` is
    what the user was called in it ("gọi chị bằng em").
    """

    assistant_self: str | None = None
    user_term: str | None = None
    user_self: str | None = None
    addressee: str | None = None
    so_far: str | None = None
    words: str = ""

    def __bool__(self) -> bool:
        return any((self.assistant_self, self.user_term, self.user_self, self.addressee))

    def then(self, later: Wish) -> Wish:
        """Return both wishes in one; what was said later counts."""
        return Wish(
            later.assistant_self or self.assistant_self,
            later.user_term or self.user_term,
            later.user_self or self.user_self,
            later.addressee or self.addressee,
            later.so_far or self.so_far,
            " ".join(filter(None, (self.words, later.words))),
        )


NO_WISH = Wish()


def find_wish(utterance: Utterance) -> Wish:
    """Return what an utterance wishes about address; an empty wish where it says nothing.

    Masks the terms that a wish names, so that nobody takes them for terms in use.
    """
    wish = Wish()
    for segment in utterance.segments:
        for index in range(segment.start, segment.end):
            form = utterance.forms[index]
            if utterance.tokens[index].masked:
                continue
            if form in _CALL:
                wish = wish.then(_called(utterance, segment, index))
            elif form in _REFER:
                wish = wish.then(_referred(utterance, segment, index))
            elif form == "không" and utterance.forms[index : index + 2] == ["không", "phải"]:
                wish = wish.then(_corrected(utterance, index))
    mine, yours = wish.assistant_self, wish.user_term
    if mine and yours and mine != yours and TERMS[mine].role == "self" and _mutual(mine, yours):
        return replace(wish, user_self=mine, addressee=yours)  # "xưng tớ gọi cậu" holds for both
    return wish


def _term(utterance: Utterance, index: int, end: int) -> tuple[int, str]:
    """Return the term at a place and where it ends; (index, "") where there is none."""
    found = TERM_PHRASES.at(utterance.forms, index) if index < end else None
    if not found or index + found[0] > end:
        return index, ""
    length, name = found
    capital = utterance.tokens[index + length - 1].capital
    following = utterance.forms[index + length] if index + length < end else ""
    if TERMS[name].rank and not capital and following in COUNTED:
        return index + 1, utterance.forms[index]
    return index + length, name


def _mask(utterance: Utterance, start: int, end: int) -> None:
    """Hide a term that is named, not used: the second one in "gọi tôi là anh"."""
    for token in utterance.tokens[start:end]:
        token.masked = True


def _forbidden(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether the wish is that something is not said: "đừng gọi", "xưng tôi làm gì"."""
    first = max(segment.start, index - _NEGATION_REACH)
    vain = any(_VAIN.length(utterance.forms, at) for at in range(index, segment.end))
    return vain or not _NEVER.isdisjoint(utterance.forms[first:index])


def _called(utterance: Utterance, segment: Segment, index: int) -> Wish:
    """Read "[S] gọi O là T", "gọi là T", "gọi T" beside a "xưng"."""
    start, target = _term(utterance, index + 1, segment.end)
    link = _LINK.length(utterance.forms, start) if start < segment.end else 0
    end, wanted = _term(utterance, start + link, segment.end)
    _mask(utterance, start + link, end if link else start)
    if not link and target and _explained(utterance, segment, index, start):
        return Wish(user_term=target, user_self=target, words=utterance.said(index, start))
    if not link:
        referred = any(form in _REFER for form in utterance.forms[segment.start : segment.end])
        if not referred or not target:
            return Wish()
        wanted, target, end = target, "", start
    if _forbidden(utterance, segment, index):
        return Wish()
    words = utterance.said(index, end)
    behind = name_end(utterance, segment, end) if wanted else end
    _mask(utterance, end, behind)
    named = behind > end
    return _wish_of_call(utterance, segment, index, (target, wanted), words, named=named)


def _explained(utterance: Utterance, segment: Segment, index: int, end: int) -> bool:
    """Say whether "gọi anh đi" follows what the speaker said of their age or gender."""
    if utterance.before(segment, index) or not set(utterance.forms[end : segment.end]) <= _PLAIN:
        return False
    earlier = utterance.forms[: segment.start]
    return any(_BECAUSE.length(earlier, at) for at in range(len(earlier)))


def _wish_of_call(
    utterance: Utterance,
    segment: Segment,
    index: int,
    terms: tuple[str, str],
    words: str,
    *,
    named: bool,
) -> Wish:
    """Tell who wishes what; whoever adds a name ("gọi bác là bác Tâm") speaks of themselves."""
    target, wanted = terms
    if wanted and utterance.forms[index - 1 : index] == ["được"]:  # "tôi thích được gọi là bác"
        return Wish(user_term=wanted, user_self=wanted, words=words)
    beside_refer = any(form in _REFER for form in utterance.forms[segment.start : index])
    subject, asks = ("", False) if beside_refer else _subject(utterance, segment, index)
    if subject == target:  # "tôi già rồi, gọi tôi là bác": nobody calls themselves
        subject, asks = "", False
    if subject and (asks or (not named and _asks_leave(utterance, segment, index, subject))):
        heard = wanted or target
        return Wish(assistant_self=heard or None, user_self=subject, addressee=heard, words=words)
    if not wanted:  # "anh cứ gọi em là Hương": a name, but the two terms are plain now
        return Wish(user_self=target or None, addressee=subject or None, words=words)
    fixed = None if TERMS[wanted].role == "addressee" else wanted
    hearer = subject if subject and TERMS[subject].role != "self" else None
    return Wish(None, wanted, fixed, hearer, target or None, words)


def _subject(utterance: Utterance, segment: Segment, index: int) -> tuple[str, bool]:
    """Return the last term before `index`, and whether that person asks for something."""
    subject, place = "", segment.start
    at = segment.start
    forms = utterance.forms
    limit = next((at for at in range(at, index) if forms[at] in _REFER), index)
    while at < limit:
        end, name = _term(utterance, at, limit)
        if name and not utterance.tokens[at].masked:
            subject, place = name, at
        at = max(end, at + 1)
    before = forms[place - 1] if place > segment.start else ""
    between = forms[place + 1 : index]
    asks = bool(subject) and (before in ("cho", "để") or not _ASKS.isdisjoint(between))
    return subject, asks and TERMS[subject].role != "addressee"


def _asks_leave(utterance: Utterance, segment: Segment, index: int, subject: str) -> bool:
    """A junior who says "em gọi chị là chị nhé" asks, unless the words are an order."""
    forms = utterance.forms
    if TERMS[subject].role == "self":
        return True
    ordered = any(_TELLS.length(forms, at) for at in range(segment.start, index))
    ordered = ordered or forms[segment.end - 1] == "thôi"
    return junior(subject) and not ordered and forms[segment.end - 1] in _ASKS_END


def _referred(utterance: Utterance, segment: Segment, index: int) -> Wish:
    """Read "xưng A", "xưng A gọi B", "xưng A với B", "xưng A B"."""
    subject, asks = _subject(utterance, segment, index)
    start = index + 1
    together = utterance.forms[start : start + 1] == ["hô"]
    while start < segment.end and utterance.forms[start] in _BETWEEN:
        start += 1
    end, first = _term(utterance, start, segment.end)
    if not first:
        return Wish()
    _mask(utterance, start, end)
    start = end
    while start < segment.end and utterance.forms[start] in _BETWEEN:
        start += 1
    end, second = _term(utterance, start, segment.end)
    words = utterance.said(index, end)
    if second and _mutual(first, second):
        mine, yours = (first, second) if TERMS[first].role == "self" else (second, first)
        return Wish(mine, yours, mine, yours, words=words)
    if together or _forbidden(utterance, segment, index):
        _mask(utterance, start, end)
        return Wish()
    if subject and (
        asks or subject in ("tôi", "tui") or _in_turn(utterance, index, subject, first)
    ):
        return Wish(user_term=first, user_self=first, words=words)
    hearer = None if TERMS[first].role == "self" else first
    return Wish(first, second or None, second or None, hearer, words=words)


def _in_turn(utterance: Utterance, index: int, subject: str, first: str) -> bool:
    """Say whether the speaker comes second: "bạn xưng em, mình xưng anh"."""
    forms = utterance.forms
    own = TERMS[subject].role == "self" and forms[index - 1] == subject
    return own and TERMS[first].role != "self" and not _REFER.isdisjoint(forms[: index - 1])


def _mutual(first: str, second: str) -> bool:
    """Say whether both sides use the same two words: tớ and cậu, tao and mày."""
    roles = {TERMS[first].role, TERMS[second].role}
    classes = {*TERMS[first].classes, *TERMS[second].classes}
    return "self" in roles and ("addressee" in roles or "peer" in classes)


def _corrected(utterance: Utterance, index: int) -> Wish:
    """Read "không phải X, Y là ..." and "Y chứ không phải X": the user is Y."""
    forms = utterance.forms
    start = index + 2 + (forms[index + 2 : index + 3] == ["là"])
    end, wrong = _term(utterance, start, len(forms))
    if not wrong:
        return Wish()
    if index >= 2 and forms[index - 1] == "chứ" and forms[index - 2] in TERMS:
        right = forms[index - 2]
        _mask(utterance, start, end)
        return Wish(user_term=right, user_self=right, words=utterance.said(index - 2, end))
    other = end
    while other < len(forms) and forms[other] in _WRONG_ENDS:
        other += 1
    after, right = _term(utterance, other, len(forms))
    plain = after == len(forms) or forms[after] in _CORRECTED
    if not right or right == wrong or not plain:
        return Wish()
    _mask(utterance, start, end)
    return Wish(user_term=right, user_self=right, words=utterance.said(index, after))
