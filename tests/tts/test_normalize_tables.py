"""The tables are meant to be edited by linguists: what an edit may not break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from modules.tts.normalize import normalize
from modules.tts.normalizer.syllables import is_syllable, split_unmarked
from modules.tts.normalizer.tables import DATA, read_table, tables

NAMES = [
    "abbreviations", "cues", "currencies", "emoticons", "english", "letters", "regions",
    "syllables", "symbols", "teencode", "units", "unmarked",
]  # fmt: skip


def readings() -> Iterator[tuple[str, str]]:
    for table, sections in {
        "english": None,
        "letters": None,
        "unmarked": None,
        "abbreviations": ("exact", "folded", "before_number", "documents", "numbered"),
        "teencode": ("always", "chat"),
        "units": ("units", "short_rates"),
        "currencies": ("after", "before", "alone"),
    }.items():
        content = read_table(table)
        for section in sections or content:
            for form, read in content[section].items():
                yield f"{table}.{section}.{form}", read
    short = read_table("abbreviations")
    for kind in ("titles", "counters", "choice"):
        for row in short[kind]:
            yield f"abbreviations.{kind}", row["read"]
            yield from (("abbreviations.choice", case["read"]) for case in row.get("when", ()))


@pytest.mark.parametrize("name", NAMES)
def test_every_table_can_be_read(name: str) -> None:
    assert read_table(name)
    assert (DATA / f"{name}.toml").read_text(encoding="utf-8").startswith("#")


def test_every_reading_is_made_of_syllables() -> None:
    wrong = [
        (form, word)
        for form, read in readings()
        for word in read.lower().split()
        if not is_syllable(word)
    ]
    assert wrong == []


def test_every_reading_stays_as_it_is() -> None:
    wrong = [(form, read) for form, read in readings() if normalize(read) != read.lower()]
    assert wrong == []


def test_foreign_words_are_no_vietnamese_syllables() -> None:
    assert [word for word in tables().foreign if " " not in word and is_syllable(word)] == []


def test_chat_forms_do_not_stand_in_other_tables() -> None:
    known = tables()
    both = (set(known.chat) | set(known.chat_only)) & (set(known.foreign) | set(known.folded))
    assert both - {"đt", "vs", "hs", "sv", "gv"} == set()


@pytest.mark.parametrize("section", ["foreign", "acronyms", "folded", "chat", "chat_only"])
def test_forms_that_are_found_in_any_case_are_lower_case(section: str) -> None:
    forms: dict[str, Any] = getattr(tables(), section)
    assert [form for form in forms if form != form.lower()] == []


def test_cues_have_one_to_three_words_in_lower_case() -> None:
    wrong = [
        (name, cue)
        for name, cues in read_table("cues").items()
        for cue in cues
        if cue != cue.lower() or not 1 <= len(cue.split()) <= 3
    ]
    assert wrong == []


def test_lists_of_units_name_units() -> None:
    units = read_table("units")
    named = {*units["powers"]["units"], *units["attached"]["units"], *units["cued"]}
    assert named - {"µm", "μm"} <= set(units["units"])
    assert {unit.removesuffix("2") for unit in units["over"]["units"]} <= set(units["units"])


def test_every_region_has_the_same_words() -> None:
    regions = read_table("regions")
    assert set(regions) == {"north", "central", "south"}
    assert len({frozenset(region) for region in regions.values()}) == 1


@pytest.mark.parametrize(
    "word", ["quốc", "giường", "khuya", "nghiêng", "xoong", "yêu", "gì", "quýt", "hoà", "hòa"]
)
def test_vietnamese_words_are_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["chat", "game", "hot", "kwa", "ngheo", "str", "ca" * 9, ""])
def test_other_words_are_no_syllables(word: str) -> None:
    assert is_syllable(word) == (word == "ngheo")


def test_a_word_without_marks_falls_into_few_syllables() -> None:
    assert split_unmarked("baocao") == ["bao", "cao"]
    assert split_unmarked("dulich") == ["du", "lich"]
    assert split_unmarked("strength") is None
