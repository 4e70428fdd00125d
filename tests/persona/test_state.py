from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import Pair, Persona, User
from modules.persona import AddressState, advance, choose, undo
from modules.persona.reciprocity import NO_TERMS

MALE = Persona(gender="male")


def after(*utterances: str, persona: Persona | None = None) -> AddressState:
    state = AddressState()
    for utterance in utterances:
        state = advance(state, utterance, persona)
    return state


def test_a_conversation_starts_neutral_and_takes_up_the_first_sign() -> None:
    assert after("Hôm nay mưa.").pair == Pair("mình", "bạn")
    assert after("Em mệt quá.", persona=MALE).pair == Pair("anh", "em")
    assert after("Tớ buồn.").pair == Pair("tớ", "cậu")


def test_a_pair_once_heard_stays_through_turns_without_a_sign() -> None:
    state = after("Chị ơi giúp em với.", "Hai cộng hai bằng mấy?", "Trời mưa.")
    assert state.pair == Pair("chị", "em")
    assert state.reason == "detected"
    assert not state.changed


def test_a_called_term_changes_the_pair_at_once() -> None:
    state = after("Chị ơi giúp em với.", "Cô ơi, cháu hỏi chút.")
    assert state.pair == Pair("cô", "cháu")
    assert state.changed
    assert state.previous == Pair("chị", "em")


def test_a_weak_sign_changes_the_pair_only_when_it_comes_twice() -> None:
    once = after("Chị ơi giúp em với.", "Mình thấy bạn nói đúng.")
    assert once.pair == Pair("chị", "em")
    assert advance(once, "Mình thích bạn.").pair == Pair("mình", "bạn")
    other_between = advance(advance(once, "Chị ơi em đây."), "Mình thích bạn.")
    assert other_between.pair == Pair("chị", "em")


def test_the_half_that_nobody_told_is_taken_from_a_weak_sign_at_once() -> None:
    state = advance(AddressState(), "Chào em")
    assert state.pair.assistant_self == "em"
    assert advance(state, "Anh thích uống cà phê.").pair == Pair("em", "anh")


def test_cậu_is_a_friend_unless_it_was_an_uncle_before() -> None:
    assert after("Phim gì hay hả cậu?").pair == Pair("tớ", "cậu")
    assert after("Cậu ơi, cháu đói.", "Phim gì hay hả cậu?").pair == Pair("cậu", "cháu")


def test_whoever_calls_the_assistant_em_is_called_by_their_gender_or_both_ways() -> None:
    female = User(gender="female")
    assert advance(AddressState(), "Chào em", None, female).pair == Pair("em", "chị")
    assert after("Chào em").pair == Pair("em", "anh chị")


def test_a_wish_goes_before_everything_and_lasts() -> None:
    wished = after("Chị ơi em đây.", "Xưng cháu gọi bác nhé.")
    assert (wished.pair, wished.reason) == (Pair("cháu", "bác"), "wish")
    assert advance(wished, "Chị ơi, em hỏi.").pair == Pair("cháu", "bác")
    given = Persona(self_term="cô", user_term="em")
    assert advance(wished, "Vâng.", given).pair == Pair("cháu", "bác")


def test_a_later_wish_replaces_an_earlier_one() -> None:
    assert after("Xưng cháu gọi bác nhé.", "Thôi xưng em gọi anh đi.").pair == Pair("em", "anh")


def test_what_the_caller_fixed_goes_before_what_is_heard() -> None:
    state = advance(AddressState(), "Cô ơi, cháu hỏi.", Persona(self_term="chị", user_term="em"))
    assert (state.pair, state.reason) == (Pair("chị", "em"), "given")
    user = User(self_term="con", addressee="bà")
    assert advance(AddressState(), "Cô ơi, cháu hỏi.", None, user).pair == Pair("bà", "con")


