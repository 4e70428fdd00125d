"""Spelling: the one form that all ways of writing a word are brought to."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.emotion.tokens import clauses, fold, is_bare, plain_spelling, shorten


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hoá", "hóa"),
        ("huỷ", "hủy"),
        ("khoẻ", "khỏe"),
        ("oà", "òa"),
        ("quý", "quý"),
        ("toán", "toán"),
        ("của", "của"),
        ("xoè", "xòe"),
        ("uỷ", "ủy"),
    ],
)
def test_tone_marks_are_moved_to_the_older_place(word: str, expected: str) -> None:
    assert plain_spelling(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("vuiiii", "vui"), ("quáaaa", "quá"), ("buồnnn", "buồn"), ("xoong", "xoong"), ("ơiiii", "ơi")],
)
def test_drawn_out_letters_are_shortened(word: str, expected: str) -> None:
    assert shorten(word) == expected


def test_folding_removes_every_diacritic() -> None:
    assert fold("Đường phố Hà Nội ướt nhẹp") == "duong pho ha noi uot nhep"


@given(st.text(max_size=60))
def test_reading_never_fails_and_keeps_nfc(text: str) -> None:
    for clause in clauses(unicodedata.normalize("NFC", text), {}):
        assert clause.words
        assert len(clause.words) == len(clause.names)


def test_a_text_without_diacritics_is_told_from_one_with_few() -> None:
    assert is_bare("toi buon qua")
    assert not is_bare("tôi đi học")
    assert not is_bare("anh yêu em")


def test_clauses_know_their_punctuation_and_names() -> None:
    first, second = clauses("Hôm qua chị Vui, ghé nhà. ok", {"ok": "được"})[:2]
    assert first.words == ("hôm", "qua", "chị", "vui")
    assert first.names == (False, False, False, True)
    assert not first.ends
    assert second.ends


def test_teencode_may_stand_for_several_words() -> None:
    (clause,) = clauses("bth", {"bth": "bình thường"})
    assert clause.words == ("bình", "thường")
