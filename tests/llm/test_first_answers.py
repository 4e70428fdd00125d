"""Different first messages of different visitors are answered differently, by default."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from modules.llm.companion.answer import answer
from modules.llm.companion.quoting import quoted
from modules.llm.companion.talk import talk_of
from modules.messages import Line, Pair, TurnRequest
from modules.persona import address
from tests.llm.test_dialogues import EVENING

MAP = tomllib.loads(Path(__file__).with_name("danger_map.toml").read_text(encoding="utf-8"))
GREETINGS = {
    ("em", "anh"): (
        "chào em",
        "xin chào em",
        "hello em",
        "hi em nha",
        "alo em ơi",
        "em ơi",
        "chào em nhé",
    ),
    ("cháu", "bác"): ("chào cháu", "bác chào cháu", "cháu ơi", "chào cháu nhé", "alo cháu à"),
    ("mình", "bạn"): ("chào bạn", "xin chào", "hi", "hello", "chào bạn nha", "bạn ơi", "alo"),
}


def first(text: str, pair: Pair | None = None) -> str:
    chosen: dict[str, Any] = address(text)["pair"]
    asked = TurnRequest(1, text, pair=pair or Pair(**chosen))
    return " ".join(answer(asked, EVENING))


def test_hundreds_of_first_messages_that_nothing_was_written_for_get_answers_of_their_own() -> None:
    said = MAP["none"]
    assert len(said) > 200
    counted = Counter(map(first, said))
    assert len(counted) >= 0.99 * len(said), [text for text, n in counted.items() if n > 1]


@pytest.mark.parametrize("pair", GREETINGS, ids=lambda pair: "-".join(pair))
def test_greetings_of_the_same_meaning_are_answered_in_other_words(pair: tuple[str, str]) -> None:
    said = GREETINGS[pair]
    assert len({first(text, Pair(*pair)) for text in said}) >= len(said) - 1
    assert first(said[0], Pair(*pair)) != first(said[1], Pair(*pair))


def test_the_same_first_message_gets_the_same_answer() -> None:
    for text in MAP["none"][:20]:
        assert first(text) == first(text)


def test_only_the_first_answer_quotes_and_nothing_rude_is_quoted() -> None:
    asked = TurnRequest(1, "thủ đô của Mông Cổ là gì", pair=Pair())
    assert "“thủ đô của mông cổ là gì”" in " ".join(answer(asked, EVENING)).lower()
    before = (Line("user", "hi"), Line("assistant", "Chào bạn."))
    later = TurnRequest(1, asked.text, history=before, pair=Pair())
    assert "“" not in " ".join(answer(later, EVENING))
    for text in (
        "đm sao nó như vậy hả",
        "asdkj qwepo zxmcn",
        "ok",
        "😂",
        "what is the capital of France",
    ):
        assert quoted(talk_of(TurnRequest(1, text, pair=Pair()), EVENING)) is None, text


def test_what_is_long_is_quoted_from_its_longest_clause() -> None:
    text = "ơ kìa, con mèo nhà hàng xóm nó nhảy qua cửa sổ vô nhà em rồi ăn hết cá"
    found = quoted(talk_of(TurnRequest(1, text, pair=Pair()), EVENING))
    assert found == "con mèo nhà hàng xóm nó nhảy…"
