"""What the user once told, said back to them.

A remembered sentence stands as the user said it ("Em thích ăn phở"). Where it is plain whose "I" it
is, it is turned round ("anh thích ăn phở"); else it is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from modules.llm.companion.hearing import hear, hearing_data, plain_text
from modules.llm.companion.phrases import alternatives, words
from modules.text import strip_diacritics

MAX_FACTS = 3
_LONGEST_FACT = 160
_NAMED = re.compile(
    r"\btên(?:\s+(?:là|của\s+\w+\s+là|mình\s+là|tôi\s+là))?\s+([^\W\d_]+(?:\s+[^\W\d_]+){0,3})",
    re.IGNORECASE,
)


def facts_of(recalled: Sequence[str]) -> list[str]:
    """Return the remembered sentences, plain and short, without requests around them."""
    facts = []
    for text in recalled:
        plain = _wrapping().sub("", plain_text(text)[:_LONGEST_FACT]).strip(" .,!?;:“”\"'")
        if plain and plain not in facts:
            facts.append(plain)
    return facts


def told_back(fact: str, you: str) -> tuple[str, bool]:
    """Return a fact as it is said to whom it belongs, and whether it could be turned round."""
    mine, terms = _terms()
    first, *rest = fact.split()
    first = first.lower()
    turns = first in mine and rest and rest[0].lower() in words("memory", "verbs")
    if turns and not terms & {word.lower().strip(".,;:!?") for word in rest}:
        return f"{you} {' '.join(rest)}", True
    return f"“{fact}”", False


def name_in(recalled: Sequence[str]) -> str:
    """Return the name that the user gave, where a fact tells it: "Mình tên là Nam"."""
    for fact in facts_of(recalled):
        first, *rest = fact.lower().split()
        mine, _ = _terms()
        own = first in mine or first == "tên"
        match = _NAMED.search(fact)
        if not own or match is None or (rest and rest[0] not in ("tên", *mine)):
            continue
        if name := name_after(match[1]):
            return name
    return ""


def name_after(text: str, *, capital: bool = False) -> str:
    """Return the given name that `text` begins with, or ""; `capital` asks for a capital letter."""
    name: list[str] = []
    for part in text.split():
        word = part.rstrip(".,;:!?…")
        low = word.lower()
        taken = word.isalpha() and low not in words("memory", "not_names") | words("memory", "bare")
        if not taken or ((name or capital) and word[:1].islower()):
            break
        name.append(word)
        if word != part:
            break
    return (name[-1] if len(name) > 2 else " ".join(name)).title()


def fitting(recalled: Sequence[str], text: str, *, asked: bool = False) -> str | None:
    """Return the fact that shares most with `text`, or None where none shares enough.

    Of a question (`asked`) common verbs count too: "mình thích ăn gì" finds "Mình thích ăn phở".
    """
    wanted, verbs = _telling(text)
    best, most = None, 1
    for fact in facts_of(recalled):
        told, done = _telling(fact)
        score = 2 * len(wanted & told) + (_weight(verbs & done) if asked else 0)
        if score > most:
            best, most = fact, score
    return best


def _telling(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that tell what a text is about, and its common verbs, all bare."""
    stop, verbs, _ = _tables()
    words = {strip_diacritics(word) for word in hear(text).words}
    return frozenset(word for word in words - stop - verbs if len(word) > 1), frozenset(
        words & verbs
    )


@lru_cache(maxsize=1)
def _wrapping() -> re.Pattern[str]:
    before, behind = alternatives("memory", "before"), alternatives("memory", "behind")
    # "Nhớ giúp con là con thích ...": for whom it is remembered is no part of it either.
    mine = "|".join(sorted(_terms()[0], key=len, reverse=True))
    told = "|".join({*_terms()[0], *hearing_data()["classes"]["kin"]})
    whom = rf"(?:(?:{mine})\s+(?:là|rằng)\s+(?=(?:{told})\s))?"
    return re.compile(rf"^(?:{before}[\s,:.]*)+{whom}(?=\S)|(?:\s+{behind})+[.!]*$", re.IGNORECASE)


def _weight(verbs: frozenset[str]) -> int:
    return sum(2 if verb in _tables()[2] else 1 for verb in verbs)


@lru_cache(maxsize=1)
def _tables() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return words that tell nothing, common verbs, and those of them that tell much."""
    stop = hearing_data()["stop"]
    lists = (stop["words"], stop["verbs"], stop["telling_verbs"])
    nothing, verbs, much = (frozenset(map(strip_diacritics, each)) for each in lists)
    return nothing, verbs, much


@lru_cache(maxsize=1)
def _terms() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words for "I", and all terms of address."""
    classes = hearing_data()["classes"]
    mine = frozenset(classes["me"]) - {"me", "i", "my"}
    return mine, mine | frozenset(classes["term"])
