import re
import tomllib
import unicodedata

import pytest

from modules.memory.rules import _PIECE, _SUBJECTS, FACTS, grammar
from modules.memory.wording import CONCEPTS, words
from tests.memory.conftest import DATA, rows

FACTS_TABLE = tomllib.loads(FACTS.read_text(encoding="utf-8"))
CONCEPTS_TABLE = tomllib.loads(CONCEPTS.read_text(encoding="utf-8"))


def patterns():
    """Every pattern of facts.toml, with where it stands."""
    for group in ("lists", "markers", "sameness"):
        for name, texts in FACTS_TABLE[group].items():
            yield from ((f"{group}.{name}", text) for text in texts)
    for row in FACTS_TABLE["rule"]:
        yield from ((row["kind"], text) for text in (*row["says"], *row.get("unless", ())))


def spellings(text):
    """The words of a pattern, without its signs."""
    return re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}|<Name>", " ", text))


def test_both_tables_are_in_nfc():
    for path in (FACTS, CONCEPTS):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)


def test_rules_have_the_keys_that_the_code_reads():
    for row in FACTS_TABLE["rule"]:
        assert {"kind", "subject", "says"} <= set(row) <= {
            "kind", "subject", "says", "unless", "single",
        }  # fmt: skip
        assert row["subject"] in _SUBJECTS
        assert row["says"]


def test_patterns_are_wholly_understood_and_name_lists_that_exist():
    known = {*FACTS_TABLE["lists"], *FACTS_TABLE["markers"], "adverbs"}
    for place, text in patterns():
        assert "".join(_PIECE.findall(text)) == re.sub(r"\s+", "", text), (place, text)
        assert set(re.findall(r"\{(\w+)\}", text)) <= known, (place, text)
        assert text.count("(") == text.count(")"), (place, text)


def test_every_list_is_used():
    source = FACTS.read_text(encoding="utf-8")
    for code in FACTS.parent.glob("*.py"):
        source += code.read_text(encoding="utf-8")
    for group in ("lists", "markers", "sameness"):
        for name in FACTS_TABLE[group]:
            used = (f"{{{name}}}", f"{{{name}s}}", f'"{name}"')
            assert any(mention in source for mention in used), name


def test_patterns_are_spelled_as_words_are_read():
    for place, text in patterns():
        for word in spellings(text):
            assert words(word) == [word], (place, text)


def test_lists_hold_nothing_twice():
    for group in ("lists", "markers", "sameness"):
        for name, texts in FACTS_TABLE[group].items():
            assert len(set(texts)) == len(texts), name


@pytest.mark.parametrize("bare", [False, True])
def test_every_pattern_can_be_compiled_with_and_without_diacritics(bare):
    rules = grammar(bare=bare)
    assert len(rules.rules) == len(FACTS_TABLE["rule"])
    for name in FACTS_TABLE["markers"]:
        rules.find(name, "mình ")


def test_concepts_have_phrases_weights_and_names_of_their_own():
    names = [concept["name"] for concept in CONCEPTS_TABLE["concept"]]
    assert len(set(names)) == len(names)
    for concept in CONCEPTS_TABLE["concept"]:
        assert set(concept) <= {"name", "weight", "phrases", "exact", "opening"}
        assert 0 < concept.get("weight", 1.0) <= 1
        phrases = [text for key in ("phrases", "exact", "opening") for text in concept.get(key, ())]
        assert phrases
        assert len(set(phrases)) == len(phrases), concept["name"]
        for phrase in phrases:
            assert " ".join(words(phrase)) == phrase


def test_word_classes_have_weights():
    for group in CONCEPTS_TABLE["word"]:
        assert set(group) == {"class", "weight", "words"}
        assert 0 < group["weight"] < 1


def test_the_sets_are_as_large_as_is_claimed_and_no_utterance_is_in_two():
    told = [row for path in DATA.glob("recall_*.jsonl") for row in rows(path.name)]
    assert sum("fact" in row for row in told) >= 60
    assert sum(len(row.get("asks", ())) for row in told) >= 120
    said = [row["say"] for path in DATA.glob("facts_*.jsonl") for row in rows(path.name)]
    assert len(said) == len(set(said)) >= 120
