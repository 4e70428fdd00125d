"""Mends the terms of address of an answer, whole or clause by clause."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from modules.errors import InvalidInput
from modules.messages import Pair, Region
from modules.persona.advice import advice
from modules.persona.edits import Edit, apply, in_case_of
from modules.persona.foreign import foreign_words
from modules.persona.particles import deference, softeners
from modules.persona.slots import Slot, kinship_slots, neutral_slots
from modules.persona.terms import term_of, written
from modules.persona.utterance import Utterance


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after mending; `left` counts doubtful words that were not touched.

    `closer` is the quotation mark that the text leaves open.
    """

    text: str
    left: int
    closer: str


def mend(
    text: str,
    pair: Pair,
    region: Region | None = None,
    closer: str = "",
    *,
    foreign: bool = False,
    kept: Sequence[str] = (),
) -> Mended:
    """Return `text` in NFC with the terms and particles of `pair`, where that is certain.

    `closer` is the quotation mark that the text before left open. With `foreign`, English words
    and words without their marks are mended as well, but those that are `kept`. What comes out is
    mended no further: one term may show the role of another only when it stands in its place ("bạn
    giúp gì cho tôi?").
    """
    seen: list[Mended] = []
    done = Mended(unicodedata.normalize("NFC", text), 0, closer)
    while True:
        last, done = done, _once(done.text, pair, region, closer, kept if foreign else None)
        if done.text == last.text:
            return done
        if done in seen:  # two readings that lead to each other: always the same one of them
            return min(seen[seen.index(done) :], key=lambda each: each.text)
        seen.append(done)


def _once(
    text: str, pair: Pair, region: Region | None, closer: str, kept: Sequence[str] | None
) -> Mended:
    """Mend once; with `kept` foreign words too, but for these."""
    answer, _ = Utterance.written(text, closer)
    strange = 0
    if kept is not None:
        answer.mask(kept)
        edits, strange = foreign_words(answer)
        text = apply(text, edits)
        answer, _ = Utterance.written(text, closer)
    slots, left = neutral_slots(answer, pair)
    slots += kinship_slots(answer, pair)
    exchanged, turned = advice(answer, pair)
    taken = {slot.start for slot in slots}
    slots += [slot for slot in exchanged if slot.start not in taken]
    text = apply(text, edits_of(answer, slots))
    # The particles are judged by the terms that stand there now.
    answer, still_open = Utterance.written(text, closer)
    text = apply(text, [*deference(answer, pair), *softeners(answer, region)])
    return Mended(text, left + turned + strange, still_open)


def edits_of(answer: Utterance, slots: list[Slot]) -> list[Edit]:
    """Return the edits that put each slot's term in its place."""
    edits: list[Edit] = []
    for slot in slots:
        first, last = answer.tokens[slot.start], answer.tokens[slot.end - 1]
        edits.append(Edit(first.start, last.end, in_case_of(first.text, written(slot.term))))
    return edits


def repair(text: str, assistant_self: str, user_term: str) -> str:
    """Return `text` with wrong terms of address mended, as the assistant would say it.

    Safe substitutions only; what is not certain stays. Raises `InvalidInput("unknown_term")` for
    terms of address that do not exist.
    """
    pair = Pair(
        _known(assistant_self, "assistant_self"),
        _known(user_term, "user_term"),
    )
    return mend(text, pair).text


def _known(term: str, field: str) -> str:
    known = term_of(term)
    if known is None:
        raise InvalidInput("unknown_term", field=field, term=term)
    return known
