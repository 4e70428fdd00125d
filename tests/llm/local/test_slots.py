"""Where in the cache a prompt goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modules.llm.local.slots import Slot, place

PERSONA = list(range(100, 140))


def test_a_session_comes_back_to_its_own_slot() -> None:
    slots = [Slot(0), Slot(1, [*PERSONA, 1, 2, 3], "lan", 4), Slot(2)]
    found = place(slots, "lan", [*PERSONA, 1, 2, 9, 9])
    assert found is not None
    assert (found.slot.index, found.shared, found.source) == (1, len(PERSONA) + 2, None)


def test_a_new_session_takes_an_empty_slot_and_a_copy_of_the_persona() -> None:
    slots = [Slot(0, [*PERSONA, 1, 2, 3], "lan", 4, busy=True), Slot(1), Slot(2)]
    found = place(slots, "nam", [*PERSONA, 7, 8])
    assert found is not None
    assert (found.slot.index, found.shared, found.source) == (1, len(PERSONA), slots[0])


def test_a_few_shared_tokens_are_not_worth_a_copy() -> None:
    found = place([Slot(0, [1, 2, 3, 4], "lan", busy=True), Slot(1)], "nam", [1, 2, 3, 9])
    assert found is not None
    assert (found.shared, found.source) == (0, None)


def test_without_an_empty_slot_the_one_that_rested_longest_is_taken() -> None:
    slots = [Slot(0, [1], "a", 9), Slot(1, [1], "b", 3), Slot(2, [1], "c", 1, busy=True)]
    found = place(slots, "d", [5, 6])
    assert found is not None
    assert found.slot.index == 1


def test_nobody_is_seated_while_every_slot_is_busy() -> None:
    assert place([Slot(0, busy=True)], "lan", [1, 2]) is None


@given(
    held=st.lists(st.lists(st.integers(0, 2), max_size=40), min_size=1, max_size=4),
    prompt=st.lists(st.integers(0, 2), min_size=1, max_size=40),
)
def test_what_is_shared_is_equal_and_leaves_a_token_to_compute(
    held: list[list[int]], prompt: list[int]
) -> None:
    slots = [Slot(n, tokens, str(n), n) for n, tokens in enumerate(held)]
    found = place(slots, "0", prompt)
    assert found is not None
    assert found.shared < len(prompt)
    assert (found.source or found.slot).tokens[: found.shared] == prompt[: found.shared]
