"""Who the user says they are, and where from: a name to call them by, a place to take up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from modules.llm.companion.book import read
from modules.llm.companion.danger import danger_data
from modules.llm.companion.hearing import Heard, hearing_data, plain_text
from modules.llm.companion.memories import name_after
from modules.text import strip_diacritics


def name_told(texts: Sequence[str]) -> str:
    """Return the name that the user gave last in `texts`, newest first, or ""."""
    return next((name for text in texts if (name := _name_in(plain_text(text)))), "")


def place_in(heard: Heard) -> tuple[str, Sequence[str]] | None:
    """Return the place that is named first, and what may be said of it, or None."""
    line = f" {heard.said}"
    found = ((line.find(f" {form} "), name) for form, name in _forms(heard.bare).items())
    at, name = min((each for each in found if each[0] >= 0), default=(-1, ""))
    return (name, read("places")["places"][name]) if at >= 0 else None


def _name_in(text: str) -> str:
    for match in _introductions().finditer(text):
        if _is_of_another(text[: match.start()].lower()):
            continue
        if name := name_after(text[match.end() :], capital=match["sure"] is None):
            return name
    return ""


def _is_of_another(before: str) -> bool:
    """Tell whether a relation stands before "em tên ...": "mẹ", not "chào chị"."""
    words = before.split()
    if not words or not words[-1].isalpha():
        return False
    related = words[-1] in danger_data()["others"]["owned"] or words[-1] in _RELATED
    return related and (len(words) < 2 or words[-2] not in _GREETED)


_RELATED = frozenset({"của", "cua", "thân", "gái", "trai", "cũ", "yêu", "mèo", "chó", "nhà", "nha"})
_GREETED = frozenset({"chào", "chao", "hello", "hi", "hey", "dạ", "thưa", "alo"})


@lru_cache(maxsize=1)
def _introductions() -> re.Pattern[str]:
    """Return what stands before a name: "anh tên là", "tên em là", "mình là" (then capitalised)."""
    terms = set(hearing_data()["classes"]["me"]) - {"me", "i", "my"}
    mine = "|".join(sorted(terms | {strip_diacritics(term) for term in terms}))
    mine = f"(?:{mine})"
    sure = rf"{mine}\s+(?:tên|ten)(?:\s+(?:là|la))?|(?:tên|ten)\s+(?:của\s+)?{mine}\s+(?:là|la)"
    sure += r"|my name is|i am called"
    return re.compile(
        rf"(?<!\w)(?:(?P<sure>{sure})|{mine}\s+là|{mine}\s+đây\s+là)\s+", re.IGNORECASE
    )


@lru_cache(maxsize=2)
def _forms(bare: bool) -> Mapping[str, str]:
    data = read("places")
    forms = {name.lower(): name for name in data["places"]} | {
        other: name for name, others in data["also"].items() for other in others
    }
    if not bare:
        return forms
    return {strip_diacritics(form): name for form, name in forms.items() if form != "huế"}
