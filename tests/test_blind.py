"""The blind sets: well-formed, and nothing of a case leaves their scorer."""

import unicodedata

import pytest

from benchmarks.blind import BLIND, blind
from modules.messages import EMOTIONS
from modules.persona import TERMS

SIZES = {
    "address": 150,
    "repair": 100,
    "region": 260,
    "emotion": 150,
    "crisis": 100,
    "address2": 150,
    "crisis2": 100,
}
DANGERS = {"self", "victim", "emergency", "child"}
HARMLESS = {"idiom", "story", "everyday", "past", "knowledge"}
KEYS = {
    "address": {"utterance", "user_self", "addressee", "kind"},
    "repair": {"text", "assistant_self", "user_term", "mended", "kind"},
    "region": {"text", "regions", "accepted", "kind"},
    "emotion": {"text", "label"},
    "crisis": {"text", "danger", "kind"},
}
KEYS |= {"address2": KEYS["address"], "crisis2": KEYS["crisis"]}


def texts(name):
    return [case.get("utterance") or case["text"] for case in BLIND[name].cases()]


@pytest.mark.parametrize("name", BLIND)
def test_every_case_is_whole_and_said_once(name) -> None:
    cases = BLIND[name].cases()
    assert len(cases) == SIZES[name]
    assert all(case.keys() == KEYS[name] for case in cases)
    assert len(set(texts(name))) == len(cases)
    assert all(unicodedata.is_normalized("NFC", text) for text in texts(name))


@pytest.mark.parametrize("name", BLIND)
def test_only_totals_are_told(name) -> None:
    figures = blind(name)
    told = " ".join(f"{figure.name} {figure.detail}" for figure in figures)
    assert not [text for text in texts(name) if text in told]
    counted = [figure for figure in figures if figure.name.startswith("- ")]
    assert sum(int(figure.detail.partition(" of ")[2]) for figure in counted) == SIZES[name]


def test_labels_are_of_the_words_that_there_are() -> None:
    assert {case["label"] for case in BLIND["emotion"].cases()} == set(EMOTIONS)
    for case in BLIND["repair"].cases():
        assert case["assistant_self"] in TERMS
        assert case["user_term"] in TERMS


def test_what_must_stay_and_what_must_change_are_told_apart() -> None:
    for case in BLIND["region"].cases():
        assert (case["kind"] == "trap") == (case["accepted"] == [case["text"]])
    for case in BLIND["crisis"].cases():
        assert case["danger"] == (case["kind"] != "none")


def test_the_second_set_of_danger_has_more_harmless_lines_than_dangers() -> None:
    cases = BLIND["crisis2"].cases()
    assert {case["kind"] for case in cases} == DANGERS | HARMLESS
    assert all(case["danger"] is (case["kind"] in DANGERS) for case in cases)
    assert sum(case["danger"] for case in cases) == 40


def test_the_second_set_of_address_has_new_utterances_with_terms_in_lower_case() -> None:
    cases = BLIND["address2"].cases()
    assert not set(texts("address2")) & set(texts("address"))
    terms = [case[slot] for case in cases for slot in ("user_self", "addressee")]
    assert all(term is None or term == term.lower().strip() != "" for term in terms)
    assert terms.count(None) > 25
