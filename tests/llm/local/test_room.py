"""In which precision a model is loaded, and beside what."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.llm.local import room
from modules.llm.local.cards import CARDS
from modules.llm.local.room import NoRoom, Room, plan

URA_SLOT_MB, QWEN_SLOT_MB = 2_181.0, 613.0
"""4,160 tokens of 32 layers with 32 heads, and of 36 layers with 8, of width 128 in halves."""


@pytest.mark.parametrize(
    ("name", "slot_mb", "free_mb", "expected"),
    [
        ("ura-llama-7b", URA_SLOT_MB, 15_000, Room("nf4", 4)),  # T4, 16 GB
        ("ura-llama-7b", URA_SLOT_MB, 23_000, Room("nf4", 3)),  # L4, 24 GB
        ("ura-llama-7b", URA_SLOT_MB, 46_000, Room("half", 8)),  # L40S, 48 GB
        ("ura-llama-13b", URA_SLOT_MB * 1.5625, 15_000, Room("nf4", 1)),
        ("ura-llama-13b", URA_SLOT_MB * 1.5625, 46_000, Room("half", 2)),
        ("qwen3-8b", QWEN_SLOT_MB, 15_000, Room("nf4", 8)),
        ("qwen3-8b", QWEN_SLOT_MB, 140_000, Room("half", 8)),
        ("qwen3-4b", QWEN_SLOT_MB, 23_000, Room("half", 7)),
    ],
)
def test_small_cards_get_nf4_and_large_ones_halves(
    name: str, slot_mb: float, free_mb: float, expected: Room
) -> None:
    assert plan(CARDS[name], slot_mb, free_mb, cuda=True) == expected


def test_a_model_that_does_not_fit_says_what_would_do() -> None:
    with pytest.raises(NoRoom) as raised:
        plan(CARDS["ura-llama-7b"], URA_SLOT_MB, 5_000, cuda=True)
    assert raised.value.needed_mb == 4_000 + 1_500 + 2_181


def test_a_cpu_without_bfloat16_computes_in_floats_and_needs_twice_as_much() -> None:
    assert plan(CARDS["qwen3-0.6b"], 900, 8_000, cuda=False, halves=False) == Room("float", 2)
    assert plan(CARDS["qwen3-0.6b"], 450, 8_000, cuda=False) == Room("half", 2)
    with pytest.raises(NoRoom):
        plan(CARDS["qwen3-1.7b"], 900, 8_000, cuda=False, halves=False)


@given(
    name=st.sampled_from(sorted(CARDS)),
    free_mb=st.floats(0, 200_000),
    slot_mb=st.floats(10, 5_000),
    cuda=st.booleans(),
)
def test_what_is_planned_fits(name: str, free_mb: float, slot_mb: float, cuda: bool) -> None:
    card = CARDS[name]
    try:
        found = plan(card, slot_mb, free_mb, cuda=cuda)
    except NoRoom as error:
        assert error.needed_mb > free_mb - 1
        return
    weights_mb = {"half": card.half_mb, "nf4": card.nf4_mb}[found.precision]
    assert 1 <= found.slots <= 8
    assert weights_mb + found.slots * slot_mb <= free_mb


def test_a_container_has_no_more_than_its_limit(tmp_path: Path) -> None:
    assert room._of_container(tmp_path) == float("inf")
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("100\n")
    assert room._of_container(tmp_path) == float("inf")
    (tmp_path / "memory.max").write_text("1000\n")
    assert room._of_container(tmp_path) == 900


def test_before_a_zerogpu_launch_the_card_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert room.free_mb("cuda") == room.ZEROGPU_MB
    assert 0 < room.free_mb("cpu") < 1e8
