"""The blind sets: well-formed, and nothing of a case leaves their scorer."""

import unicodedata

import pytest

from benchmarks.blind import BLIND, blind
from modules.messages import EMOTIONS
from modules.persona import TERMS

SIZES = {"address": 150, "repair": 100, "region": 260, "emotion": 150, "crisis": 100}
KEYS = {
    "address": {"utterance", "user_self", "addressee", "kind"},
    "repair": {"text", "assistant_self", "user_term", "mended", "kind"},
    "region": {"text", "regions", "accepted", "kind"},
    "emotion": {"text", "label"},
    "crisis": {"text", "danger", "kind"},
}


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
