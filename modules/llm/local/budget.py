"""What of a turn fits into a model's window.

The oldest lines go first, then the memories that fit least. Only where instructions and the newest
message alone are too long is the message shortened in its middle, and the instructions last: a
model that is asked something must at least hear it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from modules.errors import EngineFailed
from modules.llm.prompt import ChatMessage, messages_of
from modules.messages import TurnRequest

SHORTEST = 200
"""Characters of the newest message that stay in any case, half from each end."""


def fit(
    request: TurnRequest, count: Callable[[Sequence[ChatMessage]], int], limit: int
) -> list[ChatMessage]:
    """Return the messages of a request that `count` finds to be `limit` tokens at most.

    Raises `EngineFailed` where not even the shortest form fits.
    """
    for most, shorten in (
        (len(request.history), _without_oldest),
        (len(request.recalled), _without_memories),
        (len(request.text) - SHORTEST, _with_shorter_text),
        (len(request.instructions), _with_shorter_instructions),
    ):
        shorter = partial(shorten, request)
        least = _least(most, lambda n, cut=shorter: count(messages_of(cut(n))) <= limit)  # type: ignore[misc]
        if least is not None:
            return messages_of(shorter(least))
        request = shorter(max(0, most))
    raise EngineFailed("llm_window", stage="llm")


def _least(most: int, fits: Callable[[int], bool]) -> int | None:
    """Return the smallest number up to `most` that fits, as far as more never fits less; or None.

    What is returned was tried.
    """
    low, high = 0, max(0, most)
    if fits(low):
        return low
    if not fits(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _without_oldest(request: TurnRequest, lines: int) -> TurnRequest:
    return replace(request, history=request.history[lines:])


def _without_memories(request: TurnRequest, memories: int) -> TurnRequest:
    # The best fitting memories stand first.
    return replace(request, recalled=request.recalled[: len(request.recalled) - memories])


def _with_shorter_text(request: TurnRequest, characters: int) -> TurnRequest:
    if not characters:
        return request
    kept = len(request.text) - characters
    head, tail = request.text[: kept // 2], request.text[len(request.text) - kept // 2 :]
    return replace(request, text=f"{head.rstrip()} … {tail.lstrip()}")


def _with_shorter_instructions(request: TurnRequest, characters: int) -> TurnRequest:
    kept = request.instructions[: len(request.instructions) - characters]
    return replace(request, instructions=kept.rstrip())
