"""Every shown word gets its time: once, in order, and where it is said."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.messages import SpokenWord
from modules.text.captions import Captions, divided, read_words, shown_words
from modules.tts import normalize
from tests.tts.normalize_cases import load

CASES = [
    case.text
    for name in ("cases", "blind", "blind2")
    for case in load("all", f"normalize_{name}.jsonl")
]
PIECES = sorted({word for text in CASES for word in text.split()})
SIGNS = [
    "😊",
    "👨‍👩‍👧",
    "“",
    "”",
    "–",
    "...",
    ":))",
    "(",
    "!",
    "漢字",
    "\u200b",
    "=",
    "**",
    "1e9",
    "ko",
    "đc",
]
texts = st.lists(
    st.sampled_from(PIECES) | st.sampled_from(SIGNS) | st.text(max_size=6), max_size=14
)


def heard(spoken: str, length: int = 100, gap: int = 10) -> tuple[SpokenWord, ...]:
    """The words of what is read, one after another, each as long."""
    return tuple(
        SpokenWord(i * (length + gap), i * (length + gap) + length, word)
        for i, word in enumerate(read_words(spoken))
    )


def captioned(text: str, spoken: str | None = None) -> tuple[SpokenWord, ...]:
    read = normalize(text) if spoken is None else spoken
    words = heard(read)
    captions = Captions(text, read, normalize)
    end = words[-1].end if words else 0
    return (*captions.take(words, end), *captions.rest(end))


def reading(text: str) -> dict[str, str]:
    """Which words of what is read each group of shown words is given."""
    read = normalize(text)
    words, found = read_words(read), {}
    for share in divided(text, read, normalize):
        found[" + ".join(share.shown)] = " ".join(words[: share.read])
        words = words[share.read :]
    assert not words
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hẹn lúc 7h30 ngày 2/9 nhé.",
            {
                "Hẹn": "hẹn", "lúc": "lúc", "7h30": "bảy giờ ba mươi", "ngày": "ngày",
                "2/9": "hai tháng chín", "nhé.": "nhé",
            },
        ),
        (
            "Giá 2 triệu 500k, gọi 0909 123 456 nha!",
            {
                "Giá": "giá", "2": "hai", "triệu": "triệu", "500k,": "năm trăm nghìn",
                "gọi": "gọi", "0909": "không chín không chín", "123": "một hai ba",
                "456": "bốn năm sáu", "nha!": "nha",
            },
        ),
        (
            "TP. HCM có 9,5 triệu dân",
            {
                "TP.": "thành phố", "HCM": "hồ chí minh", "có": "có", "9,5": "chín phẩy năm",
                "triệu": "triệu", "dân": "dân",
            },
        ),
        (
            "Dùng email, Facebook hoặc wifi 5GHz",
            {
                "Dùng": "dùng", "email,": "i meo", "Facebook": "phây búc", "hoặc": "hoặc",
                "wifi": "oai phai", "5GHz": "năm gi ga héc",
            },
        ),
        ("ko bít j lun á", {"ko": "không", "bít": "biết", "j": "gì", "lun": "luôn", "á": "á"}),
        (
            "Ngày 3 tháng 3, ba đi",
            {
                "Ngày": "ngày", "3": "ba", "tháng": "tháng", "3,": "ba", "ba": "ba", "đi": "đi",
            },
        ),
        ("漢字 xin chào", {"漢字 + xin": "xin", "chào": "chào"}),
    ],
)  # fmt: skip
def test_each_shown_word_is_given_the_words_that_read_it(text, expected):
    assert reading(text) == expected


def test_punctuation_and_pictures_stay_with_their_word():
    assert shown_words("– “Chào” bạn 😊 ! (Khoẻ không?)") == (
        "– “Chào”", "bạn 😊 !", "(Khoẻ", "không?)",
    )  # fmt: skip
    assert shown_words("😊 !") == ("😊 !",)
    assert shown_words("  ") == ()


def test_a_word_is_shown_from_its_first_sound_to_its_last():
    words = {word.text: (word.start, word.end) for word in captioned("Hẹn lúc 7h30 nhé 😊.")}
    assert words == {"Hẹn": (0, 100), "lúc": (110, 210), "7h30": (220, 650), "nhé 😊.": (660, 760)}


def test_words_that_nothing_reads_share_the_time_of_the_one_before():
    words = captioned("xin chào 漢字")
    assert [word.text for word in words] == ["xin", "chào", "漢字"]
    assert (words[1].start, words[2].end) == (110, 210)
    assert words[1].end == words[2].start == 160


def test_what_nobody_can_say_is_still_shown():
    assert captioned("😊 🎉") == (SpokenWord(0, 0, "😊 🎉"),)


@settings(deadline=None)
@given(texts)
def test_every_shown_word_comes_once_in_order_and_inside_the_clause(parts):
    text = " ".join(parts)
    words = captioned(text)
    assert " ".join(word.text for word in words).split() == text.split()
    end = max((word.end for word in heard(normalize(text))), default=0)
    at = 0
    for word in words:
        assert at <= word.start <= word.end <= end
        at = word.start


@settings(deadline=None)
@given(texts, st.lists(st.integers(0, 60), max_size=4))
def test_a_clause_in_pieces_loses_and_doubles_no_word(parts, cuts):
    text = " ".join(parts)
    read = normalize(text)
    words = heard(read)
    captions, found = Captions(text, read, normalize), []
    edges = [0, *sorted(min(cut, len(words)) for cut in cuts), len(words)]
    for first, last in itertools.pairwise(edges):
        piece = words[first:last]
        found += captions.take(piece, 1 if piece else 0)
    found += captions.rest(0)
    assert " ".join(word.text for word in found).split() == text.split()
    starts = [word.start for word in found if word.end]
    assert starts == sorted(starts)


def test_a_voice_that_splits_or_drops_words_throws_nothing_out_of_step():
    text = "Một hai ba bốn năm sáu"
    captions = Captions(text, normalize(text), normalize)
    said = ["một", "ha", "i", "bốn", "năm", "sáu"]
    words = captions.take([SpokenWord(i * 10, i * 10 + 10, w) for i, w in enumerate(said)], 60)
    times = {word.text: (word.start, word.end) for word in words}
    assert list(times) == text.split()
    assert times["Một"] == (0, 30)
    # The two that were skipped come with the first that is known again.
    assert (times["hai"][0], times["bốn"][1]) == (30, 40)
    assert (times["năm"], times["sáu"]) == ((40, 50), (50, 60))


def test_speech_without_words_is_given_what_it_would_take_to_say_them():
    text = "Chào bạn nhé"
    whole = Captions(text, normalize(text), normalize).take((), 15_000)
    assert (whole[0].start, whole[-1].end) == (0, 15_000)
    captions = Captions(text, normalize(text), normalize)
    begun = captions.take((), 2_000)
    assert [word.text for word in begun] == text.split()
    assert begun[-1].end > 10_000
    assert captions.take((), 9_000) == captions.rest(0) == ()


def test_a_page_of_digits_is_divided_at_once():
    text = " ".join(["123456789"] * 40)
    assert [share.shown for share in divided(text, normalize(text), normalize)] == [
        ("123456789",)
    ] * 40
