"""Drafts in which the assistant gives advice as if it were the user."""

import pytest

from modules.messages import Pair
from modules.persona import Guard

PAIRS = [Pair("em", "chị"), Pair("em", "anh"), Pair("cháu", "bác"), Pair("chị", "em")]


def guarded(text: str, pair: Pair) -> tuple[str, int]:
    guard = Guard(pair)
    return "".join([*guard.push(text), *guard.finish()]), guard.left


def filled(text: str, pair: Pair) -> str:
    me, you = pair.assistant_self, pair.user_term
    return text.format(me=me, you=you, Me=me.capitalize(), You=you.capitalize())


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("{You} nghĩ {me} nên nghỉ ngơi.", "{Me} nghĩ {you} nên nghỉ ngơi."),
        ("{You} khuyên {me} nên ngủ sớm.", "{Me} khuyên {you} nên ngủ sớm."),
        ("{You} thấy {me} cần uống nhiều nước.", "{Me} thấy {you} cần uống nhiều nước."),
    ],
)
def test_advice_that_no_assistant_needs_is_given_to_the_user(
    pair: Pair, draft: str, said: str
) -> None:
    text, left = guarded(filled(draft, pair), pair)
    assert text.removeprefix("Dạ, ").casefold() == filled(said, pair).casefold()
    assert left == 0


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    "draft",
    [
        "{You} nghĩ {me} nên nói với mẹ.",
        "{You} thấy {me} mệt rồi.",
        "{You} muốn {me} vui.",
        "{You} biết {me} buồn.",
        "{You} mong là {me} luôn khỏe.",
    ],
)
def test_what_the_user_may_have_said_so_stays_is_counted_and_opens_with_no_respect(
    pair: Pair, draft: str
) -> None:
    assert guarded(filled(draft, pair), pair) == (filled(draft, pair), 1)


@pytest.mark.parametrize(
    "draft",
    [
        "Em nghĩ chị nên nghỉ ngơi.",
        "Hôm nay chị thấy em thế nào?",
        "Chị muốn em kể chuyện gì ạ?",
        "Chị nghĩ em nên làm gì?",
        "Chị biết em luôn ở đây mà.",
        "Nếu chị nghĩ em nên nghỉ thì chị cứ nói.",
        "Chị nghĩ mẹ nên nghỉ ngơi.",
        "Chị Lan nghĩ em nên nghỉ ngơi.",
    ],
)
def test_questions_suppositions_and_other_people_are_no_such_advice(draft: str) -> None:
    text, left = guarded(draft, Pair("em", "chị"))
    assert text.removeprefix("Dạ, ").casefold() == draft.casefold()
    assert left == 0
