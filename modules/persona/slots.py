"""Finds the words of an answer that should be the pair's terms, and says what they should be.

Only what is certain is changed: a neutral word in the place of a subject or an object, and a term
of kinship whose sentence says who speaks. Friends, siblings, "oneself", quotations, titles and
third persons are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from modules.messages import Pair
from modules.persona.calls import MAY_BREAK, TRAP_PHRASES, breaks, trap_length
from modules.persona.data import Phrases, phrases, table
from modules.persona.mentions import Mention, find_mentions
from modules.persona.terms import TERMS
from modules.persona.utterance import OPENING, Segment, Utterance

_RULES = table("repair")
_NEUTRAL_SELF = phrases(_RULES["neutral"]["self"])
_NEUTRAL_USER = phrases(_RULES["neutral"]["user"])
_NEUTRAL = frozenset((*_RULES["neutral"]["self"], *_RULES["neutral"]["user"]))
_PEER_SELF: str = _RULES["neutral"]["peer_self"]
_NEUTRAL_PEER = phrases(_RULES["neutral"]["user"], _RULES["neutral"]["peer"])
_MAY_BE_FRIEND = frozenset({"bạn", *_RULES["neutral"]["peer"]})
_PLURAL = frozenset(_RULES["neutral"]["plural"])
_ORDINAL = frozenset(_RULES["neutral"]["ordinal"])
_NUMBERS = frozenset(_RULES["neutral"]["numbers"])
_FAMILIES = phrases(_RULES["neutral"]["families"])
_FRIEND = frozenset(_RULES["neutral"]["friend"])
_ONESELF_BEFORE = phrases(_RULES["oneself"]["before"])
_ONESELF_BEHIND = phrases(_RULES["oneself"]["behind"])
_ONESELF_GIVEN = phrases(_RULES["oneself"]["given"])
_ACTS = phrases(_RULES["speaker"]["acts"])
_LET = frozenset(_RULES["speaker"]["let"])
_LET_VERBS = phrases(_RULES["speaker"]["let_verbs"])
_ASK = frozenset(_RULES["speaker"]["ask"])
_ASK_VERBS = phrases(_RULES["speaker"]["ask_verbs"])
_SERVED = phrases(_RULES["speaker"]["served"])
_PROVERBS = phrases(_RULES["neutral"]["proverbs"])
_AMBIGUOUS = frozenset(_RULES["neutral"]["ambiguous"])
_SENTENCE_ENDS = frozenset(".!?…\n")
_GREETS = phrases(_RULES["speaker"]["greets"])
_SELVES = frozenset(name for name, term in TERMS.items() if term.role != "addressee")
_KIN = frozenset(name for name, term in TERMS.items() if term.role == "both" and not term.called)


@dataclass(frozen=True, slots=True)
class Slot:
    """The tokens from `start` to `end` should be `term`."""

    start: int
    end: int
    term: str


def neutral_slots(
    answer: Utterance, pair: Pair, said_in: Pair | None = None
) -> tuple[list[Slot], int]:
    """Return the neutral words to exchange, and how many doubtful ones were left.

    `said_in` is the pair that the answer was given in, where that is another one: what stood for
    the assistant then ("mình") may stand for the user now.
    """
    kept = {pair.assistant_self, pair.user_term}
    if said_in is not None and said_in.assistant_self != pair.assistant_self:
        kept.discard(said_in.assistant_self)
    slots: list[Slot] = []
    left = 0
    # "cậu" is an uncle, unless somebody says "tớ".
    user_words = _NEUTRAL_PEER if _PEER_SELF in answer.forms else _NEUTRAL_USER
    choices = ((_NEUTRAL_SELF, pair.assistant_self), (user_words, pair.user_term))
    for segment in answer.segments:
        index = segment.start
        while index < segment.end:
            step, slot, doubtful = _neutral_at(answer, segment, index, kept, choices)
            if slot:
                slots.append(slot)
            left += doubtful
            index += step
    return slots, left


def leans_on_next(words: Sequence[str]) -> bool:
    """Say whether what follows may change what the last word is: "bạn | bè", "chúng | tôi"."""
    if not words or TRAP_PHRASES.end(words):
        return MAY_BREAK.end(words)
    last = words[-1]
    return last in _PLURAL or TRAP_PHRASES.begin(last) or _NEUTRAL_USER.begin(last)


def _neutral_at(
    answer: Utterance,
    segment: Segment,
    index: int,
    kept: AbstractSet[str],
    choices: tuple[tuple[Phrases[None], str], ...],
) -> tuple[int, Slot | None, bool]:
    """Return how many tokens to go on, the slot at `index`, and whether one was left in doubt."""
    forms = answer.forms
    if answer.tokens[index].masked:
        return 1, None, False
    trap = trap_length(forms, index) or _PROVERBS.length(forms, index)
    if trap:
        doubtful = " ".join(forms[index : index + trap]) in _AMBIGUOUS
        return trap, None, doubtful and kept.isdisjoint(_MAY_BE_FRIEND)
    for words, term in choices:
        length = words.length(forms, index)
        if not length:
            continue
        said = " ".join(forms[index : index + length])
        if said in kept or not _is_slot(answer, segment, index, index + length):
            return length, None, False
        if said == "mình" and not _is_assistant(forms, segment, index):
            return length, None, True
        return length, Slot(index, index + length, term), False
    return 1, None, False


def _is_slot(answer: Utterance, segment: Segment, start: int, end: int) -> bool:
    """Say whether a neutral word stands for one of the two: not "chúng tôi", "bạn của em"."""
    forms = answer.forms
    before = forms[start - 1] if start > segment.start else ""
    if before in _PLURAL and not _is_apart(forms[segment.start : start]):
        return False
    if end >= segment.end or forms[start] not in _MAY_BE_FRIEND:
        return True
    named = answer.cased and answer.tokens[end].capital and answer.tokens[end].kind == "word"
    friend = forms[end] in _FRIEND and not breaks(forms, start, end + 1)
    return not friend and forms[end] not in _KIN and not named


def _is_apart(before: Sequence[str]) -> bool:
    """Say whether the word before counts nobody: "thứ ba | bạn rảnh", "hai mẹ con | bạn"."""
    ordinal = before[-1] in _NUMBERS and before[-2:-1] != [] and before[-2] in _ORDINAL
    return ordinal or _FAMILIES.end(before)


def _is_assistant(forms: Sequence[str], segment: Segment, index: int) -> bool:
    """Say whether "mình" is the assistant, neither "oneself" nor "let us"."""
    before, after = forms[segment.start : index], forms[index + 1 : segment.end]
    if _ONESELF_BEHIND.end(before):
        return True
    if before and before[-1] == "cho":
        return bool(after) and bool(_ONESELF_GIVEN.length(after, 0))
    return OPENING.fill(before) and bool(after) and bool(_ONESELF_BEFORE.length(after, 0))


def kinship_slots(answer: Utterance, pair: Pair) -> list[Slot]:
    """Return the terms of kinship that stand in the wrong role, by sentences.

    Where the sentence says that the user's term speaks, or the assistant's own is spoken to, the
    two were exchanged, and both are. Another term in such a place is replaced alone.
    """
    slots: list[Slot] = []
    for mentions in _sentences(answer):
        roles = [(mention, _role(answer, mention)) for mention in mentions]
        known = [(mention, role) for mention, role in roles if role]
        right = any(mention.term == _due(role, pair) for mention, role in known)
        wrong = {mention.term: role for mention, role in known if mention.term != _due(role, pair)}
        if not wrong:
            continue
        exchanged = any(term == _due(_other(role), pair) for term, role in wrong.items())
        if not exchanged:
            new = {term: _due(role, pair) for term, role in wrong.items()}
        elif not right:
            new = {pair.assistant_self: pair.user_term, pair.user_term: pair.assistant_self}
        else:
            continue
        slots += _renamed(mentions, new)
    return slots


def kin(mention: Mention) -> bool:
    """Say whether a mention is a term of kinship that stands for one of the two."""
    return mention.term in _KIN and not mention.third and not mention.named


def _sentences(answer: Utterance) -> Iterator[list[Mention]]:
    """Give the mentions of each sentence that stand for one of the two."""
    found: list[Mention] = []
    mentions = iter(find_mentions(answer))
    mention = next(mentions, None)
    for segment in answer.segments:
        while mention and mention.start < segment.end:
            if kin(mention):
                found.append(mention)
            mention = next(mentions, None)
        if segment.mark in _SENTENCE_ENDS:
            yield found
            found = []
    yield found


def _role(answer: Utterance, mention: Mention) -> str:
    """Return "self" or "addressee" where the sentence leaves no doubt, else ""."""
    forms, segment = answer.forms, mention.segment
    before, after = forms[segment.start : mention.start], forms[mention.end : segment.end]
    if mention.owned:
        return ""
    if mention.called == "vocative":
        return "addressee"
    if before and OPENING.fill(before[:-1]) and before[-1] in _LET and _LET_VERBS.length(after, 0):
        return "self"
    if before and before[-1] in _ASK and _ASK_VERBS.length(after, 0):
        return "self"
    if OPENING.fill(before) and _ACTS.length(after, 0):
        return "self"
    if _SERVED.end(before):
        return "addressee"
    return "addressee" if _greeted_by_assistant(before) else ""


def _greeted_by_assistant(before: Sequence[str]) -> bool:
    """Say whether the assistant itself greets: "chào X", "em cảm ơn X", not "anh nhớ cảm ơn mẹ"."""
    verbs = next((count for count in (1, 2, 3) if _GREETS.fill(before[-count:])), 0)
    if not verbs or not before:
        return False
    opening = before[:-verbs]
    if opening[-1:] == ["xin"]:
        opening = opening[:-1]
    if opening and opening[-1] in _SELVES:
        return OPENING.fill(opening[:-1])
    return before[-1] == "chào" and OPENING.fill(opening)


def _due(role: str, pair: Pair) -> str:
    return pair.assistant_self if role == "self" else pair.user_term


def _other(role: str) -> str:
    return "addressee" if role == "self" else "self"


def _renamed(mentions: Sequence[Mention], new: Mapping[str, str]) -> list[Slot]:
    return [
        Slot(mention.start, mention.end, new[mention.term])
        for mention in mentions
        if mention.term in new
    ]


def pair_slots(answer: Utterance, old: Pair, new: Pair) -> list[Slot]:
    """Return every place of the old pair's terms, to be rewritten in the new one."""
    slots, _ = neutral_slots(answer, new, old)
    taken = {slot.start for slot in slots}
    own = {old.assistant_self, old.user_term} - _NEUTRAL
    mentions = [
        mention
        for mention in find_mentions(answer)
        if mention.term in _KIN | own
        and not (mention.third or mention.named)
        and mention.start not in taken
    ]
    renamed = {old.assistant_self: new.assistant_self, old.user_term: new.user_term}
    return [*slots, *_renamed(mentions, renamed)]
