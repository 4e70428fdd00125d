"""Sound that comes in pieces gives every frame once, and what was heard at once where it can."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.avatar.musetalk.ear import ROW_SAMPLES
from modules.avatar.musetalk.listening import BEYOND, WINDOW, Listening
from modules.avatar.musetalk.windows import first_row
from modules.messages import FloatArray

POSITIONS = torch.zeros(50, 2)


class Causal:
    """An ear whose rows know where they lie: what Whisper would give if it looked nowhere else."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, samples: FloatArray) -> torch.Tensor:
        assert len(samples) <= WINDOW
        self.calls.append(len(samples))
        padded = np.pad(samples, (0, WINDOW - len(samples)))
        firsts = torch.from_numpy(padded[::ROW_SAMPLES].copy())
        return firsts[:, None, None].expand(-1, 5, 2)


def ramp(samples: int) -> FloatArray:
    """Sound whose every sample is its own number, from 1."""
    return np.arange(1, samples + 1, dtype=np.float32)


def expected(frames: int, samples: int) -> FloatArray:
    """The first token of each row of each window, whole sound at once."""
    firsts = np.array([first_row(k) for k in range(frames)], np.int64)
    rows = firsts[:, None] + np.arange(10)
    inside = (rows >= 0) & (rows * ROW_SAMPLES < samples)
    return np.where(inside, rows * ROW_SAMPLES + 1, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=8))
def test_pieces_give_every_frame_once_and_in_order(pieces: list[int]) -> None:
    ear, sound = Listening(Causal(), POSITIONS), ramp(sum(pieces))
    at, given_frames = 0, []
    for k, size in enumerate(pieces):
        last = k == len(pieces) - 1
        given_frames.append(ear.push(sound[at : at + size], last))
        at += size
        if not last:
            certain = max(0, (at - BEYOND) // 640)
            assert sum(map(len, given_frames)) == certain
    found = torch.cat(given_frames)[:, ::5, 0].numpy()
    frames = -(-at // 640)
    assert found.shape == (frames, 10)
    assert np.array_equal(found, expected(frames, at))


def test_a_frame_is_given_as_soon_as_its_132_ms_are_there_and_not_before() -> None:
    ear = Listening(Causal(), POSITIONS)
    assert len(ear.push(ramp(640 + BEYOND - 1))) == 0
    assert len(ear.push(ramp(1))) == 1
    assert BEYOND + 640 == 2_120


def test_every_piece_is_encoded_once_whatever_was_said_before() -> None:
    causal = Causal()
    ear = Listening(causal, POSITIONS)
    for _ in range(30):
        ear.push(ramp(32_000))
    assert len(causal.calls) == 30
    assert max(causal.calls) <= WINDOW


def test_a_reply_of_many_minutes_keeps_half_a_minute_and_its_place() -> None:
    ear, sound = Listening(Causal(), POSITIONS), ramp(16_000 * 100)
    parts = [ear.push(sound[k : k + 24_000], k + 24_000 >= len(sound))
             for k in range(0, len(sound), 24_000)]  # fmt: skip
    found = torch.cat(parts)[:, ::5, 0].numpy()
    assert np.array_equal(found, expected(2_500, len(sound)))
    assert len(ear._samples) <= WINDOW + 24_000


def test_one_piece_longer_than_half_a_minute_is_heard_whole() -> None:
    causal = Causal()
    ear, sound = Listening(causal, POSITIONS), ramp(16_000 * 70)
    found = ear.push(sound, True)[:, ::5, 0].numpy()
    assert np.array_equal(found, expected(1_750, len(sound)))
    assert len(causal.calls) == 3


def test_nothing_heard_gives_nothing() -> None:
    ear = Listening(Causal(), POSITIONS)
    assert ear.push(ramp(0)).shape == (0, 50, 2)
    assert ear.push(ramp(0), True).shape == (0, 50, 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_tokens_get_their_positions_in_the_type_of_the_painter(dtype: torch.dtype) -> None:
    positions = torch.arange(100.0).reshape(50, 2).to(dtype)
    made = Listening(Causal(), positions).push(np.zeros(6_400, np.float32), True)
    assert made.dtype == dtype
    assert torch.equal(made[3], positions)
