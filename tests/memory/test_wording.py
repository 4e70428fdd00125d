import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.memory.wording import fold, vocabulary, words


@pytest.mark.parametrize(
    ("text", "bare"),
    [("Đà Nẵng", "da nang"), ("PHỞ bò", "pho bo"), ("Nguyễn Thị Ước", "nguyen thi uoc")],
)
def test_folding_takes_the_diacritics_away(text, bare):
    assert fold(text) == bare


@pytest.mark.parametrize(
    ("new", "old"), [("hoà", "hòa"), ("khoẻ", "khỏe"), ("thuỷ", "thủy"), ("Hoá", "hóa")]
)
def test_both_spellings_of_an_open_syllable_are_one_word(new, old):
    assert words(new) == words(old) == [old]


@pytest.mark.parametrize("text", ["hoàn", "quý", "toán", "quỳnh", "khoảng"])
def test_a_syllable_with_only_one_spelling_stays(text):
    assert words(text) == [text]


def test_decomposed_and_composed_text_are_the_same_words():
    assert words("ti\u1ebfng") == words("tie\u0302\u0301ng")


def test_a_phrase_is_found_with_and_without_its_diacritics():
    reading = vocabulary().reading

    def named(text):
        return {concept.name for concept in reading(words(text)).concepts(words(text))}

    assert "allergy" in named("mình dị ứng tôm")
    assert "allergy" in named("minh di ung tom")


def test_father_is_not_found_in_beef():
    tokens = words("minh thich bo")
    names = {concept.name for concept in vocabulary().reading(tokens).concepts(tokens)}
    assert "father" not in names


def test_asking_for_the_cats_name_is_not_asking_for_ones_own():
    def named(text):
        tokens = words(text)
        return {concept.name for concept in vocabulary().reading(tokens).concepts(tokens)}

    assert "own name" in named("Bạn nhớ tên mình không?")
    assert "own name" not in named("Con mèo nhà mình tên gì?")


@given(st.text())
def test_any_text_has_words_without_spaces_that_case_does_not_change(text):
    assert words(text.upper().lower()) == words(text.upper())
    assert all(word and not word.isspace() for word in words(text))