def test_a_card_and_a_stored_profile_yield_to_what_is_heard() -> None:
    card = Persona(self_term="em", user_term="anh")
    start = AddressState()
    quiet = advance(start, "Trời mưa.", card=card)
    assert (quiet.pair, quiet.reason) == (Pair("em", "anh"), "card")
    assert advance(quiet, "Em buồn quá chị ơi.", card=card).pair == Pair("chị", "em")
    stored = User(self_term="cháu", addressee="bà")
    known = advance(start, "Trời mưa.", card=card, stored=stored)
    assert (known.pair, known.reason) == (Pair("bà", "cháu"), "stored")


def test_a_choice_in_the_panel_stays_until_a_wish() -> None:
    state = choose(after("Chị ơi em đây."), Pair("tớ", "cậu"))
    assert (state.pair, state.reason) == (Pair("tớ", "cậu"), "given")
    assert advance(state, "Chị ơi, em hỏi.").pair == Pair("tớ", "cậu")
    assert advance(state, "Xưng em gọi chị nhé.").pair == Pair("em", "chị")


def test_one_click_undoes_a_change_and_another_brings_it_back() -> None:
    changed = after("Chị ơi giúp em.", "Cô ơi, cháu hỏi.")
    back = undo(changed)
    assert back.pair == Pair("chị", "em")
    assert undo(back).pair == Pair("cô", "cháu")
    assert undo(AddressState()) == AddressState()


def test_rude_words_are_understood_and_not_returned() -> None:
    assert after("Mày rảnh không, tao buồn.").pair == Pair("mình", "bạn")


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_conversation_has_a_pair(utterances: list[str]) -> None:
    state = after(*utterances, persona=MALE)
    assert state.pair.assistant_self
    assert state.pair.user_term


@pytest.mark.parametrize(
    "question",
    [
        "Anh tên gì em biết không?",
        "anh ten gi em biet khong",
        "Anh bao nhiêu tuổi em còn nhớ không?",
        "anh là ai em đoán xem",
    ],
)
def test_who_asks_whether_their_own_name_is_known_stays_who_they_are(question: str) -> None:
    linh = Persona(name="Linh", gender="female")
    known = after("Anh mệt quá em ơi.", persona=linh)
    asked = advance(known, question, linh)
    assert asked.pair == known.pair == Pair("em", "anh")
    assert advance(asked, "Ngủ ngon nhé em", linh).pair == Pair("em", "anh")


def test_who_asks_for_their_own_name_to_be_remembered_is_the_one_with_the_name() -> None:
    assert after("Em tên gì anh nhớ không?").pair == Pair("anh", "em")
    assert after("Em tên gì?").evidence.addressee == "em"


def test_a_half_that_was_known_before_brings_its_other_half_back() -> None:
    state = choose(after("Anh mệt quá em ơi."), Pair("anh", "em"))
    assert state.previous == Pair("em", "anh")
    state = advance(replace(state, chosen=NO_TERMS), "Ngủ ngon nhé em")
    assert state.pair == Pair("em", "anh")
    assert after("Chị ơi giúp em với.", "Ngủ ngon nhé em").pair == Pair("em", "anh chị")


@pytest.mark.parametrize(
    "said",
    [
        "Nói chuyện chán bỏ mẹ",
        "Mệt thấy mẹ luôn",
        "Chết mẹ rồi",
        "Đau bỏ mẹ ra",
        "Bỏ mẹ rồi",
        "ma nghi lai thay buon",
        "ma nghi hoai khong ra",
    ],
)
def test_an_oath_or_a_bare_mà_calls_nobody(said: str) -> None:
    assert after(said).pair == Pair()
    assert after("Anh mệt quá em ơi.", said, said).pair == Pair("em", "anh")


@pytest.mark.parametrize(
    ("said", "mother"),
    [
        ("Con thấy mẹ mệt", "mẹ"),
        ("Chết mẹ ơi con quên rồi", "mẹ"),
        ("Mẹ ơi con không muốn bỏ mẹ", "mẹ"),
        ("ma oi con doi bung", "má"),
    ],
)
def test_a_mother_who_is_seen_left_or_called_is_one(said: str, mother: str) -> None:
    assert after(said).pair == Pair(mother, "con")
