"""Finds the terms of address in an utterance, and tells who is only spoken about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modules.persona.data import Phrases, phrases, table, words
from modules.persona.terms import TERMS
from modules.persona.utterance import OPENING, Segment, Utterance
from modules.text.nfc import strip_diacritics

_TRAPS = table("traps")
_CUES = table("cues")
_CALL = _CUES["call"]
_TERM_PHRASES = Phrases((name, name) for name in TERMS)
_TRAP_PHRASES = phrases(_TRAPS["phrases"])
_CALLABLE = Phrases(_TRAPS["callable"].items())
_HEADS = phrases(_TRAPS["possession"]["heads"])
_THINGS = phrases(_TRAPS["possession"]["things"])
_OF = frozenset(_TRAPS["possession"]["of"])
_PEOPLE_OF_SELF = frozenset({"anh em", "chị em"})
_CLASSIFIERS = frozenset(_TRAPS["classifier"]["words"])
_CLASSIFIED = frozenset(_TRAPS["classifier"]["nouns"])
_GIVEN: dict[str, list[str]] = _TRAPS["given"]
_COUNTS = frozenset(_TRAPS["classifier"]["counts"])
_THIRD_AFTER = phrases(_TRAPS["third"]["after"])
_THIRD_BEFORE = frozenset(_TRAPS["third"]["before"])
_RANKS = frozenset(_TRAPS["third"]["ranks"])
_POINTING = frozenset(_TRAPS["third"]["pointing"])
_PLURAL = frozenset(_TRAPS["third"]["plural"])
_NAMES = words("names")
_BARE_NAMES = frozenset(map(strip_diacritics, _NAMES))

_CALLS = frozenset(_CALL["after"])
_CLOSING = frozenset(_CALL["closing"])
_GREETINGS = phrases(_CALL["greetings"])
_ATTENTION = phrases(_CALL["attention"])
_OBJECTS = frozenset(_CALL["objects"])
_PARTICLES = frozenset(_CALL["particles"])
_TAILS = frozenset(_CALL["tails"])
_DOUBTFUL = frozenset(_CALL["doubtful"])
_ASSENT = frozenset(_CUES["opening"]["assent"])
_SPEAKS = phrases(_CUES["self_after"]["speaks"])
_ASKED = frozenset(_CUES["before"]["benefit"])
_LONGEST_GREETING = 4
_LONGEST_NAME = 3


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
    called = {mention.term for mention in found if mention.called}
    return [
        mention for mention in found if not TERMS[mention.term].called or mention.term in called
    ]


def _mention_at(utterance: Utterance, segment: Segment, index: int) -> tuple[Mention | None, int]:
    """Return the mention at `index`, if any, and where to read on."""
    forms, token = utterance.forms, utterance.tokens[index]
    if token.masked or token.kind != "word":
        return None, index + 1
    following = forms[index + 1] if index + 1 < segment.end else ""
    if token.form in _CLASSIFIERS and following in _CLASSIFIED:
        return None, index + 2
    before = forms[index - 1] if index > segment.start else ""
    if token.form in _CLASSIFIERS and before in _COUNTS and not following:
        return None, index + 1
    called = _callable_at(utterance, segment, index)
    if called:
        return called, called.end
    trap = _TRAP_PHRASES.length(forms, index)
    if trap and _is_two_people(utterance, segment, index):
        trap = 0
    owner = _owner_at(utterance, segment, index)
    if owner and owner.end - index > trap:
        return owner, owner.end
    term = _TERM_PHRASES.at(forms, index)
    if trap and (not term or trap >= term[0]):
        return None, index + trap
    if not term:
        return None, index + 1
    mention = _judge(utterance, segment, index, *term)
    return mention, mention.end


def _is_two_people(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether a fixed expression is none here: "dạ chị | em hiểu", "mua cho con | cái áo"."""
    before = utterance.forms[index - 1] if index > segment.start else ""
    phrase = " ".join(utterance.forms[index : index + 2])
    if phrase in _GIVEN:
        return before in _GIVEN[phrase]
    return phrase in _PEOPLE_OF_SELF and _addressed(utterance, segment, index)


