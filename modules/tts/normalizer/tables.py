"""The tables of the normaliser (`modules/tts/data/*.toml`), read once and never changed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True)
class Choice:
    """An abbreviation with several readings; the words beside it choose."""

    read: str
    when: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    """(reading, words before it, words after it)."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that the rules look up. Keys are as they are written, values as they are said."""

    letters: Mapping[str, str]
    greek: Mapping[str, str]
    exact: Mapping[str, str]
    folded: Mapping[str, str]
    titles: Mapping[str, tuple[str, bool]]
    counters: Mapping[str, str]
    before_number: Mapping[str, str]
    documents: Mapping[str, str]
    numbered: Mapping[str, str]
    choices: Mapping[str, Choice]
    foreign: Mapping[str, str]
    acronyms: Mapping[str, str]
    chat: Mapping[str, str]
    chat_only: Mapping[str, str]
    keep: Mapping[str, frozenset[str]]
    keep_next: Mapping[str, frozenset[str]]
    vocative_next: frozenset[str]
    vocative_lead: frozenset[str]
    vocative_before: frozenset[str]
    hour_before: frozenset[str]
    vocative_then: frozenset[str]
    end_particles: frozenset[str]
    end_letters: frozenset[str]
    cues: Mapping[str, frozenset[str]]
    symbols: Mapping[str, Mapping[str, Any]]
    unmarked: Mapping[str, str]


@cache
def tables() -> Tables:
    """Read and return the tables."""
    letters, short = read_table("letters"), read_table("abbreviations")
    foreign, chat = read_table("english"), read_table("teencode")
    return Tables(
        letters=letters["names"],
        greek=letters["greek"],
        exact=short["exact"],
        folded=short["folded"],
        titles={
            form: (row["read"], row["dot"]) for row in short["titles"] for form in row["forms"]
        },
        counters={form: row["read"] for row in short["counters"] for form in row["forms"]},
        before_number=short["before_number"],
        documents=short["documents"],
        numbered=short["numbered"],
        choices={row["form"]: _choice(row) for row in short["choice"]},
        foreign=_merged(foreign, leave_out=("acronyms",)),
        acronyms=foreign["acronyms"],
        chat=chat["always"],
        chat_only=chat["chat"],
        keep=_sets(chat["keep"]),
        keep_next=_sets(chat["keep_next"]),
        vocative_next=frozenset(chat["vocative"]["next"]),
        vocative_lead=frozenset(chat["vocative"]["lead"]),
        vocative_before=frozenset(chat["vocative"]["before"]),
        hour_before=frozenset(chat["hour"]["before"]),
        vocative_then=frozenset(chat["vocative"]["then"]),
        end_particles=frozenset(chat["vocative"]["particles"]),
        end_letters=frozenset(chat["vocative"]["letters"]),
        cues=_sets(read_table("cues")),
        symbols=read_table("symbols"),
        unmarked=read_table("unmarked")["words"],
    )


@cache
def read_table(name: str) -> dict[str, Any]:
    """Read one file of `modules/tts/data`; it is not to be changed."""
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _choice(row: dict[str, Any]) -> Choice:
    return Choice(
        row["read"],
        tuple(
            (case["read"], frozenset(case.get("before", ())), frozenset(case.get("next", ())))
            for case in row.get("when", ())
        ),
    )


def _merged(sections: dict[str, dict[str, str]], leave_out: Iterable[str]) -> dict[str, str]:
    return {
        form: read
        for name, section in sections.items()
        if name not in leave_out
        for form, read in section.items()
    }


def _sets(lists: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in lists.items()}
