"""English words, and Vietnamese words without their marks, in an answer."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modules.persona
from modules.messages import Pair
from modules.persona import Guard
from modules.persona.foreign import foreign_words
from modules.persona.utterance import Utterance
from modules.text.edits import apply
from modules.text.nfc import has_diacritics, strip_diacritics
from modules.text.syllables import is_vietnamese_syllable

RULES = Path(modules.persona.__file__).with_name("rules") / "foreign.toml"
DATA = tomllib.loads(RULES.read_text(encoding="utf-8"))
WORDS = """
Hello okay em anh check lại nhé , . ? “ ” ` khong duoc biet trời đẹp Taylor Swift wifi surprise
user_name a.b 天气 привет thank you and Trời 5 km bpm the happy
"""
wild = st.text(max_size=120) | st.lists(st.sampled_from(WORDS.split()), max_size=30).map(" ".join)


def mended(text: str) -> tuple[str, int]:
    answer, _ = Utterance.written(text)
    edits, left = foreign_words(answer)
    return apply(text, edits), left


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Hello anh, em rất happy được gặp anh.", "Xin chào anh, em rất vui được gặp anh."),
        ("Okay, em check lại rồi báo anh nhé.", "Được, em kiểm tra lại rồi báo anh nhé."),
        ("Thank you anh nhiều!", "Cảm ơn anh nhiều!"),
        ("Món này ngon, but hơi mặn.", "Món này ngon, nhưng hơi mặn."),
        ("Em khong rõ, anh cho em xem lại nhé.", "Em không rõ, anh cho em xem lại nhé."),
        ("Xin chao anh!", "Xin chào anh!"),
        ("KHÔNG SORRY GÌ CẢ", "KHÔNG SORRY GÌ CẢ"),
    ],
)
def test_what_the_tables_know_is_put_into_vietnamese(text: str, after: str) -> None:
    assert mended(text) == (after, 0)


@pytest.mark.parametrize(
    "text",
    [
        "Em thích nghe nhạc của Taylor Swift.",
        "Anh dùng iPhone hay Samsung?",
        "Anh cài Google Maps và Facebook Messenger chưa?",
        "Gõ user_name rồi nhấn Enter.",
        "Mở tệp config.yaml ở /home/check/update nhé.",
        "Xem ở https://hello.com/check?update=yes nhé.",
        "Từ “hello” nghĩa là xin chào.",
        "Xin chào trong tiếng Anh là hello.",
        "Chạy `print(hello)` là xong.",
        "Anh nhớ mang laptop, sạc và passport nhé.",
        "Sáng nay em đi bộ 5 km, nhịp tim 120 bpm.",
        "Đắk Lắk, Kon Tum và Pleiku ở Tây Nguyên.",
        "Nghe bài Someone Like You đi anh.",
        "Em bật wifi rồi, anh vào mạng đi.",
        "Em ăn bánh mì ốp la với xúc xích.",
    ],
)
def test_names_brands_code_links_quotations_and_loanwords_stay(text: str) -> None:
    assert mended(text) == (text, 0)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Em có một surprise cho anh.", 1),
        ("Nha hang nay ban bun bo rat ngon.", 1),
        ("Anh Nam meeting nhé.", 1),
        ("Mình bận meeting rồi.", 1),
        ("Trời hôm nay 天气 đẹp.", 1),
        ("I am very happy today because of you.", 1),
        ("Em thích hello kitty.", 1),
    ],
)
def test_what_cannot_be_mended_with_safety_is_left_and_counted(text: str, left: int) -> None:
    assert mended(text) == (text, left)


@given(wild)
def test_mending_twice_changes_nothing_more(text: str) -> None:
    once, left = mended(text)
    again, left_again = mended(once)
    assert again == once
    assert left >= left_again >= 0


VIETNAMESE = st.sampled_from(
    ["trời", "hôm", "nay", "đẹp", "quá,", "em", "đi", "chơi", "nhé!", "bạn", "bè"]
)


@given(st.lists(VIETNAMESE))
def test_vietnamese_words_are_left_alone(words: list[str]) -> None:
    text = " ".join(words)
    assert mended(text) == (text, 0)


def test_the_guard_mends_before_terms_and_counts_what_it_left() -> None:
    guard = Guard(Pair("em", "anh"))
    clauses = [*guard.push("Hello bạn, tôi có một surprise nhé. "), *guard.finish()]
    assert "".join(clauses).strip() == "Xin chào anh, em có một surprise nhé."
    assert guard.counted() == (1, 1)
    assert guard.counted() == (0, 0)


@pytest.mark.parametrize("phrase", [*DATA["english"], *DATA["marks"]])
def test_an_entry_is_lower_case_and_no_vietnamese_as_it_stands(phrase: str) -> None:
    assert phrase == phrase.lower() == " ".join(phrase.split())
    assert phrase not in DATA["kept"]["words"]
    if phrase in DATA["english"]:
        assert not all(is_vietnamese_syllable(word) for word in phrase.split())


@pytest.mark.parametrize(("bare", "marked"), DATA["marks"].items())
def test_a_restored_word_is_the_same_word_with_its_marks(bare: str, marked: str) -> None:
    assert strip_diacritics(marked) == bare
    assert has_diacritics(marked)
    assert all(is_vietnamese_syllable(word) for word in marked.split())


@pytest.mark.parametrize(
    ("bare", "marked"),
    [
        ("Rat vui duoc gap ban!", "Rất vui được gặp bạn!"),
        ("Cam on anh nhieu", "Cảm ơn anh nhiều"),
        ("Toi co the giup gi cho ban?", "Tôi có thể giúp gì cho bạn?"),
        ("Toi khong biet.", "Tôi không biết."),
        ("Ban co khoe khong?", "Bạn có khỏe không?"),
        ("Hom nay troi dep qua.", "Hôm nay trời đẹp quá."),
    ],
)
def test_a_sentence_without_any_marks_is_given_them_where_every_word_is_sure(
    bare: str, marked: str
) -> None:
    assert mended(bare) == (marked, 0)


@pytest.mark.parametrize(
    "text",
    [
        "La cay rung rat nhieu ngoai san.",
        "Em rat nho Hoi An.",
        "Phong 12 rat dep va rong.",
        "May bay cat canh luc may gio?",
    ],
)
def test_a_sentence_with_an_unsure_word_a_name_or_a_number_stays_and_is_counted(text: str) -> None:
    assert mended(text) == (text, 1)


def test_a_meeting_is_one_only_behind_what_counts_it_or_a_preposition() -> None:
    assert mended("Buổi meeting chiều nay.") == ("Buổi họp chiều nay.", 0)
    assert mended("Trong meeting anh nói hay.") == ("Trong cuộc họp anh nói hay.", 0)
    assert mended("Một meeting nữa.") == ("Một cuộc họp nữa.", 0)


def test_a_bare_clause_is_spoken_with_its_marks_and_in_the_pair() -> None:
    guard = Guard(Pair("em", "anh"))
    clauses = [*guard.push("Dạ, em nghe. Rat vui duoc gap ban! "), *guard.finish()]
    assert "".join(clauses).strip() == "Dạ, em nghe. Rất vui được gặp anh!"
    assert guard.left == 0