def _callable_at(utterance: Utterance, segment: Segment, index: int) -> Mention | None:
    """Return a mention for a phrase that is only one when called: "con gái à"."""
    found = _CALLABLE.at(utterance.forms, index)
    if not found:
        return None
    length, term = found
    mention = Mention(term, index, index + length, segment)
    called = _called(utterance, mention)
    return replace(mention, called=called) if called else None


def _owner_at(utterance: Utterance, segment: Segment, index: int) -> Mention | None:
    """Return the possessor where a possession begins at `index`: em in "mẹ em", "của em"."""
    forms = utterance.forms
    head = _HEADS.length(forms, index) or _THINGS.length(forms, index)
    start = index + head
    linked = start < segment.end and forms[start] in _OF
    start += linked
    if not (head or linked) or start >= segment.end or utterance.tokens[start].masked:
        return None
    term = _TERM_PHRASES.at(forms, start)
    if not term or TERMS[term[1]].called or TERMS[term[1]].rank or term[1] in _RANKS:
        return None
    length, name = term
    head_words = " ".join(forms[index : index + head])
    if head and not linked and not _may_own(utterance, segment, index, head_words, name):
        return None
    end = start + length
    after = forms[end] if end < segment.end else ""
    if after in _CALLS or (forms[start] in _CLASSIFIERS and after in _CLASSIFIED):
        return None
    third = _spoken_about(utterance, segment, start, end)
    named = _name_end(utterance, segment, end)
    return Mention(name, start, max(end, named), segment, owned=True, third=third or named > end)


def _may_own(utterance: Utterance, segment: Segment, index: int, head: str, owner: str) -> bool:
    """Say whether "head owner" without "của" is one phrase: not "chào cô | em", not "anh | anh"."""
    if head == owner or (head in _PEOPLE_OF_SELF and TERMS[owner].role != "self"):
        return False
    if head not in TERMS:
        return True
    return not _addressed(utterance, segment, index)


