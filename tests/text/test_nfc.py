import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.text import clean, has_diacritics, strip_diacritics

anything = st.text(st.characters(), max_size=200)


@given(anything)
def test_clean_never_raises_and_is_stable(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")


@given(anything)
def test_clean_leaves_no_invisible_character_and_no_double_space(text: str) -> None:
    once = clean(text)
    assert not [c for c in once if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert "  " not in once
    assert once == once.strip()


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("a\u0302\u0301m", "ấm"),
        ("tie\u0302\u0301ng\u200b Vie\u0323\u0302t", "tiếng Việt"),
        ("a\u202eb\u2066c\ufeffd\u00ade", "abcde"),
        ("x\ud800y", "xy"),
        ("  một\u00a0\u3000hai\t ba  ", "một hai ba"),
        ("một \r\n\r\n  hai\u2028ba\x0bbốn", "một\nhai\nba\nbốn"),
        ("e\u200b\u0301", "é"),
        ("\x00\x07", ""),
    ],
)
def test_clean_mends_what_keyboards_and_copies_bring(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy


@given(anything)
def test_without_diacritics_there_are_none(text: str) -> None:
    assert not has_diacritics(strip_diacritics(text))


@pytest.mark.parametrize(
    ("word", "bare"),
    [("Đường", "Duong"), ("nghiêng", "nghieng"), ("thuở ấy", "thuo ay"), ("abc 12", "abc 12")],
)
def test_diacritics_are_stripped_with_case_kept(word: str, bare: str) -> None:
    assert strip_diacritics(word) == bare


def test_the_stroke_of_d_counts_as_a_diacritic() -> None:
    assert has_diacritics("đi")
    assert not has_diacritics("di dau day")
