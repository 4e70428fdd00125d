import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import Persona, User
from modules.persona import address, infer
from modules.text.nfc import strip_diacritics
from tests.persona.cases import Case, halves, load

WORDS = """
em anh chị con cháu mẹ ơi ạ của là gọi xưng bạn mình tôi không phải , . ? ! " “ ” ' a e c oi
đừng bài phim Lan Em theo và với dạ vâng ba hai tiếng Anh 5 nhé đi cho để con mèo https://a.vn
"""
wild = st.text(max_size=200) | st.lists(st.sampled_from(WORDS.split()), max_size=40).map(" ".join)


def told(utterance: str, persona: Persona | None = None) -> tuple[str | None, str | None]:
    evidence = infer(utterance, persona)
    return evidence.user_self, evidence.addressee


def accuracy(cases: list[Case]) -> float:
    right = sum(told(case["utterance"]) == (case["user_self"], case["addressee"]) for case in cases)
    return right / len(cases)


@pytest.mark.parametrize("case", load("address_examples"), ids=lambda case: str(case["utterance"]))
def test_the_examples_of_the_field_are_understood(case: Case) -> None:
    assert told(case["utterance"]) == (case["user_self"], case["addressee"])


def test_the_half_that_rules_are_written_on_is_understood() -> None:
    assert accuracy(halves("address_cases")[0]) >= 0.99


def test_the_half_held_out_is_understood_nearly_as_well() -> None:
    assert accuracy(halves("address_cases")[1]) >= 0.94


def test_what_earlier_rules_got_wrong_stays_mended() -> None:
    assert accuracy(load("address_more")) >= 0.97


def test_harder_cases_are_understood_and_those_held_out_nearly_as_well() -> None:
    seen, held_out = halves("address_fresh")
    assert accuracy(seen) >= 0.97
    assert accuracy(held_out) >= 0.9


WIDE = [f"address_wide{number}" for number in ("", 2, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize("name", WIDE)
def test_many_situations_are_understood(name: str) -> None:
    assert accuracy(load(name)) >= 0.95


def test_plain_words_are_understood_without_marks_as_well() -> None:
    typed = [
        {**case, "utterance": strip_diacritics(case["utterance"]).lower()}
        for case in load("address_wide7")
    ]
    assert accuracy(typed) >= 0.9


SHOUTED = [case for case in halves("address_cases")[0] if case["kind"] != "no diacritics, teencode"]


@pytest.mark.parametrize(
    ("spelled", "least"),
    [(str.lower, 0.97), (str.upper, 0.95), (strip_diacritics, 0.94)],
    ids=["small letters", "capitals", "no marks"],
)
def test_the_way_it_is_typed_costs_little(spelled: Callable[[str], str], least: float) -> None:
    typed = [{**case, "utterance": spelled(case["utterance"])} for case in SHOUTED]
    assert accuracy(typed) >= least


def test_what_was_written_while_rules_were_mended_stays_understood() -> None:
    assert accuracy(load("address_later")) >= 0.95


@given(wild)
def test_any_text_is_taken_and_what_is_told_can_be_used(text: str) -> None:
    evidence = infer(text)
    assert evidence.user_self is None or evidence.user_self != evidence.addressee
    assert (evidence.strength == "none") == (not evidence.user_self and not evidence.addressee)
    answer = address(text, Persona(), User())
    pair = answer["pair"]
    assert isinstance(pair, dict)
    assert pair["assistant_self"]
    assert pair["user_term"]


@given(wild)
def test_composed_and_decomposed_text_tells_the_same(text: str) -> None:
    assert infer(unicodedata.normalize("NFD", text)) == infer(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    "utterance",
    [
        "chị ơi cho em hỏi",
        "CHỊ ƠI CHO EM HỎI",
        "Chị ơi, cho em hỏi!",
        "chi oi cho em hoi",
        "c ơi cho e hỏi",
        "chị\u200b ơi cho em hỏi",
        "chi\u0323 ơi cho em hỏi",
    ],
)
def test_case_marks_spelling_and_invisible_characters_do_not_matter(utterance: str) -> None:
    assert told(utterance) == ("em", "chị")


@pytest.mark.parametrize(
    "utterance",
    [
        "Chị Hằng nghỉ rồi.",
        "chị hằng nghỉ rồi",
        "Con mèo trèo cây cau.",
        "Tiếng Anh khó quá.",
        'Bài "Em ơi Hà Nội phố" hay.',
        "Bạn bè là để giúp nhau.",
        "Ông ấy về rồi.",
        "Một mình buồn lắm.",
        "Size M còn không?",
        "vitamin c tốt cho da",
        "Hai anh em họ giận nhau.",
    ],
)
def test_what_only_looks_like_a_term_tells_nothing(utterance: str) -> None:
    assert told(utterance) == (None, None)


def test_a_called_term_is_strong_evidence_and_a_plain_one_weak() -> None:
    assert infer("Chị ơi!").strength == "strong"
    assert infer("Em mệt quá.").strength == "weak"
    assert infer("Trời đẹp quá.").strength == "none"


def test_reasons_name_the_rule_and_the_words() -> None:
    assert infer("Chị ơi giúp em với").reasons[0] == ("vocative", "chị ơi")


def test_a_wish_is_explicit_and_goes_before_what_is_said() -> None:
    evidence = infer("Em ơi, từ giờ xưng cháu gọi bác nhé.")
    assert evidence.explicit
    assert (evidence.user_self, evidence.addressee) == ("bác", "cháu")
    assert (evidence.wish.assistant_self, evidence.wish.user_term) == ("cháu", "bác")


@pytest.mark.parametrize(
    "utterance", ["Gọi điện cho chị giúp em.", "Em gọi mãi không được.", "Đừng gọi tôi là chị."]
)
def test_not_every_call_is_a_wish(utterance: str) -> None:
    assert not infer(utterance).explicit


def test_the_name_of_the_assistant_makes_it_the_hearer() -> None:
    assert told("Chị Linh nghĩ sao?") == (None, None)
    assert told("Chị Linh nghĩ sao?", Persona(name="Mai Linh")) == (None, "chị")


def test_the_gender_of_the_assistant_speaks_against_the_other_gender() -> None:
    assert told("Anh thấy sao?", Persona(gender="male")) == (None, "anh")
    assert told("Anh thấy sao?", Persona(gender="female")) == (None, None)


def test_address_answers_none_where_nothing_is_told() -> None:
    answer = address("Hai cộng hai bằng mấy?")
    assert answer == {
        "user_self": None,
        "addressee": None,
        "assistant_self": None,
        "user_term": None,
        "evidence": [],
        "pair": {"assistant_self": "mình", "user_term": "bạn"},
    }


def test_address_joins_what_was_given_with_what_was_heard() -> None:
    answer = address("Em chào cô ạ", Persona(self_term="chị"))
    assert (answer["addressee"], answer["assistant_self"]) == ("cô", "chị")
    assert answer["pair"] == {"assistant_self": "chị", "user_term": "em"}
    assert address("Chào", None, User(self_term="cháu", addressee="bà"))["pair"] == {
        "assistant_self": "bà",
        "user_term": "cháu",
    }
