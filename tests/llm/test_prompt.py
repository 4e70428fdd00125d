"""What a chat model is told."""

from itertools import pairwise

from modules.llm.prompt import MAX_HISTORY, MAX_RECALLED, messages_of
from modules.messages import Line, TurnRequest


def test_without_instructions_or_memories_there_is_no_system_message() -> None:
    assert messages_of(TurnRequest(0, "chào")) == [{"role": "user", "content": "chào"}]


def test_memories_that_the_instructions_hold_are_not_said_twice() -> None:
    request = TurnRequest(
        0,
        "chào",
        instructions="Nhớ: Mình tên là Nam",
        recalled=("Mình tên là Nam", "Mình thích phở"),
    )
    system = messages_of(request)[0]["content"]
    assert system.count("Mình tên là Nam") == 1
    assert "- Mình thích phở" in system


def test_memories_are_bounded_and_stay_on_one_line() -> None:
    request = TurnRequest(0, "chào", recalled=("a\nb", *["x" * 400] * 20))
    system = messages_of(request)[0]["content"]
    assert "- a b\n" in system
    assert len(system) < MAX_RECALLED + 300


def test_the_oldest_lines_are_left_out_whole() -> None:
    lines = tuple(
        Line("user" if n % 2 == 0 else "assistant", f"{n} " + "x" * 1_000) for n in range(20)
    )
    turns = messages_of(TurnRequest(0, "hết", history=lines))
    assert sum(len(turn["content"]) for turn in turns) <= MAX_HISTORY + 10
    assert turns[-2]["content"].startswith("19 ")
    assert turns[0]["role"] == "user"
    assert all(a["role"] != b["role"] for a, b in pairwise(turns))


def test_lines_of_an_interrupted_turn_are_joined() -> None:
    request = TurnRequest(0, "kể đi", history=(Line("user", "chào"), Line("user", "khoan")))
    assert messages_of(request) == [{"role": "user", "content": "chào\nkhoan\nkể đi"}]


def test_a_history_that_already_ends_with_the_question_does_not_repeat_it() -> None:
    request = TurnRequest(0, "chào", history=(Line("user", "chào"),))
    assert messages_of(request) == [{"role": "user", "content": "chào"}]


def test_a_history_that_begins_with_the_assistant_begins_with_the_user() -> None:
    request = TurnRequest(0, "chào", history=(Line("assistant", "Mình đây"),))
    assert [turn["role"] for turn in messages_of(request)] == ["user"]
