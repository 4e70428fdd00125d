"""The terms of address: which are known, who may use them, and which of them meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modules.messages import Gender, Region
from modules.persona.data import table
from modules.text.nfc import clean

Role = Literal["self", "addressee", "both"]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of address, as `rules/terms.toml` describes it."""

    name: str
    classes: tuple[str, ...]
    role: Role = "both"
    gender: Gender | None = None
    back: str = ""
    spoken: str = ""
    called: bool = False
    rank: bool = False


_DATA = table("terms")
TERMS: dict[str, Term] = {
    name: Term(name=name, **{**entry, "classes": tuple(entry["classes"])})
    for name, entry in _DATA["terms"].items()
}
_MEETS: dict[str, frozenset[str]] = {
    mine: frozenset(theirs) for mine, theirs in _DATA["agree"].items()
}


def term_of(text: str) -> str | None:
    """Return the known term that `text` is, in its canonical spelling, or None."""
    name = " ".join(clean(text).lower().split())
    return name if name in TERMS else None


def written(name: str) -> str:
    """Return a term as a sentence has it: the number of a child is a name ("anh Hai")."""
    head, _, last = name.rpartition(" ")
    return f"{head} {last.title()}" if TERMS[name].rank and last != "cả" else name


def agree(self_term: str, addressee: str) -> bool:
    """Say whether somebody who says `self_term` for "I" may call the other `addressee`."""
    theirs = TERMS[addressee].classes
    return any(not _MEETS.get(mine, frozenset()).isdisjoint(theirs) for mine in _classes(self_term))


def _classes(name: str) -> tuple[str, ...]:
    return TERMS[name].classes


def junior(name: str) -> bool:
    """Say whether a speaker who calls themselves so looks up to the hearer (em, cháu, con)."""
    return any(each in ("younger", "child") for each in _classes(name))


def senior(name: str) -> bool:
    """Say whether the term stands for somebody older than whom they speak with."""
    return any(each in ("elder", "parent", "grand", "teacher") for each in _classes(name))


def back_term(addressee: str, region: Region | None) -> str | None:
    """Return how one usually refers to oneself before somebody called `addressee`."""
    back = TERMS[addressee].back
    if back == "child":
        return "cháu" if region in (None, "north") else "con"
    return back or None
