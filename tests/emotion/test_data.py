"""The data files: what a linguist edits must stay readable to the code."""

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

import modules.emotion
from modules.emotion.phrases import LONGEST, expand, lexicon
from modules.messages import EMOTIONS

FOLDER = Path(modules.emotion.__file__).parent
FILES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_data_is_nfc(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("name", ["words", "situations"])
def test_sections_are_labels_and_patterns_are_well_formed(name: str) -> None:
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert set(data) <= set(EMOTIONS)
    for section in data.values():
        for patterns in section.values():
            for pattern in patterns if isinstance(patterns, list) else ():
                assert pattern.count("(") == pattern.count(")"), pattern
                assert re.fullmatch(r"[\w\s()|^$',-]+", pattern), pattern
                for phrase in expand(pattern):
                    assert phrase == phrase.lower()
                    assert len(phrase.split()) <= LONGEST, phrase


def test_strengths_have_weights() -> None:
    words = tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))
    marks = tomllib.loads((FOLDER / "marks.toml").read_text(encoding="utf-8"))
    assert all(set(section) <= set(marks["weights"]) for section in words.values())


def test_patterns_expand_to_each_of_their_readings() -> None:
    assert list(expand("(rớt|trượt) môn")) == ["rớt môn", "trượt môn"]
    assert list(expand("a (b|) d")) == ["a b d", "a d"]
    assert set(expand("a (b (c|)|) d")) == {"a b c d", "a b d", "a d"}


def test_every_emoji_has_one_label() -> None:
    marks = tomllib.loads((FOLDER / "marks.toml").read_text(encoding="utf-8"))
    everything = "".join(marks["emoji"].values())
    twice = {char for char in everything if everything.count(char) > 1 and char != "\ufe0f"}
    assert not twice


def test_the_lexicon_is_large_and_covers_every_label() -> None:
    known = lexicon()
    labels = {label for found in known.marked.senses.values() for label, _ in found}
    assert labels == set(EMOTIONS)
    assert len(known.marked.senses) > 5_000


def test_a_longer_phrase_is_never_weaker_than_what_it_holds() -> None:
    senses = lexicon().marked.senses
    assert dict(senses["ai ngờ là"])["Surprise"] >= dict(senses["ai ngờ"])["Surprise"]


def test_expressions_cover_every_label_with_a_label() -> None:
    table = tomllib.loads((FOLDER / "expression.toml").read_text(encoding="utf-8"))
    assert set(table) == set(EMOTIONS)
    assert all(row["shows"] in EMOTIONS and 0 <= row["at_least"] <= 1 for row in table.values())
