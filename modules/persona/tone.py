"""Fits an answer to a tone: no slang in a formal one, nothing stiff in a casual one, few faces.

What suits is asked of the language model; here only what certainly does not suit is taken out or
said otherwise. Emoji are shown and never spoken: the tts drops them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modules.messages import Tone
from modules.persona.data import table
from modules.persona.edits import Edit, apply, capital, in_case_of
from modules.persona.terms import TERMS
from modules.text.region.places import Place, place
from modules.text.region.words import Word, words_of

_RULES = table("tone")
_MOST: dict[Tone, int] = _RULES["emoji"]["most"]
_FACES = "|".join(map(re.escape, sorted(_RULES["emoji"]["faces"], key=len, reverse=True)))
_PICTURES = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
EMOJI = re.compile(
    rf"[{_PICTURES}][{_PICTURES}\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff]*|(?<!\S)(?:{_FACES})(?![^\s.,!?…])"
)
_LETTERS = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class _Rule:
    tones: frozenset[str]
    forms: tuple[str, ...]
    places: tuple[Place, ...]
    say: str
    with_term: bool


def _read() -> dict[str, list[_Rule]]:
    found: dict[str, list[_Rule]] = {}
    for row in _RULES["rule"]:
        for phrase in row["words"]:
            forms = tuple(phrase.split())
            rule = _Rule(
                frozenset(row["tones"]),
                forms,
                tuple(map(place, row.get("where", ["_"]))),
                row["say"],
                row.get("with_term", False),
            )
            found.setdefault(forms[0], []).append(rule)
    for rules in found.values():
        rules.sort(key=lambda rule: len(rule.forms), reverse=True)
    return found


_BY_FIRST = _read()


class ToneKeeper:
    """Fits the clauses of one answer to a tone; it counts the faces and what it took out."""

    def __init__(self, tone: Tone) -> None:
        self._tone = tone
        self._faces = 0

    def fit(self, text: str, masked: Sequence[tuple[int, int]] = ()) -> str:
        """Return a clause in this tone, "" where nothing of it is left to say.

        `masked` are the places of quotations.
        """
        words = words_of(text, masked)
        edits = list(_edits(words, text, self._tone))
        text = _tidy(apply(text, edits), text) if edits else text
        return self._fewer_faces(text)

    def _fewer_faces(self, text: str) -> str:
        edits: list[Edit] = []
        for match in EMOJI.finditer(text):
            self._faces += 1
            if self._faces > _MOST[self._tone]:
                start = match.start() - (text[: match.start()][-1:] == " ")
                edits.append(Edit(start, match.end(), ""))
        return apply(text, edits) if edits else text


def _edits(words: Sequence[Word], text: str, tone: Tone) -> Iterator[Edit]:
    index = 0
    while index < len(words):
        rule = _rule_at(words, index, tone)
        if rule is None:
            index += 1
            continue
        end = index + len(rule.forms)
        if rule.with_term and end < len(words) and words[end].form in TERMS:
            end += 1
        yield _said(words, text, index, end, rule.say)
        index = end


def _rule_at(words: Sequence[Word], index: int, tone: Tone) -> _Rule | None:
    if words[index].frozen:
        return None
    for rule in _BY_FIRST.get(words[index].form, ()):
        end = index + len(rule.forms)
        said = tuple(word.form for word in words[index:end])
        holds = said == rule.forms and tone in rule.tones
        if holds and any(each.holds(words, index, end) for each in rule.places):
            return rule
    return None


def _said(words: Sequence[Word], text: str, start: int, end: int, say: str) -> Edit:
    """Return the edit that says a phrase otherwise, or takes it out with the comma beside it."""
    first, last = words[start], words[end - 1]
    if say:
        return Edit(first.start, last.end, in_case_of(first.text, say))
    following = words[end] if end < len(words) else None
    before = words[start - 1] if start else None
    opens = before is None or (before.mark and before.text != ",")
    if following and following.text == "," and opens:
        following = words[end + 1] if end + 1 < len(words) else None
    if opens and following and not following.mark:
        raised = text[following.start]
        return Edit(first.start, following.start + 1, raised.upper() if first.capital else raised)
    return Edit(before.end if before and not opens else first.start, last.end, "")


def _tidy(text: str, original: str) -> str:
    """Return what is left after words were taken out, "" where only marks are."""
    if not _LETTERS.search(text) and not EMOJI.search(text) and _LETTERS.search(original):
        return ""
    text = re.sub(r"[,\s]+([.!?…])", r"\1", text)
    text = re.sub(r" {2,}", " ", text).strip().lstrip(",.!? ")
    return capital(text) if original[:1].isupper() else text
