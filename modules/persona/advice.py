"""Finds advice in which the two changed places: "chị nghĩ em nên nghỉ" from whom the user calls em.

A model that takes the user's part writes whole sentences so. They are grammatical, and the user may
have advised the assistant; so the terms are exchanged only where what is advised is nothing that an
assistant does (sleeping, seeing a doctor). Otherwise such a sentence is counted and left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from modules.messages import Pair
from modules.persona.data import phrases, table
from modules.persona.mentions import Mention, find_mentions
from modules.persona.slots import Slot, kin
from modules.persona.utterance import OPENING, Utterance

_RULES = table("repair")["advice"]
_THINKS = phrases(_RULES["thinks"])
_THAT = phrases(_RULES["that"])
_SHOULD = phrases(_RULES["should"])
_CARE = phrases(_RULES["care"])
_DEGREES = phrases(_RULES["degrees"])
_STATES = phrases(_RULES["states"], table("cues")["self_after"]["own_state"])
_SUPPOSED = frozenset(_RULES["supposed"])
_SENTENCE_ENDS = frozenset(".!?…\n")


def advice(answer: Utterance, pair: Pair) -> tuple[list[Slot], int]:
    """Return the terms to exchange in advice of the wrong side, and how many were left."""
    slots: list[Slot] = []
    left = 0
    places = [index for index, form in enumerate(answer.forms) if form in _SENTENCE_ENDS]
    mentions = [each for each in find_mentions(answer) if kin(each)]
    for end, group in groupby(mentions, lambda each: _end(places, each.start)):
        said = list(group)
        taken = [_judge(answer, *two, pair) for two in pairwise(said)]
        asked = end is not None and answer.forms[end] == "?"
        if asked or not any(taken):
            continue
        once = sum(each.term == pair.user_term for each in said) == 1
        if "sure" in taken and once:
            new = {pair.assistant_self: pair.user_term, pair.user_term: pair.assistant_self}
            slots += [Slot(m.start, m.end, new[m.term]) for m in said if m.term in new]
        else:
            left += 1
    return slots, left


def _end(places: Sequence[int], start: int) -> int | None:
    return next((place for place in places if place > start), None)


def _judge(answer: Utterance, subject: Mention, other: Mention, pair: Pair) -> str:
    """Say whether `subject` advises `other` in the wrong places: "sure", "doubtful" or ""."""
    if (subject.term, other.term) != (pair.user_term, pair.assistant_self):
        return ""
    forms, segment = answer.forms, other.segment
    if subject.called or subject.owned or other.owned or segment.act == "question":
        return ""
    before = forms[subject.segment.start : subject.start]
    if not OPENING.fill(before) or not _SUPPOSED.isdisjoint(
        [*before, *forms[other.end : segment.end]]
    ):
        return ""
    between = forms[subject.end : other.start]
    thinks = _THINKS.length(between, 0)
    if not thinks or not (thinks == len(between) or _THAT.fill(between[thinks:])):
        return ""
    advised = forms[other.end : segment.end]
    should = _SHOULD.length(advised, 0)
    if should:
        return "sure" if _CARE.length(advised, should) else "doubtful"
    return "doubtful" if _STATES.length(advised, _DEGREES.length(advised, 0)) else ""
