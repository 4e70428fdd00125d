"""What the user said, however it was typed or heard."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.llm.companion.hearing import MAX_CHARACTERS, hear, hearing_data, plain_text
from modules.llm.companion.patterns import compile_patterns
from modules.text import strip_diacritics


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Dạ bạn ơi, mấy giờ rồi ạ?", "mấy giờ rồi "),
        ("gương ơi cho mình hỏi mấy giờ rồi vậy", "mấy giờ rồi "),
        ("trời ơi", "trời ơi "),
        ("Linh ơi, hát đi", "hát đi "),
        ("ừ", "ừ "),
        ("vuiiii quáaaa", "vui quá "),
        ("hoá ra", "hóa ra "),
        ("ko bik", "khong biet "),
    ],
)
def test_what_changes_nothing_is_taken_off(text: str, core: str) -> None:
    heard = hear(text, "Linh")
    assert heard.core == core or heard.core.startswith(core)


def test_text_without_diacritics_is_known_as_such() -> None:
    assert hear("ban co khoe khong").bare
    assert not hear("bạn có khoẻ không").bare
    assert hear("ko biết").said == "không biết "
    assert hear("toi ko biet").said == "toi khong biet "


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("mấy giờ rồi", True),
        ("bạn khỏe không", True),
        ("trời đẹp nhỉ", True),
        ("ngày nào cũng vậy", False),
        ("ai cũng bận", False),
        ("mình không biết làm gì", False),
        ("mình đi học", False),
        ("thật?", True),
        ("may gio roi", True),
    ],
)
def test_questions_are_told_from_statements(text: str, asks: bool) -> None:
    assert hear(text).question is asks


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("hello how are you", True),
        ("I am sad", True),
        ("toi buon", False),
        ("mình thích rock", False),
        ("ok", False),
        ("aaaa", False),
        ("thanks", True),
        ("to qua", False),
        ("", False),
    ],
)
def test_english_is_noticed(text: str, english: bool) -> None:
    assert hear(text).english is english


def test_other_scripts_are_noticed() -> None:
    assert hear("こんにちは").foreign
    assert hear("привет как дела").foreign
    assert not hear("chào bạn").foreign


@given(st.text(max_size=500))
def test_any_text_is_heard_as_plain_syllables(text: str) -> None:
    heard = hear(text)
    assert not set("<>{}[]|\\") & set(heard.text)
    assert "\n" not in heard.text
    assert heard.text == unicodedata.normalize("NFC", heard.text)
    assert re.fullmatch(r"(\S+ )*", heard.said)
    assert len(heard.words) <= 250


def test_long_text_is_cut() -> None:
    assert len(plain_text("a" * 50_000)) <= MAX_CHARACTERS
    assert len(hear("chào " * 3_000).words) == 100


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        ("(a|b c|) d", "a d ", True),
        ("(a|b c|) d", "b c d ", True),
        ("(a|b c|) d", "d ", True),
        ("^ d", "a d ", False),
        ("d $", "d a ", False),
        ("a ... d", "a x y z d ", True),
        ("a ... d", "a 1 2 3 4 5 6 7 d ", False),
        ("a !(b|c) ", "a b ", False),
        ("a !(b|c) ", "a d ", True),
        ("# tuổi", "hai mươi lăm tuổi ", True),
        ("%me tên %word", "mình tên hoa ", True),
        ("an", "lan ", False),
    ],
)
def test_patterns_mean_what_they_say(pattern: str, line: str, matches: bool) -> None:
    compiled = compile_patterns([pattern], hearing_data()["classes"])
    assert compiled is not None
    assert bool(compiled.search(line)) is matches


def test_patterns_have_a_bare_form() -> None:
    compiled = compile_patterns(["buồn quá"], hearing_data()["classes"], strip_diacritics)
    assert compiled is not None
    assert compiled.search("toi buon qua ")


def test_no_patterns_are_none() -> None:
    assert compile_patterns([], {}) is None
