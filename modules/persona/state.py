"""The pair over a conversation: a small frozen value that the session keeps.

A pair is kept until something speaks clearly for another: a wish, the panel, a term that the user
calls or greets with, or the same weaker sign twice. Every change remembers what was before, for
the page's undo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from modules.messages import Pair, Persona, User
from modules.persona.address import NO_EVIDENCE, Evidence, infer
from modules.persona.pair import DEFAULT_PAIR, Reason, Sources, choose_pair, given_terms, join
from modules.persona.reciprocity import NO_TERMS, Facts, Terms, alone, reciprocal


@dataclass(frozen=True, slots=True)
class AddressState:
    """The pair in use, why, and what it takes to change it.

    `changed` says that the last turn changed the pair and `previous` what `undo` returns to;
    `evidence` is that turn's, and `shown_by` are the signs (rule, words) that led to the pair,
    the strongest first. `pending` is a weak sign that was seen once; `chosen` was picked in
    the panel, and stays until a wish or another choice.
    """

    pair: Pair = DEFAULT_PAIR
    reason: Reason = "default"
    changed: bool = False
    previous: Pair | None = None
    evidence: Evidence = NO_EVIDENCE
    wish: Terms = NO_TERMS
    chosen: Terms = NO_TERMS
    detected: Terms = NO_TERMS
    pending: Terms = NO_TERMS
    shown_by: tuple[tuple[str, str], ...] = ()


def advance(
    state: AddressState,
    utterance: str,
    persona: Persona | None = None,
    user: User | None = None,
    *,
    card: Persona | None = None,
    stored: User | None = None,
) -> AddressState:
    """Return the state after the user said `utterance`.

    `persona` and `user` are what the caller fixed for this turn (the API's dicts); `card` is the
    persona that was picked and `stored` the profile kept from before, whose terms count less than
    what the user says.
    """
    facts = Facts.of(persona or card, user, stored)
    evidence = infer(utterance, persona or card)
    wish = Terms(evidence.wish.assistant_self, evidence.wish.user_term)
    state = replace(state, evidence=evidence, wish=join(wish, state.wish) if wish else state.wish)
    if not wish:
        state = _detect(state, evidence, facts)
    given = given_terms(persona, user, facts)
    sources = Sources(
        wish=state.wish,
        given=join(given, state.chosen) if given else state.chosen,
        detected=state.detected,
        stored=given_terms(None, stored, facts),
        card=given_terms(card, None, facts),
    )
    pair, reason = choose_pair(sources, facts, state.pair)
    return _use(state, pair, reason)


def _detect(state: AddressState, evidence: Evidence, facts: Facts) -> AddressState:
    """Take up what was heard, at once where it is strong or nothing better is known."""
    if not evidence.user_self and evidence.addressee == state.pair.assistant_self:
        return replace(state, pending=NO_TERMS)  # called as before: "cậu" may be an uncle
    heard = reciprocal(evidence.user_self, evidence.addressee, facts)
    if not heard and state.reason in ("default", "card"):
        heard = alone(evidence.user_self)
    if not heard or _matches(heard, state.pair):
        return replace(state, pending=NO_TERMS) if heard else state
    heard = _as_before(heard, state)
    # "Chào em" tells half of the pair, "anh thích ..." the other half: nothing speaks against it.
    known = state.detected
    fills = bool(known.assistant_self) and not known.user_term
    fills = fills and heard.assistant_self in (None, known.assistant_self)
    settled = evidence.strength == "strong" or heard == state.pending or fills
    if settled or state.reason in ("default", "card"):
        return replace(state, detected=join(heard, state.detected), pending=NO_TERMS)
    return replace(state, pending=heard)


def _as_before(heard: Terms, state: AddressState) -> Terms:
    """Return what was heard, its other half that of the pair before where it went with that one.

    Behind a pair that was a mistake "ngủ ngon nhé em" means the "anh" again that was known.
    """
    before, now = state.previous, Terms(state.pair.assistant_self, state.pair.user_term)
    if before is None or (heard.assistant_self and heard.user_term) or join(heard, now) != heard:
        return heard
    known = Terms(before.assistant_self, before.user_term)
    return known if _matches(heard, before) else heard


def _matches(terms: Terms, pair: Pair) -> bool:
    return terms.assistant_self in (None, pair.assistant_self) and (
        terms.user_term in (None, pair.user_term)
    )


def _use(state: AddressState, pair: Pair, reason: Reason) -> AddressState:
    changed = pair != state.pair
    return replace(
        state,
        pair=pair,
        reason=reason,
        changed=changed,
        shown_by=_shown_by(state, reason) if changed else state.shown_by,
        previous=state.pair if changed else state.previous,
    )


def _shown_by(state: AddressState, reason: Reason) -> tuple[tuple[str, str], ...]:
    return state.evidence.reasons if reason in ("wish", "detected") else ()


def choose(state: AddressState, pair: Pair) -> AddressState:
    """Return the state after the user picked a pair in the panel."""
    chosen = Terms(pair.assistant_self, pair.user_term)
    cleared = replace(state, chosen=chosen, wish=NO_TERMS, pending=NO_TERMS)
    return _use(cleared, pair, "given")


def undo(state: AddressState) -> AddressState:
    """Return the state with the previous pair, as if it had been picked in the panel."""
    return choose(state, state.previous) if state.previous else state
