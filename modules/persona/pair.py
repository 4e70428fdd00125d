"""Chooses the pair in use: who may decide it, in which order, and how the halves are joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modules.messages import Pair, Persona, User
from modules.persona.reciprocity import (
    NO_FACTS,
    NO_TERMS,
    Facts,
    Terms,
    alone,
    complete,
    reciprocal,
)
from modules.persona.terms import agree

Reason = Literal["wish", "given", "detected", "stored", "card", "default"]
DEFAULT_PAIR = Pair()


@dataclass(frozen=True, slots=True)
class Sources:
    """What each source says of the pair; empty where it says nothing. Best first.

    `wish`: said aloud in the last turns. `given`: the API's dicts, or the panel. `detected`: heard
    in the user's own words. `stored`: the profile kept from before. `card`: the persona's own.
    """

    wish: Terms = NO_TERMS
    given: Terms = NO_TERMS
    detected: Terms = NO_TERMS
    stored: Terms = NO_TERMS
    card: Terms = NO_TERMS

    def ordered(self) -> tuple[tuple[Reason, Terms], ...]:
        """Return the sources by rank."""
        return (
            ("wish", self.wish),
            ("given", self.given),
            ("detected", self.detected),
            ("stored", self.stored),
            ("card", self.card),
        )


def choose_pair(
    sources: Sources, facts: Facts = NO_FACTS, current: Pair = DEFAULT_PAIR
) -> tuple[Pair, Reason]:
    """Return the pair in use and the best source that had a say.

    Each half comes from the best source that has it; a lower source adds its half only where it
    fits the other one. What is still missing follows from gender, age, region and the pair in use.
    """
    terms, reason = merge(sources)
    return complete(terms, facts, current), reason


def merge(sources: Sources) -> tuple[Terms, Reason]:
    """Return what the sources say together, and the best one that had a say."""
    terms = NO_TERMS
    reason: Reason = "default"
    for name, said in sources.ordered():
        if said and not terms:
            reason = name
        terms = join(terms, said)
    return terms, reason


def join(first: Terms, second: Terms) -> Terms:
    """Return `first`, its missing half taken from `second` where the two halves fit."""
    mine = first.assistant_self or second.assistant_self
    yours = first.user_term or second.user_term
    if not first or (mine and yours and fits(mine, yours)):
        return Terms(mine, yours)
    return first


def fits(assistant_self: str, user_term: str) -> bool:
    """Say whether an assistant that says `assistant_self` may call the user `user_term`."""
    return agree(assistant_self, user_term) or agree(user_term, assistant_self)


def given_terms(persona: Persona | None, user: User | None, facts: Facts) -> Terms:
    """Return the terms that a persona and a user name themselves, as the API means them."""
    said = reciprocal(user.self_term if user else None, user.addressee if user else None, facts)
    mine = persona.self_term if persona else None
    yours = persona.user_term if persona else None
    found = Terms(mine or said.assistant_self, yours or said.user_term)
    return found or alone(user.self_term if user else None)
