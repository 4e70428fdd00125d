"""Infers from an utterance what the user calls themselves, and what they call the assistant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from modules.messages import Persona, User
from modules.persona.mentions import Mention, find_mentions
from modules.persona.pair import Sources, choose_pair, given_terms, merge
from modules.persona.reciprocity import Facts, Terms, alone, derived, reciprocal
from modules.persona.terms import TERMS, agree, junior
from modules.persona.utterance import Utterance
from modules.persona.votes import WEIGHTS, Vote, votes
from modules.persona.wishes import NO_WISH, Wish, find_wish

Strength = Literal["none", "weak", "strong"]
_GENDER_WEIGHT = 2.0
"""How much it counts against a man's term for the hearer that the assistant is a woman."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an utterance tells about address.

    `user_self` is the user's "I", `addressee` their "you"; None where the words do not tell.
    `explicit` marks a spoken wish ("gọi tôi là anh"), whose terms for the assistant are in `wish`.
    `reasons` are pairs of a rule and the words that showed it, the strongest first.
    """

    user_self: str | None = None
    addressee: str | None = None
    explicit: bool = False
    strength: Strength = "none"
    reasons: tuple[tuple[str, str], ...] = ()
    wish: Wish = NO_WISH


NO_EVIDENCE = Evidence()


def infer(utterance: str, persona: Persona | None = None) -> Evidence:
    """Return what `utterance` tells about address. Takes any text, never raises.

    A `persona` helps where the words leave it open: its name in the text is the hearer, and its
    gender speaks against terms of the other.
    """
    heard = Utterance(utterance)
    wish = find_wish(heard)
    mentions = _with_name(heard, find_mentions(heard), persona)
    cast = votes(heard, mentions)
    user_self, addressee = _decide(_tally(cast, persona), wish)
    return Evidence(
        user_self=user_self,
        addressee=addressee,
        explicit=bool(wish.assistant_self or wish.user_term),
        strength=_strength(cast, wish, user_self, addressee),
        reasons=_reasons(cast, wish, user_self, addressee),
        wish=wish,
    )


def _with_name(
    heard: Utterance, mentions: Sequence[Mention], persona: Persona | None
) -> list[Mention]:
    """Make hearers of those who bear the assistant's own name: "chị Linh" said to Linh."""
    name = persona.name.casefold().split()[-1:] if persona else []
    if not name:
        return list(mentions)
    return [
        replace(mention, third=False, called=mention.called or "vocative")
        if mention.named and heard.forms[mention.end - 1 : mention.end] == name
        else mention
        for mention in mentions
    ]


_CALLED = frozenset({"vocative", "greeting", "standalone", "final", "closing"})
Tally = dict[str, dict[str, float]]


def _tally(cast: Sequence[Vote], persona: Persona | None) -> Tally:
    """Sum the votes per side and term."""
    tally: Tally = {"self": {}, "addressee": {}}
    for vote in cast:
        side = tally[vote.side]
        side[vote.term] = side.get(vote.term, 0.0) + vote.weight
    if _junior_speaks(tally) and not any(
        vote.term == "bạn" and vote.rule in _CALLED for vote in cast
    ):
        tally["addressee"].pop("bạn", None)  # "con bị bạn bắt nạt": a friend
    if _both_named(tally):
        # Whoever says "em" means both of them by "mình".
        tally["self"].pop("mình", None)
    if tally["self"].get("mình", 0.0) < WEIGHTS["enough"]:
        tally["self"].pop("mình", None)  # "mình đi chơi đi bạn"
    if persona and persona.gender != "other":
        for term in tally["addressee"]:
            if TERMS[term].gender not in (None, persona.gender):
                tally["addressee"][term] -= _GENDER_WEIGHT
    return tally


def _junior_speaks(tally: Tally) -> bool:
    return any(junior(term) and value > WEIGHTS["enough"] for term, value in tally["self"].items())


