import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.messages import Pair
from modules.persona import PAIRS, repair
from modules.persona.repair import mend
from tests.persona.cases import Case, halves, load

WORDS = """tôi mình bạn em anh chị dạ ạ , . ? ! " “ ” nhé nha bè của cho hỏi để chào ơi Tôi Bạn
Dạ, cháu tớ cậu chúng các phim Lan không lắm \n https://tôi.vn/bạn một với"""
PLAIN = """Tôi bạn mình. trời đẹp, Hà Nội bún chả! ngon lắm; Huế mưa 3,5 triệu - (xa) tớ cậu? Bạn
https://a.vn/toi sông Hương … phở 100% [a] “Tôi”"""
NEUTRAL = ("tôi", "mình", "bạn", "tớ", "cậu")
wild = st.text(max_size=200) | st.lists(st.sampled_from(WORDS.split()), max_size=40).map(" ".join)
pairs = st.sampled_from([choice.pair for choice in PAIRS])


def wrong(cases: list[Case]) -> list[str]:
    return [
        case["text"]
        for case in cases
        if repair(case["text"], case["assistant_self"], case["user_term"]) != case["mended"]
    ]


def test_the_drafts_that_rules_are_written_on_are_mended() -> None:
    assert wrong(halves("repair_cases")[0]) == []


@pytest.mark.parametrize("name", ["repair_cases", "repair_fresh"])
def test_the_drafts_held_out_are_mended_nearly_as_well(name: str) -> None:
    held_out = halves(name)[1]
    assert len(wrong(held_out)) <= 0.05 * len(held_out)


def test_long_drafts_with_lists_quotes_code_and_numbers_are_mended() -> None:
    assert wrong(load("repair_wide")) == []


@given(wild, pairs)
def test_any_text_is_taken_and_comes_out_in_nfc(text: str, pair: Pair) -> None:
    mended = repair(text, pair.assistant_self, pair.user_term)
    assert unicodedata.is_normalized("NFC", mended)


@given(wild, pairs, st.sampled_from([None, "north", "south"]), st.booleans())
def test_mending_twice_changes_nothing_more(text, pair, region, foreign) -> None:  # type: ignore[no-untyped-def]
    once = mend(text, pair, region, foreign=foreign)
    assert mend(once.text, pair, region, foreign=foreign) == once


@given(st.lists(st.sampled_from(PLAIN.split()), max_size=30).map(" ".join), pairs)
def test_no_character_is_lost_but_those_of_the_terms(text: str, pair: Pair) -> None:
    terms = {*NEUTRAL, *pair.assistant_self.split(), *pair.user_term.split()}

    def others(said: str) -> list[str]:
        return [word for word in said.lower().split() if word.strip(",.!?") not in terms]

    assert others(mend(text, pair, foreign=True).text) == others(text)


@given(wild, pairs)
def test_composed_and_decomposed_text_is_mended_alike(text: str, pair: Pair) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert mend(decomposed, pair, foreign=True) == mend(text, pair, foreign=True)


@given(st.text(st.characters(exclude_characters="\"“”«»„‘’'`"), max_size=60), pairs)
def test_what_is_quoted_stays_as_it_is(text: str, pair: Pair) -> None:
    quoted = f"“{unicodedata.normalize('NFC', text)}”"
    assert quoted in repair(f"Câu {quoted} nghĩa là gì?", pair.assistant_self, pair.user_term)


@pytest.mark.parametrize(
    "text",
    ["Bạn bè là quý nhất.", "Hãy là chính mình.", "Chúng tôi đã đi rồi.", "Cô bạn ấy hát hay.",
     "Mở https://toi.vn/tôi-bạn để xem.", "Một mình cũng vui.", "Phim “Tôi và bạn” hay lắm."],
)  # fmt: skip
def test_words_that_only_look_like_the_two_are_left_alone(text: str) -> None:
    assert repair(text, "em", "anh") == text


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Cháu chào bác ạ, bác cần gì ạ?", "Em chào anh ạ, anh cần gì ạ?"),
        ("Tớ tin cậu làm được.", "Em tin anh làm được."),
        ("Cậu ấy tin tớ.", "Cậu ấy tin em."),
        ("Em cảm ơn chị nhiều.", "Em cảm ơn anh nhiều."),
        ("Để anh yên tâm, em sẽ kiểm tra.", "Để anh yên tâm, em sẽ kiểm tra."),
        ("Để anh kiểm tra cho em.", "Để em kiểm tra cho anh."),
        ("Anh có thể giúp gì cho em? Em cứ nói.", "Em có thể giúp gì cho anh? Em cứ nói."),
    ],
)
def test_a_wrong_term_is_replaced_through_its_sentence(text: str, mended: str) -> None:
    assert repair(text, "em", "anh") == mended


def test_a_senior_keeps_the_ạ_that_calls_and_loses_the_one_that_defers() -> None:
    assert repair("Dạ, bà mệt lắm cháu ạ. Bà nghỉ đây ạ.", "bà", "cháu") == (
        "Bà mệt lắm cháu ạ. Bà nghỉ đây."
    )
    assert repair("Dạ.", "bà", "cháu") == "Ừ."


def test_the_softeners_of_two_regions_do_not_mix() -> None:
    assert repair("Ăn đi nha, rồi ngủ nhé.", "chị", "em") == "Ăn đi nha, rồi ngủ nha."
    assert mend("Ăn đi nha em, rồi ngủ nhé.", Pair("chị", "em"), "north").text == (
        "Ăn đi nhé em, rồi ngủ nhé."
    )
    assert mend("Đi nha sĩ khám răng nhé.", Pair(), "south").text == "Đi nha sĩ khám răng nha."


def test_doubtful_words_are_counted_and_left() -> None:
    mended = mend("Đôi khi mình cần nghỉ.", Pair("em", "anh"))
    assert (mended.text, mended.left) == ("Đôi khi mình cần nghỉ.", 1)


@pytest.mark.parametrize("field", ["assistant_self", "user_term"])
def test_an_unknown_term_is_refused_by_name(field: str) -> None:
    terms = {"assistant_self": "em", "user_term": "anh", field: "hoàng thượng"}
    with pytest.raises(InvalidInput) as raised:
        repair("Xin chào", **terms)
    assert raised.value.code == "invalid_input.unknown_term"
    assert raised.value.params == {"field": field, "term": "hoàng thượng"}


def test_terms_may_be_given_in_any_case_and_form() -> None:
    assert repair("Tôi chào bạn.", "EM", "chi\u0323") == "Em chào chị."
