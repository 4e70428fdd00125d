"""What the user said earlier in this very conversation, told back when they ask."""

from __future__ import annotations

import re
from collections.abc import Sequence

from modules.llm.companion.echo import turned
from modules.llm.companion.hearing import plain_text
from modules.llm.companion.memories import fitting, name_after
from modules.llm.companion.phrases import alternatives, words
from modules.llm.companion.talk import Talk
from modules.text import strip_diacritics

_CLAUSES = re.compile(r"[.!?;…]+\s*")
_NAMED = re.compile(r"(?<!\w)(?:tên|ten)\s+(?:(?:là|la)\s+)?", re.IGNORECASE)
_LONGEST = 100


def recollected(talk: Talk) -> str | None:
    """Return what was told in this conversation, where they ask after it, or None."""
    text = talk.heard.text
    if not talk.heard.question or not re.search(
        alternatives("recall", "asks"), text, re.IGNORECASE
    ):
        return None
    lines = [each for line in talk.all_user_lines for each in _CLAUSES.split(plain_text(line))]
    lines = [line for line in lines if len(line.split()) >= 2 and len(line) <= _LONGEST]
    if re.search(alternatives("recall", "name"), text, re.IGNORECASE):
        return _name_of_another(talk, lines)
    told = [line for line in lines if not talk.read(line).question]
    fact = fitting(tuple(reversed(told)), _without_asking(text), asked=True)
    return _told(talk, fact) if fact else None


def _name_of_another(talk: Talk, lines: Sequence[str]) -> str | None:
    """Return the name of whom they ask after, given in a line on them or in the one behind it."""
    wanted = set(_bare(_without_asking(talk.heard.text))) - words("recall", "common")
    if not wanted:
        return None
    for at in range(len(lines) - 1, -1, -1):
        match = _NAMED.search(lines[at])
        name = name_after(lines[at][match.end() :]) if match else ""
        near = set(_bare(" ".join(lines[max(0, at - 1) : at + 1])))
        if name and wanted & near:
            return talk.say("recall_other_name", other=name)
    return talk.say("recall_other_unknown")


def _told(talk: Talk, fact: str) -> str | None:
    said = turned(fact, talk)
    return (
        talk.say("recall_direct", fact=said) if said else talk.say("recall_one", fact=f"“{fact}”")
    )


def _without_asking(text: str) -> str:
    return re.sub(alternatives("recall", "asks"), " ", text, flags=re.IGNORECASE)


def _bare(text: str) -> list[str]:
    return strip_diacritics(text.lower()).replace(",", " ").replace("?", " ").split()
