"""The ear hears what Whisper's encoder hears, and a frame gets the rows that the original gives."""

import math

import numpy as np
import pytest
import torch

from modules.avatar.musetalk.ear import Ear, Spectrogram
from modules.avatar.musetalk.windows import first_row, frames_of, positions, windows
from tests.avatar.musetalk.conftest import EAR, close
from tests.avatar.musetalk.filled import noise, released_keys


def rows(count: int) -> torch.Tensor:
    states = [noise(f"input:musetalk/whisper_hidden_{k}", 1, 1500, 384)[0] for k in range(5)]
    return torch.from_numpy(np.stack(states, axis=1)[:count])


def test_every_layer_gives_what_whispers_encoder_gives(ear: Ear, goldens) -> None:
    mel = np.tanh(noise("input:whisper/mel", 1, 80, 3000))
    with torch.inference_mode():
        heard = ear(torch.from_numpy(mel))
    assert heard.shape == (1, 1500, 5, 384)
    for layer in (0, 1, 4):
        close(heard[0, ::150, layer], goldens[f"ear_h{layer}_by150"])


def test_the_table_of_positions_is_whispers(ear: Ear, goldens) -> None:
    close(ear.encoder.embed_positions.weight[::100], goldens["ear_positions_by100"])


def test_the_ear_has_every_key_of_the_released_encoder_and_no_other(ear: Ear) -> None:
    held = {f"model.{name}": tuple(each.shape) for name, each in ear.state_dict().items()}
    assert held == released_keys("ear")


@pytest.mark.parametrize(
    ("samples", "fps", "frame", "golden"),
    [(32_000, 25, 0, "win25_first"), (32_000, 25, 10, "win25_tenth"),
     (32_000, 25, 49, "win25_last"), (32_000, 30, 59, "win30_last"),
     (37_000, 24, 54, "win24_last")],
)  # fmt: skip
def test_windows_are_the_originals_at_any_rate(samples, fps, frame, golden, goldens) -> None:
    heard = rows(math.floor(samples / 16_000 * 50))
    close(windows(heard, frame, 1, fps)[0, ::5], goldens[f"{golden}_by5"])


def test_as_many_windows_as_the_original_and_the_same_in_sum(goldens) -> None:
    counts = [frames_of(n, 16_000, fps) for n, fps in ((32_000, 25), (32_000, 30), (37_000, 24))]
    assert counts == goldens["window_shapes"][:, 0].tolist()
    made = windows(rows(100), 0, 50).double()
    assert made.shape == (50, 50, 384)
    sums = [float(made.sum()), float(made.abs().sum())]
    np.testing.assert_allclose(sums, goldens["win25_checks"], rtol=1e-6)


def test_a_frame_hears_80_ms_before_it_and_120_ms_from_its_start() -> None:
    assert [first_row(k) for k in (0, 1, 10)] == [-4, -2, 16]


def test_positions_are_the_originals(goldens) -> None:
    close(positions(50, 384)[:, ::3], goldens["positions_by3"])


def test_half_a_minute_is_heard_at_once_and_silence_follows_a_shorter_sound() -> None:
    spectrogram = Spectrogram(EAR)
    made = spectrogram(np.sin(np.arange(16_000, dtype=np.float32) / 9))
    assert made.shape == (1, 80, 3000)
    assert np.ptp(made[..., 200:]) == 0
