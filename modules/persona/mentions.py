"""Finds the terms of address in an utterance, and tells who is only spoken about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modules.persona.calls import (
    CALLS,
    COUNTED,
    OF,
    RANKS,
    TERM_PHRASES,
    addressed,
    called,
    hailed_at,
    name_end,
    spoken_about,
    takes_part,
    trap_length,
)
from modules.persona.data import Phrases, phrases, table
from modules.persona.terms import TERMS, junior, senior
from modules.persona.utterance import Segment, Utterance

_TRAPS = table("traps")
_POSSESSION = _TRAPS["possession"]
_CALLABLE = Phrases(_TRAPS["callable"].items())
_HEADS = phrases(_POSSESSION["heads"])
_THINGS = phrases(_POSSESSION["things"])
_BESIDE = (["có"], ["không", "có"], ["thiếu"], ["vắng"])
_CLOSED = (["ạ"], ["à"])
_POSSESSIONS = phrases(_POSSESSION["heads"], _POSSESSION["things"])
_SIBLINGS = frozenset(_POSSESSION["siblings"])
_CLASSIFIERS = frozenset(_TRAPS["classifier"]["words"])
_CLASSIFIED = frozenset(_TRAPS["classifier"]["nouns"])
_KIN_OF_ANIMALS = ("con", "mẹ", "bố", "cha")
_COUNTS = frozenset(_TRAPS["classifier"]["counts"])
_OATHS = phrases(_TRAPS["oath"]["words"])
_OATH_TAILS = frozenset(_TRAPS["oath"]["tails"])
_SEEN = frozenset(_TRAPS["oath"]["seen"])
_STATES = phrases(_TRAPS["oath"]["states"], table("cues")["self_after"]["own_state"])
_NO_OATH = frozenset((*TERMS, *_TRAPS["oath"]["never_behind"]))
_GIVEN: dict[str, list[str]] = _TRAPS["given"]
_COUNTERPARTS: dict[str, str] = _POSSESSION["counterparts"]
_PREDICATES = frozenset(table("cues")["clause"]["predicates"]) | {"là", "tên", "xin", "đi", "mới"}
_ENDS = frozenset(_POSSESSION["ends"])


@dataclass(frozen=True, slots=True)
class Mention:
    """A term of address at tokens `start` to `end` (a name behind it included).

    `called` names the rule by which it addresses somebody ("" where none does), `third` says that
    it is spoken about, `owned` that it owns what is spoken about ("mẹ em").
    """

    term: str
    start: int
    end: int
    segment: Segment
    named: bool = False
    owned: bool = False
    third: bool = False
    called: str = ""


def find_mentions(utterance: Utterance) -> list[Mention]:
    """Return the terms of address of an utterance, in order, third persons among them."""
    found: list[Mention] = []
    for segment in utterance.segments:
        index = segment.start
        while index < segment.end:
            mention, index = _mention_at(utterance, segment, index)
            if mention:
                found.append(mention)
    spoken_to = {mention.term for mention in found if mention.called}
    spoken_to |= {_COUNTERPARTS[term] for term in spoken_to & _COUNTERPARTS.keys()}
    spoken_with = any(junior(term) for term in spoken_to)
    return [
        mention
        for mention in found
        if not TERMS[mention.term].called
        or mention.term in spoken_to
        or (spoken_with and _speaks_to_junior(mention))
    ]


def _speaks_to_junior(mention: Mention) -> bool:
    """Say whether an elder who is rarely so called opens the sentence: "nội già rồi con ơi"."""
    return mention.start == mention.segment.start and senior(mention.term) and not mention.third


def _mention_at(utterance: Utterance, segment: Segment, index: int) -> tuple[Mention | None, int]:
    """Return the mention at `index`, if any, and where to read on."""
    forms, token = utterance.forms, utterance.tokens[index]
    if token.masked or token.kind != "word":
        return None, index + 1
    if _classifies(utterance, segment, index):
        return None, index + 1
    oath = _oath_at(utterance, segment, index)
    if oath:
        return None, index + oath
    hailed = _callable_at(utterance, segment, index)
    if hailed:
        return hailed, hailed.end
    trap = _trap_at(utterance, segment, index)
    length, term = TERM_PHRASES.at(forms, index, segment.end) or (0, "")
    owner = _owner_at(utterance, segment, index)
    if owner and owner.end - index > max(trap, length):
        return owner, owner.end
    if trap >= length:
        return None, index + max(trap, 1)
    mention = _judge(utterance, segment, index, length, term)
    return mention, mention.end


def _oath_at(utterance: Utterance, segment: Segment, index: int) -> int:
    """Return the length of an oath at `index`, 0 where there is none: not in "con thấy mẹ mệt"."""
    length = _OATHS.length(utterance.forms, index, segment.end)
    behind = utterance.forms[index + length : segment.end]
    if not length or not set(behind) <= _OATH_TAILS or segment.mark == "ơi":
        return 0
    before = utterance.before(segment, index)
    if utterance.forms[index] in _SEEN:
        alone = not before and utterance.forms[index] == "bỏ" and behind == ["rồi"]
        return length if alone or _STATES.end(before) else 0
    return length if not before or before[-1] not in _NO_OATH else 0


def _classifies(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether "con" or "chú" counts an animal or a thing: "con mèo", "đẻ năm con".

    Before them "ba" is a number: "ba con mèo".
    """
    if utterance.forms[index] == "ba" and utterance.form(segment, index + 1) in _CLASSIFIERS:
        return utterance.form(segment, index + 2) in _CLASSIFIED
    if _of_animal(utterance, segment, index):
        return True
    if utterance.forms[index] not in _CLASSIFIERS:
        return False
    following = utterance.form(segment, index + 1)
    counted = not following and utterance.form(segment, index - 1) in _COUNTS
    return counted or following in _CLASSIFIED


