"""What PhoBERT is given to read."""

from __future__ import annotations

import tomllib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.emotion.phobert.reading import TABLE, Reader, signs, worded


@pytest.fixture(scope="module")
def read() -> Reader:
    return Reader()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vui quá 😂😂😂", "Vui quá cười to"),
        ("😭 nhớ nhà", "khóc , nhớ nhà"),
        ("chán ghê :((", "chán ghê khóc"),
        ("hihi :) đi thôi", "hihi cười , đi thôi"),
        ("yêu mẹ ❤️", "yêu mẹ yêu"),
        ("giỏi 👍🏽 lắm", "giỏi tuyệt vời , lắm"),
        ("vuiiiii quáaaa", "vui quá"),
        ("file xD12 và http://a.vn", "file xD12 và http://a.vn"),
        ("trúng 10000000 đồng", "trúng 10000000 đồng"),
        ("", ""),
    ],
)
def test_signs_become_words_and_drawn_out_letters_one(text: str, expected: str) -> None:
    assert worded(text) == expected


def test_a_sign_that_the_checkpoint_knows_stays() -> None:
    assert worded("ghét quá 😡😢", {"😡"}) == "ghét quá 😡 buồn"


def test_the_syllables_of_a_word_are_joined_and_marks_stand_alone(read: Reader) -> None:
    assert read("Chúng tôi là những nghiên cứu viên.") == "Chúng_tôi là những nghiên_cứu_viên ."
    assert read("Mình buồn quá!😢") == "Mình buồn quá ! buồn"
    assert read("   ") == ""


def test_both_ways_to_place_a_tone_mark_read_alike(read: Reader) -> None:
    assert read("hoà bình") == read("hòa bình")


def test_the_table_is_composed_and_no_sign_has_two_readings() -> None:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    seen: list[str] = []
    for kind in table.values():
        for words, row in kind.items():
            assert words == unicodedata.normalize("NFC", words.lower())
            seen += [sign for sign in row if sign not in "\u200d\ufe0f"]
    smileys = [sign for sign in seen if sign.isascii()]
    assert len(set(smileys)) == len(smileys)
    assert len(signs()) > 100


@given(st.text(max_size=60))
def test_any_text_is_read_without_signs(text: str) -> None:
    plain = worded(text)
    assert not any(sign in plain for sign in signs() if not sign.isascii())
    assert plain == " ".join(plain.split())