def _both_named(tally: Tally) -> bool:
    """Say whether the speaker has a term of kinship, or both sides have one."""
    enough = WEIGHTS["enough"]
    if _junior_speaks(tally):
        return True
    kin = [
        (term, value)
        for side in tally.values()
        for term, value in side.items()
        if TERMS[term].role == "both"
    ]
    named = {term for term, value in kin if value > enough}
    return any(agree(mine, yours) for mine in named for yours in named if mine != yours)


def _decide(tally: Tally, wish: Wish) -> tuple[str | None, str | None]:
    """Choose the two terms with the most votes that may meet; a wish goes first."""
    selves, addressees = tally["self"], tally["addressee"]
    if wish.user_self:
        selves = {wish.user_self: WEIGHTS["vocative"]}
        # What they said for "I" before the wish is not the hearer either.
        addressees = {
            term: value
            for term, value in addressees.items()
            if term != wish.user_self and value >= tally["self"].get(term, 0.0)
        }
    addressees = {term: value for term, value in addressees.items() if term != wish.so_far}
    if wish.addressee:
        addressees = {wish.addressee: WEIGHTS["vocative"]}
        selves = {term: value for term, value in selves.items() if term != wish.addressee}
    options = [
        (value + other, mine, yours)
        for mine, value in selves.items()
        for yours, other in addressees.items()
        if mine != yours and (bool(wish) or agree(mine, yours))
    ]
    alone = [(value, mine, None) for mine, value in selves.items()]
    called = [(value, None, yours) for yours, value in addressees.items()]
    chosen: list[tuple[float, str | None, str | None]] = [*options, *alone, *called]
    total, user_self, addressee = max(chosen, key=lambda each: each[0], default=(0.0, None, None))
    if total < WEIGHTS["enough"]:
        return None, None
    return user_self, addressee


def _strength(
    cast: Sequence[Vote], wish: Wish, user_self: str | None, addressee: str | None
) -> Strength:
    if not user_self and not addressee:
        return "none"
    if wish:
        return "strong"
    settled = any(
        vote.weight >= WEIGHTS["strong"]
        and vote.rule != "pronoun"
        and (vote.side, vote.term) in (("self", user_self), ("addressee", addressee))
        for vote in cast
    )
    return "strong" if settled else "weak"


def _reasons(
    cast: Sequence[Vote], wish: Wish, user_self: str | None, addressee: str | None
) -> tuple[tuple[str, str], ...]:
    """Return the signs for the chosen terms, strongest first, each once."""
    chosen = {("self", user_self), ("addressee", addressee)}
    signs = [vote for vote in cast if (vote.side, vote.term) in chosen and vote.rule != "mention"]
    signs.sort(key=lambda vote: -vote.weight)
    first = [("wish", wish.words)] if wish else []
    return tuple(dict.fromkeys([*first, *((vote.rule, vote.words) for vote in signs)]))


def address(
    utterance: str, persona: Persona | None = None, user: User | None = None
) -> dict[str, object]:
    """Return what `/address` answers: what the utterance tells, and the pair the app would use.

    `user_self` and `addressee` come from the utterance alone. `assistant_self` and `user_term` are
    None where neither it nor what was given tells; `pair` has both always. `evidence` lists the
    signs, each a dict of `rule` and `words`.
    """
    facts = Facts.of(persona, user)
    evidence = infer(utterance, persona)
    heard = reciprocal(evidence.user_self, evidence.addressee, facts)
    wish = Terms(evidence.wish.assistant_self, evidence.wish.user_term)
    sources = Sources(wish=wish, given=given_terms(persona, user, facts), detected=heard)
    told = derived(merge(sources)[0], facts)
    fallback = sources if told else replace(sources, detected=alone(evidence.user_self))
    pair, _ = choose_pair(fallback, facts)
    return {
        "user_self": evidence.user_self,
        "addressee": evidence.addressee,
        "assistant_self": told.assistant_self,
        "user_term": told.user_term,
        "evidence": [{"rule": rule, "words": words} for rule, words in evidence.reasons],
        "pair": {"assistant_self": pair.assistant_self, "user_term": pair.user_term},
    }