def _of_animal(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether an animal's young or parent is meant: "chim con", "cá mẹ"."""
    kin = utterance.forms[index] in _KIN_OF_ANIMALS
    animal = utterance.form(segment, index - 1) in _CLASSIFIED
    return kin and animal and utterance.form(segment, index - 2) not in _CLASSIFIERS


def _callable_at(utterance: Utterance, segment: Segment, index: int) -> Mention | None:
    """Return a mention for a phrase that is only one when called: "con gái à"."""
    found = _CALLABLE.at(utterance.forms, index, segment.end)
    if not found:
        return None
    end, term = index + found[0], found[1]
    rule = called(utterance, segment, index, end, term)
    if rule == "greeting" and TERM_PHRASES.length(utterance.forms, end, segment.end):
        return None  # "chúc mừng con gái | chị"
    return Mention(term, index, end, segment, called=rule) if rule else None


def _trap_at(utterance: Utterance, segment: Segment, index: int) -> int:
    """Return the length of a fixed expression, 0 where there is none.

    It is none where two phrases meet: "dạ chị | em hiểu", "mua cho con | cái áo".
    """
    length = trap_length(utterance.forms, index, segment.end)
    if length and utterance.forms[index] in TERMS and _described(utterance, segment, index, length):
        return 0  # "cô bán | hàng ơi"
    phrase = utterance.said(index, index + length)
    if utterance.form(segment, index - 1) in _GIVEN.get(phrase, ()):
        return 0
    greeted = addressed(utterance, segment, index)
    if phrase == "bà con" and utterance.form(segment, index + 2) in _PREDICATES:
        return 0 if greeted else length  # "chào bà | con là bạn của Lan"
    return 0 if phrase in _SIBLINGS and greeted else length


def _described(utterance: Utterance, segment: Segment, index: int, length: int) -> bool:
    """Say whether an expression tells who is called: "cô bán" in "cô bán hàng ơi"."""
    place = hailed_at(utterance, segment, index + 1)
    return place >= index + length


def _owner_at(utterance: Utterance, segment: Segment, index: int) -> Mention | None:
    """Return the possessor where a possession begins at `index`: em in "mẹ em", "của em"."""
    forms = utterance.forms
    head = _POSSESSIONS.length(forms, index, segment.end)
    start = index + head
    if utterance.form(segment, start) in OF:
        start += 1
        start += _nested(forms, start, segment.end)
    elif head and (inner := _nested(forms, start, segment.end)):
        start += inner  # "sinh nhật | mẹ em"
    elif not head or not _may_own(utterance, segment, index, start):
        return None
    length, term = TERM_PHRASES.at(forms, start, segment.end) or (0, "")
    if not term or TERMS[term].called or TERMS[term].rank or term in RANKS:
        return None
    end = start + length
    named = name_end(utterance, segment, end)
    hailed = bool(head) and _hailed(utterance, segment, index, start, named)
    fixed = trap_length(utterance.forms, start, segment.end) > 2  # "cửa hàng | mẹ và bé"
    if hailed or fixed or utterance.tokens[start].masked or _classifies(utterance, segment, start):
        return None
    third = named > end or spoken_about(utterance, segment, start, end)
    ranked = bool(head) and utterance.forms[start - 1] in RANKS  # "chị hai em"
    third = third and TERMS[term].role != "self" and not (ranked and named == end)
    return Mention(term, start, named, segment, owned=True, third=third)


def _hailed(utterance: Utterance, segment: Segment, index: int, start: int, end: int) -> bool:
    """Say whether the owner is called instead: "đau chân | cháu ạ", but not "đây là mẹ cháu ạ"."""
    if utterance.form(segment, end) in CALLS:
        return True
    closed = utterance.forms[end : segment.end] in _CLOSED
    return (
        closed and index > segment.start and _THINGS.length(utterance.forms, index) == start - index
    )


def _nested(forms: Sequence[str], start: int, end: int) -> int:
    """Return how many words of another possession stand first: "của | bà nội | con"."""
    inner = _HEADS.length(forms, start, end)
    return inner if inner and TERM_PHRASES.length(forms, start + inner, end) else 0


def _may_own(utterance: Utterance, segment: Segment, index: int, start: int) -> bool:
    """Say whether "head owner" without "của" is one phrase: not "chào cô | em", not "anh | anh"."""
    head = utterance.said(index, start)
    _, owner = TERM_PHRASES.at(utterance.forms, start, segment.end) or (0, "")
    if utterance.before(segment, index)[-2:] in _BESIDE and head in TERMS:
        return False  # "không có em | anh sống sao nổi"
    if not owner or head == owner or (head in _SIBLINGS and TERMS[owner].role != "self"):
        return False
    if head not in TERMS or not addressed(utterance, segment, index):
        return True
    # "xin lỗi vợ tôi", but not "chào anh tôi là Nam"
    rest = utterance.forms[start + 1 : segment.end]
    return TERMS[owner].role == "self" and set(rest) <= _ENDS


def _judge(utterance: Utterance, segment: Segment, index: int, length: int, term: str) -> Mention:
    """Build the mention of a term: with its name, called or spoken about."""
    end = index + length
    small = TERMS[term].rank and not utterance.tokens[end - 1].capital
    if small and utterance.form(segment, end) in COUNTED:  # "anh ba mươi tuổi"
        term, end = utterance.forms[index], index + 1
    named = name_end(utterance, segment, end)
    rule = called(utterance, segment, index, named, term)
    third = not rule and (
        spoken_about(utterance, segment, index, end)
        or (named > end and not takes_part(utterance, segment, index, named))
    )
    return Mention(term, index, named, segment, named=named > end, third=third, called=rule)
