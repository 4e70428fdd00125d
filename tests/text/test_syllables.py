import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.text import count_syllables, is_vietnamese_syllable, strip_diacritics

SYLLABLES = """
nghiêng hòa hoà thủy thuỷ khoẻ khỏe gì gìn giếng giết giữa quý quốc quả quỳnh quyển khuỷu yêu ý Mỹ
lý hoàn xoong đường ươm uống của múa khuya ngoằn khúc ÔNG Ạ u o ê chị bướm tuyệt huơ phở ghế nghỉ
kẻ cá ngà trăng loét quẹo khuếch
"""
OTHERS = """
mat màt hóan ceo kà fgh w zalo ngê ge yê hòá cuả qya toán1 jazz flop ngiêng kăn gế nghà straight
toánn
"""


@pytest.mark.parametrize("word", SYLLABLES.split())
def test_a_syllable_is_known(word: str) -> None:
    assert is_vietnamese_syllable(word)


@pytest.mark.parametrize(
    "word", [*OTHERS.split(), "họ\u0323c", "", " ", "a b", "\u0301", "a" * 100_000]
)
def test_what_is_not_spelled_like_a_syllable_is_none(word: str) -> None:
    assert not is_vietnamese_syllable(word)


@given(st.text(max_size=20))
def test_any_text_can_be_asked_about(text: str) -> None:
    is_vietnamese_syllable(text)
    assert count_syllables(text) >= 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("... !", 0),
        ("Em chào anh ạ.", 4),
        ("25", 3),
        ("năm 2024", 8),
        ("gọi 0912345678", 11),
        ("VNPT", 4),
        ("internet", 3),
    ],
)
def test_syllables_are_counted_as_they_are_said(text: str, count: int) -> None:
    assert count_syllables(text) == count


@given(st.lists(st.sampled_from(SYLLABLES.split()), max_size=30))
def test_each_vietnamese_word_counts_one(words: list[str]) -> None:
    assert count_syllables(" ".join(words)) == len(words)


def test_a_word_that_lost_its_tone_before_a_stop_is_no_syllable() -> None:
    assert is_vietnamese_syllable("mát")
    assert not is_vietnamese_syllable(strip_diacritics("mát"))