def _addressed(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether somebody is called at `index`, behind assent ("dạ chị") or a greeting."""
    before = _before(utterance, segment, index)
    opened = bool(before) and OPENING.length(before, 0) == len(before)
    return (opened and before[0] in _ASSENT) or _greeted(utterance, segment, index)


def _before(utterance: Utterance, segment: Segment, index: int) -> list[str]:
    return utterance.forms[segment.start : index]


def _judge(utterance: Utterance, segment: Segment, index: int, length: int, term: str) -> Mention:
    """Build the mention of a term: with its name, called or spoken about."""
    end = index + length
    if TERMS[term].rank:
        second = utterance.tokens[end - 1]
        after = utterance.forms[end] if end < segment.end else ""
        if not (second.capital or after in _CALLS):
            term, end = utterance.forms[index], index + 1
    name_end = _name_end(utterance, segment, end)
    mention = Mention(term, index, max(end, name_end), segment, named=name_end > end)
    called = _called(utterance, mention)
    if called:
        return replace(mention, called=called)
    named = mention.named and not _takes_part(utterance, mention)
    return replace(mention, third=named or _spoken_about(utterance, segment, index, end))


def _takes_part(utterance: Utterance, mention: Mention) -> bool:
    """Say whether somebody named speaks ("em Lan chào cô") or is asked ("anh Nam cho em hỏi")."""
    segment, forms = mention.segment, utterance.forms
    if not _opens(_before(utterance, segment, mention.start)) or mention.end >= segment.end:
        return False
    if _SPEAKS.length(forms, mention.end):
        return True
    rest = range(mention.end, segment.end - 1)
    return any(forms[index] in _ASKED and forms[index + 1] in TERMS for index in rest)


def _opens(before: Sequence[str]) -> bool:
    """Say whether `before` is nothing but words that may open a sentence."""
    index = 0
    while index < len(before):
        length = OPENING.length(before, index)
        if not length:
            return False
        index += length
    return True


def _name_end(utterance: Utterance, segment: Segment, end: int) -> int:
    """Return where a name behind a term ends; `end` itself where there is none."""
    index = end
    while index < min(segment.end, end + _LONGEST_NAME):
        token = utterance.tokens[index]
        if index == end and _is_rank(utterance, index):
            return index + 1
        if token.kind != "word" or token.form in TERMS or token.form in _PARTICLES:
            break
        if utterance.cased:
            if not token.capital or token.form in _CALLS or OPENING.length([token.form], 0):
                break
        elif index > end or not (
            token.form in _NAMES or (token.form == token.text and token.text in _BARE_NAMES)
        ):
            break
        index += 1
    return index


def _is_rank(utterance: Utterance, index: int) -> bool:
    """Say whether a number behind a term is the rank that serves as a name: "dì Ba"."""
    if utterance.forms[index] not in _RANKS or _TRAP_PHRASES.length(utterance.forms, index):
        return False
    return utterance.tokens[index].capital or not utterance.cased


def _spoken_about(utterance: Utterance, segment: Segment, start: int, end: int) -> bool:
    """Say whether a term is a third person by its neighbours: "anh ấy", "hai chị"."""
    forms = utterance.forms
    before = forms[start - 1] if start > segment.start else ""
    if before in _THIRD_BEFORE:
        return True
    if end >= segment.end:
        return False
    length = _THIRD_AFTER.length(forms, end)
    return bool(length) and not (forms[end] in _POINTING and end + length == segment.end)


def _called(utterance: Utterance, mention: Mention) -> str:
    """Return the rule by which a mention addresses somebody, or ""."""
    forms, segment = utterance.forms, mention.segment
    start, end = mention.start, mention.end
    rest = forms[end : segment.end]
    before = forms[start - 1] if start > segment.start else ""
    if rest[:1] and rest[0] in _CALLS:
        return "vocative"
    if TERMS[mention.term].role == "self":
        return ""
    if _greeted(utterance, segment, start):
        return "greeting"
    alone = _opens_alone(utterance, segment, start)
    if alone and (not rest or (len(rest) == 1 and rest[0] in _CLOSING | _TAILS)):
        return "standalone"
    if alone and start > segment.start and _hands_over(utterance, mention):
        return "standalone"
    if len(rest) == 1 and rest[0] in _CLOSING and before not in _OBJECTS:
        return "closing"
    if before in _PARTICLES and len(rest) <= 1 and set(rest) <= _TAILS:
        return "final" if _is_particle(utterance, segment, start - 1) else ""
    return ""


def _is_particle(utterance: Utterance, segment: Segment, index: int) -> bool:
    """ "với" is one only behind a person or a particle: "giúp em với chị", not "đi với chị"."""
    forms = utterance.forms
    if forms[index] in _DOUBTFUL:
        return index > segment.start
    if forms[index] != "với":
        return True
    before = forms[index - 1] if index > segment.start else ""
    return before in TERMS or before in _PARTICLES


def _greeted(utterance: Utterance, segment: Segment, start: int) -> bool:
    """Say whether a greeting stands directly before `start`: "cảm ơn chị"."""
    forms = utterance.forms
    first = max(segment.start, start - _LONGEST_GREETING)
    return any(
        _GREETINGS.length(forms[:start], index) == start - index for index in range(first, start)
    )


def _opens_alone(utterance: Utterance, segment: Segment, start: int) -> bool:
    """Say whether only words of attention or assent stand before `start`: "dạ chị", "ê mày"."""
    before = _before(utterance, segment, start)
    index = 0
    while index < len(before):
        length = _ATTENTION.length(before, index) or (before[index] in _ASSENT)
        if not length:
            return False
        index += length
    return True


def _hands_over(utterance: Utterance, mention: Mention) -> bool:
    """Say whether another person takes over behind a called one: "vâng chị | em hiểu rồi"."""
    segment = mention.segment
    if mention.end >= segment.end:
        return False
    following = _TERM_PHRASES.at(utterance.forms, mention.end)
    if following and following[1] != mention.term:
        return True
    first: Sequence[str] = utterance.forms[segment.start : segment.start + 1]
    return first[0] in ("ê", "này") and TERMS[mention.term].role != "self"
