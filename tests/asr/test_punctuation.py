"""Capital letters and final marks of recognised sentences."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.asr.punctuation import TABLE, punctuate, questions

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("questions.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_sentence_gets_the_mark_that_a_reader_would_give_it(case: dict[str, str]) -> None:
    assert punctuate(case["text"])[-1] == case["mark"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("đi thôi", "Đi thôi."),
        ("ừ", "Ừ."),
        ("ăn   cơm \n chưa", "Ăn cơm chưa?"),
        ("Đã có dấu rồi!", "Đã có dấu rồi!"),
        ("còn nữa…", "Còn nữa…"),
        ("hai mươi ba", "Hai mươi ba."),
        ("", ""),
        ("   ", ""),
    ],
)
def test_the_first_letter_is_raised_and_a_mark_that_is_there_is_kept(
    text: str, expected: str
) -> None:
    assert punctuate(text) == expected


@given(st.text(max_size=200))
def test_words_are_never_changed(text: str) -> None:
    words = " ".join(text.split())
    result = punctuate(text)
    assert result[1:].startswith(words[1:])
    assert punctuate(result) == result


def test_the_lists_are_lower_case_nfc_and_spelled_once() -> None:
    table = questions()
    for name in table.__slots__:
        entries = getattr(table, name)
        if not isinstance(entries, frozenset | tuple):
            continue
        for entry in entries:
            text = " ".join(entry) if isinstance(entry, tuple) else entry
            assert text == unicodedata.normalize("NFC", text.lower()), text
    raw = TABLE.read_text("utf-8")
    assert raw == unicodedata.normalize("NFC", raw)
