"""Words spelled, counted and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.llm.companion.hearing import plain_text
from modules.llm.companion.spelling import (
    count_letters,
    count_off,
    letters,
    read_aloud,
    spell,
    spell_syllable,
)


@pytest.mark.parametrize(
    ("syllable", "spelled"),
    [
        ("trường", "trờ, ương, trương, huyền, trường"),
        ("nghiêng", "ngờ, iêng, nghiêng"),
        ("ấm", "âm, sắc, ấm"),
        ("anh", "anh"),
        ("gì", "giờ, i, gi, huyền, gì"),
        ("quyển", "quờ, yên, quyên, hỏi, quyển"),
        ("đẹp", "đờ, ep, đep, nặng, đẹp"),
    ],
)
def test_a_syllable_is_spelled_as_in_school(syllable: str, spelled: str) -> None:
    assert spell_syllable(syllable) == spelled


def test_the_word_asked_for_is_found() -> None:
    assert spell("đánh vần giúp mình chữ trường với") == spell("đánh vần từ “trường”")
    assert spell("đánh vần Hà Nội") == (
        "spell",
        {"spelling": "hờ, a, ha, huyền, hà; nờ, ôi, nôi, nặng, nội"},
    )


def test_a_foreign_word_is_spelled_by_letters() -> None:
    found = spell("đánh vần từ computer")
    assert found is not None
    assert found[0] == "letters"


def test_letters_have_names() -> None:
    found = letters("từ ấm viết thế nào")
    assert found is not None
    assert found[1]["letters"] == "ớ sắc, em-mờ"


def test_nothing_to_spell_is_nothing() -> None:
    assert spell("đánh vần") is None
    assert count_letters("có mấy chữ") is None


def test_letters_and_syllables_are_counted() -> None:
    found = count_letters("câu “tôi đi học” có mấy chữ")
    assert found is not None
    assert (found[1]["letters"], found[1]["words"]) == ("8", "3")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("đếm từ 1 đến 5", "1, 2, 3, 4, 5"),
        ("đếm từ năm đến ba", "5, 4, 3"),
        ("đếm ngược từ 3", "3, 2, 1"),
        ("đếm đến ba", "1, 2, 3"),
    ],
)
def test_numbers_are_counted_off(text: str, numbers: str) -> None:
    assert count_off(text, bare=False) == ("count", {"numbers": numbers})


def test_counting_has_an_end() -> None:
    assert count_off("đếm từ 1 đến 1000000000", bare=False) == ("too_large", {})


def test_only_what_is_to_be_read_is_read() -> None:
    assert read_aloud("đọc to câu này: xin chào") == ("read", {"words": "“xin chào”."})
    assert read_aloud("đọc câu này")[0] == "read_what"
    assert read_aloud("nói theo mình")[0] == "read_what"


@given(st.text(max_size=200))
def test_no_markup_is_ever_read(text: str) -> None:
    _, slots = read_aloud(plain_text("đọc câu: <b>" + text + "</b> {self}"))
    assert not set("<>{}") & set(slots.get("words", ""))
