"""Cutting a clause into phrases, and what never reaches espeak."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.tts.phrases import (
    LONGEST_PHRASE,
    Phrase,
    final_mark,
    phrases,
    respelled,
    safe,
)
from modules.tts.prosody import pause_s


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ("Xin chào bạn.", [("Xin chào bạn", ".")]),
        ("Dạ, em chào anh ạ!", [("Dạ", ","), ("em chào anh ạ", "!")]),
        ("Thế à?! Ừ", [("Thế à", "?"), ("Ừ", "")]),
        ("Chờ chút... rồi đi", [("Chờ chút", "…"), ("rồi đi", "")]),
        ("Nó nói (rất khẽ) rồi đi", [("Nó nói", "("), ("rất khẽ", ")"), ("rồi đi", "")]),
        ("Một – hai - ba", [("Một", "–"), ("hai", "–"), ("ba", "")]),
        ("“Vâng.” Cô nói", [("Vâng", "."), ("Cô nói", "")]),
        ("3,5 lít và 10.000 đồng", [("3,5 lít và 10.000 đồng", "")]),
        ("Wi-Fi của nhà", [("Wi-Fi của nhà", "")]),
        ("dòng một\ndòng hai", [("dòng một", "."), ("dòng hai", "")]),
        ("sao thế…?", [("sao thế", "?")]),
        ("", []),
        ("...?! — “”", []),
    ],
)
def test_a_clause_is_cut_at_its_punctuation(spoken: str, expected: list[tuple[str, str]]) -> None:
    assert [(p.text, p.mark) for p in phrases(spoken)] == expected


def test_a_mark_of_its_own_belongs_to_the_phrase_before() -> None:
    assert phrases("đi thôi , !") == (Phrase("đi thôi", "!"),)


def test_what_is_decomposed_is_composed() -> None:
    assert phrases(unicodedata.normalize("NFD", "tiếng Việt")) == (Phrase("tiếng Việt", ""),)


@pytest.mark.parametrize(
    "hostile",
    ["[[h@'loU]]", "\x0130P", "\x00", "<speak>", "\x1b[31m", "&lt;", "\u202e", "﻿"],
)
def test_espeak_never_sees_a_command(hostile: str) -> None:
    for phrase in phrases(f"a {hostile} b"):
        assert not set(phrase.text) & set("\x00\x01\x1b[]<>;\u202e\ufeff")


def test_foreign_scripts_and_pictures_are_left_out() -> None:
    assert safe("chào 你好 Привет 🙂 bạn") == "chào bạn"


def test_a_phrase_without_punctuation_is_cut_between_words() -> None:
    cut = phrases("từ " * (2 * LONGEST_PHRASE + 1))
    assert len(cut) == 3
    assert all(len(phrase.text.split()) <= LONGEST_PHRASE for phrase in cut)
    assert {phrase.mark for phrase in cut} == {""}


def test_a_word_without_end_is_cut() -> None:
    assert max(len(word) for phrase in phrases("a" * 5000) for word in phrase.text.split()) == 40


@pytest.mark.parametrize(
    ("text", "mark"),
    [("xong.", "."), ("thật à?”", "?"), ("chờ...", "…"), ("và", ""), ("(đúng!)", "!"), ("3,5", "")],
)
def test_the_final_mark_is_seen_through_quotes(text: str, mark: str) -> None:
    assert final_mark(text) == mark


def test_words_that_espeak_misreads_are_respelled_where_they_are() -> None:
    assert respelled("trong Veo", "north") == "trong [[v'Ew]]"
    assert respelled("hung dữ", "south") == "[[h'u-N]] dữ"
    assert respelled("hung dữ", "north") == "hung dữ"


@given(st.text(max_size=300))
def test_any_text_gives_words_that_can_be_spoken_and_marks_that_are_known(text: str) -> None:
    for phrase in phrases(text):
        assert phrase.text == " ".join(phrase.text.split())
        assert any(character.isalnum() for character in phrase.text)
        assert all(c.isprintable() and c not in "[]<>" for c in phrase.text)
        assert pause_s(phrase.mark) > 0
