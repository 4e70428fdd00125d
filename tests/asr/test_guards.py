"""What nobody said is kept out; what somebody said is kept, however similar."""

from __future__ import annotations

import tomllib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.asr.guards import TABLE, Guards, compression, unloop

GUARDS = Guards.load()
PHANTOM = "hãy subscribe cho kênh ghiền mì gõ để không bỏ lỡ những video hấp dẫn"


def check(
    text: str, spoken_s: float = 3.0, no_speech: float = 0.05, confidence: float = -0.2
) -> str:
    return GUARDS.check(text, spoken_s, no_speech, confidence)


@pytest.mark.parametrize(
    "text",
    [
        PHANTOM,
        "Hãy subscribe cho kênh La La School Để không bỏ lỡ những video hấp dẫn",
        "hãy subscribe cho kênh lalaschool để không bỏ lỡ những video hấp dẫn.",
        "Các bạn hãy đăng kí cho kênh lalaschool Để không bỏ lỡ những video hấp dẫn.",
        "hãy đăng ký kênh để xem những video hấp dẫn",
        "hãy subscribe cho kênh ghiền mì gõ",
        f"{PHANTOM} {PHANTOM}",
        unicodedata.normalize("NFD", PHANTOM),
    ],
)
def test_the_sentences_of_channels_are_never_heard(text: str) -> None:
    # Even where the network is sure and somebody sang for a long time.
    assert check(text, spoken_s=8.0, no_speech=0.0, confidence=-0.08) == ""


def test_a_phantom_behind_real_words_is_cut_off() -> None:
    assert check(f"con chào bà {PHANTOM}", spoken_s=4.0) == "con chào bà"


@pytest.mark.parametrize(
    "text",
    [
        "con hay xem kênh ghiền mì gõ trên mạng",
        "làm sao để đăng ký kênh của bạn",
        "hãy đăng ký cho con học bơi nhé mẹ",
        "mẹ ơi video này hấp dẫn quá",
        "con không muốn bỏ lỡ những video của bạn ấy",
        "cảm ơn bà đã theo dõi con học bài",
        "cảm ơn các bạn nhiều lắm",
        "hẹn gặp lại bà vào cuối tuần",
        "hẹn gặp lại",
        "chào tạm biệt bà con về",
        "kênh này có phụ đề không",
        "xin chào các bạn của con",
        "subscribe nghĩa là gì",
    ],
)
def test_sentences_with_similar_words_are_heard(text: str) -> None:
    assert check(text) == text
    assert check(text, no_speech=0.5) == text


DOUBTFUL = "cảm ơn các bạn đã theo dõi và hẹn gặp lại"


def test_a_doubtful_sentence_that_was_really_said_is_heard() -> None:
    assert check(DOUBTFUL, spoken_s=2.2) == DOUBTFUL


def test_a_doubtful_sentence_is_dropped_where_too_little_was_spoken() -> None:
    assert check(DOUBTFUL, spoken_s=0.9) == ""


def test_a_doubtful_sentence_is_dropped_where_the_network_doubts() -> None:
    assert check(DOUBTFUL, spoken_s=2.2, no_speech=0.4) == ""


def test_silence_by_the_networks_own_judgement_has_no_text() -> None:
    assert check("vâng ạ", no_speech=0.7, confidence=-1.2) == ""
    assert check("vâng ạ", no_speech=0.7, confidence=-0.5) == "vâng ạ"
    assert check("vâng ạ", no_speech=0.1, confidence=-1.5) == "vâng ạ"


def test_nobody_speaks_thirty_syllables_in_a_second() -> None:
    text = (
        "sáng nay con dậy sớm rồi ra vườn tưới cây giúp ông sau đó hai ông cháu cùng uống trà "
        "và xem chim hót trên cành cao"
    )
    assert check(text, spoken_s=1.0) == ""
    assert check(text, spoken_s=6.0) == text


@pytest.mark.parametrize("text", ["dạ", "dạ vâng", "không có ạ", "ừ"])
def test_a_short_answer_is_not_too_fast(text: str) -> None:
    assert check(text, spoken_s=0.16) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("con đi học " * 20, "con đi học"),
        ("mẹ ơi " + "la " * 40, "mẹ ơi la"),
        ("hôm nay trời đẹp quá " * 4, "hôm nay trời đẹp quá"),
        ("rồi con đi rồi con đi", "rồi con đi rồi con đi"),
        ("không không không không", "không không không không"),
        ("từ từ thôi xa xa kia kìa", "từ từ thôi xa xa kia kìa"),
        ("một hai một hai một hai", "một hai một hai một hai"),
        ("ha ha ha ha ha", "ha ha ha ha ha"),
    ],
)
def test_a_loop_is_heard_once_and_what_people_repeat_is_kept(text: str, expected: str) -> None:
    assert " ".join(unloop(text.split())) == expected


def test_a_long_text_that_only_repeats_is_dropped() -> None:
    loop = "tôi đi học rồi tôi đi làm rồi tôi lại đi học nữa rồi tôi đi chơi với bạn tôi "
    assert compression(loop * 6) > 2.4
    assert check(loop * 6, spoken_s=28.0) == ""


@pytest.mark.parametrize(
    "text",
    [
        "hôm nay con đi học về mệt quá nên con ngủ một giấc đến tận chiều rồi mới ăn cơm với mẹ",
        "một hai ba bốn năm sáu bảy tám chín mười mười một mười hai mười ba mười bốn mười lăm",
        "bà ơi bà cháu yêu bà lắm tóc bà trắng màu trắng như mây cháu yêu bà cháu nắm bàn tay",
    ],
)
def test_ordinary_speech_is_no_repetition(text: str) -> None:
    assert compression(text) < 2.0
    assert check(text, spoken_s=6.0) == text


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=80))
def test_unlooping_only_ever_shortens_and_settles(syllables: list[str]) -> None:
    once = unloop(syllables)
    assert len(once) <= len(syllables)
    assert set(once) == set(syllables)


@given(st.text(max_size=300), st.floats(0, 60), st.floats(0, 1), st.floats(-20, 0))
def test_any_text_is_judged_without_failing(
    text: str, spoken: float, no_speech: float, confidence: float
) -> None:
    assert len(check(text, spoken, no_speech, confidence)) <= len(text)


def test_the_table_is_plain_lower_case_and_without_doubles() -> None:
    table = tomllib.loads(TABLE.read_text("utf-8"))
    assert set(table) == {"always", "doubtful"}
    sentences = [*table["always"], *table["doubtful"]]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert sentence == unicodedata.normalize("NFC", sentence.lower())
        assert not set(sentence) & set(".,!?")
        assert len(sentence.split()) >= 2  # a single word is somebody's answer
