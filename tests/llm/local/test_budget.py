"""What of a turn goes into a window, whatever was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import EngineFailed
from modules.llm.local.budget import SHORTEST, fit
from modules.llm.prompt import ChatMessage, messages_of
from modules.messages import Line, TurnRequest

WORDS = st.text(st.sampled_from("aáảnh ng tế đ"), min_size=1, max_size=400).filter(str.strip)
ROLES: list[Literal["user", "assistant"]] = ["user", "assistant"]
LINES = st.builds(Line, st.sampled_from(ROLES), WORDS)
REQUESTS = st.builds(
    TurnRequest,
    st.just(1),
    WORDS,
    history=st.lists(LINES, max_size=12).map(tuple),
    instructions=st.one_of(st.just(""), WORDS),
    recalled=st.lists(WORDS, max_size=4).map(tuple),
)


def count(messages: Sequence[ChatMessage]) -> int:
    """Bytes, as in a vocabulary that knows no Vietnamese, and the marks around every message."""
    return sum(len(message["content"].encode()) + 7 for message in messages)


@settings(max_examples=300, deadline=None)
@given(request=REQUESTS, limit=st.integers(450, 6_000))
def test_a_prompt_never_exceeds_the_window_and_ends_with_the_newest_message(
    request: TurnRequest, limit: int
) -> None:
    messages = fit(request, count, limit)
    assert count(messages) <= limit
    last = messages[-1]
    assert last["role"] == "user"
    newest = request.text[: SHORTEST // 2].rstrip()
    assert newest in last["content"]


@settings(max_examples=300, deadline=None)
@given(request=REQUESTS, limit=st.integers(450, 6_000))
def test_the_oldest_lines_go_first_and_the_system_text_stays(
    request: TurnRequest, limit: int
) -> None:
    whole, messages = messages_of(request), fit(request, count, limit)
    if count(whole) <= limit:
        assert messages == whole
    alone = messages_of(TurnRequest(1, request.text, instructions=request.instructions))
    if count(alone) > limit:
        return  # the newest message had to be shortened
    if request.instructions.strip():
        assert messages[0]["content"].startswith(request.instructions.strip())
    turns = [m for m in messages if m["role"] != "system"]
    asked = [m for m in whole if m["role"] != "system"]
    # What is left is the end of the conversation: the first message left may have lost lines.
    assert turns[1:] == asked[len(asked) - len(turns) + 1 :]
    assert asked[-len(turns)]["content"].endswith(turns[0]["content"])


def test_memories_go_only_when_no_history_is_left() -> None:
    request = TurnRequest(
        1, "hỏi", history=(Line("user", "x" * 500), Line("assistant", "y" * 500)),
        instructions="Em là Linh.", recalled=("Anh tên Nam", "z" * 300),
    )  # fmt: skip
    system, question = fit(request, count, 700)
    assert question["content"] == "hỏi"
    assert "Anh tên Nam" in system["content"]
    assert "z" * 300 in system["content"]
    system, question = fit(request, count, 300)
    assert "Anh tên Nam" in system["content"]
    assert "z" * 300 not in system["content"]


def test_a_message_that_is_too_long_by_itself_loses_its_middle() -> None:
    request = TurnRequest(1, "Mở đầu " + "ừ " * 3_000 + "kết thúc?", instructions="Em là Linh.")
    system, question = fit(request, count, 1_000)
    assert system["content"] == "Em là Linh."
    assert question["content"].startswith("Mở đầu")
    assert question["content"].endswith("kết thúc?")
    assert 900 < count([system, question]) <= 1_000


def test_a_window_that_holds_nothing_is_an_error() -> None:
    with pytest.raises(EngineFailed, match="llm_window"):
        fit(TurnRequest(1, "ừ" * 300), count, 20)
