"""Mends the particles of an answer: who may say dạ and ạ, and the softeners of one region."""

from __future__ import annotations

from collections.abc import Mapping

from modules.messages import Pair, Region
from modules.persona.data import phrases, table
from modules.persona.edits import Edit, capital, in_case_of
from modules.persona.relations import rank
from modules.persona.terms import TERMS
from modules.persona.utterance import Utterance

_RULES = table("repair")
_OPENERS = phrases(_RULES["particles"]["deferential_openers"])
_ASSENT: str = _RULES["particles"]["assent"]
_OBJECTS = frozenset(_RULES["particles"]["objects"])
_POLITE = frozenset(_RULES["particles"]["polite"])
_STARTERS = frozenset(_RULES["starters"]["words"])
_SOFTENERS: Mapping[str, Mapping[str, str]] = {
    word: row for row in _RULES["softener"] for word in row["words"]
}
_REGIONS: tuple[Region, ...] = ("north", "central", "south")


def deference(answer: Utterance, pair: Pair) -> list[Edit]:
    """Return the edits that take dạ and ạ from a senior; "<term> ạ", which calls, stays."""
    if rank(pair) != "senior":
        return []
    edits: list[Edit] = []
    opens = True
    for index, token in enumerate(answer.tokens):
        if token.masked:
            opens = False
        elif opens and _OPENERS.length(answer.forms, index):
            edits.append(_without_opener(answer, index))
        elif token.form == "ạ" and _defers(answer, index):
            edits.append(Edit(answer.tokens[index - 1].end, token.end, ""))
        opens = token.kind in ("mark", "line")
    return edits


def _without_opener(answer: Utterance, index: int) -> Edit:
    """Return the edit that drops "Dạ, " and raises the next word; "Dạ." alone becomes "Ừ."."""
    tokens = answer.tokens
    end = index
    while length := _OPENERS.length(answer.forms, end) or (
        end > index and answer.forms[end : end + 1] == ["ạ"]
    ):
        end += length
        if end < len(tokens) and tokens[end].text == ",":
            end += 1
    if end == len(tokens) or tokens[end].kind != "word":
        return Edit(
            tokens[index].start, tokens[end - 1].end, in_case_of(tokens[index].text, _ASSENT)
        )
    following = tokens[end].text
    raised = capital(following) if tokens[index].capital else following
    return Edit(tokens[index].start, tokens[end].start + 1, raised[:1])


def _defers(answer: Utterance, index: int) -> bool:
    """Say whether the ạ at `index` is deference: not in a vocative ("mệt lắm em ạ"), nor alone."""
    if not index or answer.tokens[index - 1].kind != "word":
        return False
    forms = answer.forms
    calls = forms[index - 1] in TERMS and (index < 2 or forms[index - 2] not in _OBJECTS)
    return not calls


def softeners(answer: Utterance, region: Region | None) -> list[Edit]:
    """Return the edits that make all softeners those of `region`, or of the first one found."""
    edits: list[Edit] = []
    chosen = region
    for index, token in enumerate(answer.tokens):
        row = _SOFTENERS.get(token.form)
        if row is None or token.masked or not _closes(answer, index):
            continue
        if chosen is None:
            chosen = next((key for key in _REGIONS if row[key] == token.form), None)
        elif row[chosen] != token.form:
            edits.append(Edit(token.start, token.end, in_case_of(token.text, row[chosen])))
    return edits


def _closes(answer: Utterance, index: int) -> bool:
    """Say whether a softener stands at the end of a clause, perhaps before a vocative."""
    if not index or answer.tokens[index - 1].kind != "word":
        return False
    following = answer.tokens[index + 1] if index + 1 < len(answer.tokens) else None
    if following is None or following.kind in ("mark", "line"):
        return True
    after = answer.tokens[index + 2] if index + 2 < len(answer.tokens) else None
    return following.form in TERMS and (after is None or after.kind in ("mark", "line"))


def polite(answer: Utterance) -> bool:
    """Say whether a sentence already shows deference."""
    return not _POLITE.isdisjoint(answer.forms)


def opened_with_deference(text: str, answer: Utterance, pair: Pair) -> str | None:
    """Return `text` opened with "Dạ, ", or None where its first word cannot be put behind it."""
    if rank(pair) != "junior" or not answer.tokens or polite(answer):
        return None
    first = answer.tokens[0]
    shouted = len(first.text) > 1 and first.text.isupper()
    if first.masked or first.kind != "word" or not first.capital or shouted:
        return None
    if first.form not in _STARTERS and first.form not in (pair.assistant_self, pair.user_term):
        return None
    return f"Dạ, {first.text[0].lower()}{text[first.start + 1 :]}"
