"""From what the user says of both to what the assistant says, and from one term to the other.

Whoever is called "chị" calls herself "chị"; the exceptions are words for "I" that nobody can be
called by (tôi, mình, tớ), and rude pairs, which are understood and not returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modules.messages import Gender, Pair, Persona, Region, User
from modules.persona.data import table
from modules.persona.terms import TERMS, agree, back_term, junior

_RULES = table("pairs")
_MIRROR: Mapping[str, Mapping[str, str]] = _RULES["mirror"]
_MUTUAL: Mapping[str, str] = _RULES["mutual"]
_RUDE_SELVES = frozenset(_RULES["softened"]["selves"])
_RUDE_ADDRESSEES = frozenset(_RULES["softened"]["addressees"])
_SAME_BOTH_WAYS = frozenset({"you", "peer", "rude_you"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of a pair: either half may be missing."""

    assistant_self: str | None = None
    user_term: str | None = None

    def __bool__(self) -> bool:
        return bool(self.assistant_self or self.user_term)


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the two speakers; None where nothing is."""

    assistant_gender: Gender | None = None
    assistant_age: int | None = None
    user_gender: Gender | None = None
    user_age: int | None = None
    region: Region | None = None
    rude: bool = False  # the persona says tao and mày by itself

    @classmethod
    def of(cls, persona: Persona | None, user: User | None, stored: User | None = None) -> Facts:
        """Gather them from a persona and a user; `stored` tells what `user` leaves out."""
        now, before = user or User(), stored or User()
        return cls(
            assistant_gender=persona.gender if persona else None,
            assistant_age=persona.age if persona else None,
            user_gender=now.gender or before.gender,
            user_age=now.age or before.age,
            region=now.region or before.region or (persona.region if persona else None),
            rude=bool(persona and persona.self_term in _RUDE_SELVES),
        )

    @property
    def years_older(self) -> int | None:
        """How many years the assistant is older than the user."""
        if self.assistant_age is None or self.user_age is None:
            return None
        return self.assistant_age - self.user_age


NO_FACTS = Facts()


def parse_pair(text: str) -> Pair:
    """Return the pair that a rule table writes as "ông_nội cháu"."""
    assistant_self, user_term = (part.replace("_", " ") for part in text.split())
    return Pair(assistant_self, user_term)


_ALONE: Mapping[str, Pair] = {term: parse_pair(pair) for term, pair in _RULES["alone"].items()}
_SOFTENED = parse_pair(_RULES["softened"]["pair"])


def reciprocal(user_self: str | None, addressee: str | None, facts: Facts) -> Terms:
    """Return what the assistant says where the user says `user_self` and `addressee` (rule R0)."""
    rude = user_self in _RUDE_SELVES or addressee in _RUDE_ADDRESSEES
    if rude and not facts.rude:
        return Terms(_SOFTENED.assistant_self, _SOFTENED.user_term)
    if addressee and addressee in _MUTUAL:
        return _mutual(user_self, addressee)
    if user_self and addressee and TERMS[user_self].role == "self":
        return _from_neutral(user_self, addressee, facts)
    if not user_self and addressee and "peer" in TERMS[addressee].classes:
        return Terms(TERMS[addressee].back, addressee)  # an uncle is "cậu" beside a nephew only
    return Terms(_spoken(addressee), user_self if user_self and _can_be_called(user_self) else None)


def _mutual(user_self: str | None, addressee: str) -> Terms:
    """Both say the same for "you", spouses mình and officers đồng chí."""
    if user_self and _can_be_called(user_self):
        return Terms(_MUTUAL[addressee], user_self)
    return Terms(user_self or _MUTUAL[addressee], addressee)


def _from_neutral(user_self: str, addressee: str, facts: Facts) -> Terms:
    """The user says tôi, mình or tớ, which cannot be returned as a term for them."""
    classes = TERMS[addressee].classes
    if _SAME_BOTH_WAYS.intersection(classes):
        return Terms(user_self, addressee)
    if "role" in classes or "pet" in classes:
        return Terms(_spoken(addressee), _mirrored("elder", facts))
    called = next(filter(None, (_mirrored(each, facts) for each in classes)), None)
    if {"younger", "child"}.intersection(classes):
        return Terms(addressee, called)
    return Terms(user_self, called)


def _mirrored(kind: str, facts: Facts) -> str | None:
    return _MIRROR.get(kind, {}).get(facts.user_gender or "")


def _spoken(addressee: str | None) -> str | None:
    """Return what somebody called so says for "I", None for words that are only for "you"."""
    if not addressee:
        return None
    term = TERMS[addressee]
    return term.spoken or (None if term.role == "addressee" else addressee)


def _can_be_called(term: str) -> bool:
    return TERMS[term].role != "self"


def alone(user_self: str | None) -> Terms:
    """Return the pair to start with where the user's own neutral "I" is all that is known."""
    pair = _ALONE.get(user_self or "")
    return Terms(pair.assistant_self, pair.user_term) if pair else Terms()


def derived(terms: Terms, facts: Facts) -> Terms:
    """Fill the senior's half of a pair whose junior's half is known, from gender and age (R6).

    Nothing is filled where the senior's gender is unknown.
    """
    mine, yours, gap = terms.assistant_self, terms.user_term, facts.years_older
    if yours and not mine and junior(yours) and facts.assistant_gender:
        found = _by_age("senior", yours, facts.assistant_gender, gap, facts.assistant_age)
        return Terms(found, yours)
    if mine and not yours and junior(mine) and facts.user_gender in ("male", "female"):
        gap = None if gap is None else -gap
        return Terms(mine, _by_age("elder", mine, facts.user_gender, gap, facts.user_age))
    return terms


def complete(terms: Terms, facts: Facts, current: Pair) -> Pair:
    """Fill the missing half of a pair.

    `current` gives it where it fits; else gender and age, else what one usually says.
    """
    mine, yours = terms.assistant_self, terms.user_term
    if yours and not mine:
        mine = _self_before(yours, terms, facts, current)
    elif mine and not yours:
        yours = _term_from(mine, terms, facts, current)
    return Pair(mine, yours) if mine and yours else current


def _self_before(yours: str, terms: Terms, facts: Facts, current: Pair) -> str:
    """Return what the assistant calls itself before a user called `yours`."""
    if TERMS[current.assistant_self].role == "both" and agree(yours, current.assistant_self):
        return current.assistant_self
    found = derived(terms, facts).assistant_self or back_term(yours, facts.region)
    return found or _by_age("senior", yours, "other", None, None) or "mình"


def _term_from(mine: str, terms: Terms, facts: Facts, current: Pair) -> str:
    """Return what an assistant that calls itself `mine` calls the user."""
    if TERMS[mine].role != "self" and agree(mine, current.user_term):
        return current.user_term
    if mine in _ALONE:
        return _ALONE[mine].user_term
    found = derived(terms, facts).user_term or back_term(mine, facts.region)
    return found or _by_age("elder", mine, "other", None, None) or "bạn"


def _by_age(side: str, younger: str, gender: str, gap: int | None, age: int | None) -> str | None:
    """Return the senior's term before `younger`: by the gap in years, else by the senior's age."""
    rules: Mapping[str, object] = _RULES[side]
    measure, value = ("age", age or 0) if gap is None else ("gap", gap)
    for kind in TERMS[younger].classes:
        rows = rules.get(kind)
        if isinstance(rows, dict):
            rows = [{**rows, measure: value}]
        for row in rows if isinstance(rows, list) else ():
            if value <= row[measure]:
                found: str | None = row.get(gender)
                return found
    return None
