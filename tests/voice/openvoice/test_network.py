"""Every part of the network gives what the original gave with the same weights."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import pytest
import torch

from modules.messages import FloatArray
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.spectrogram import spectrogram
from tests.voice.openvoice.filled import HERE, config_text, noise, released_keys

FIRST, LAST = slice(0, 16), slice(-3, None)
SINGLE, WHOLE = 1e-4, 1e-3


def sound(name: str, length: int) -> torch.Tensor:
    moment = np.arange(22_050) / 22_050
    tones = 0.3 * np.sin(2 * np.pi * 220 * moment) + 0.2 * np.sin(2 * np.pi * 555 * moment)
    hiss = np.float32(0.05) * noise(f"input:openvoice/{name}", 22_050)
    return torch.from_numpy((tones.astype(np.float32) + hiss)[:length])


def drawn(name: str, *shape: int) -> torch.Tensor:
    return torch.from_numpy(noise(f"input:openvoice/{name}", *shape))


@cache
def goldens() -> dict[str, FloatArray]:
    with np.load(HERE / "goldens.npz") as held:
        return dict(held)


@pytest.fixture(scope="module")
def made(converter: Converter) -> dict[str, torch.Tensor]:
    with torch.inference_mode():
        source = spectrogram(sound("src", 22_050), converter.config)
        target = spectrogram(sound("tgt", 15_000), converter.config)
        speakers = drawn("g_src", 1, 256, 1), drawn("g_tgt", 1, 256, 1)
        mean, scale = converter.enc_q(source)
        still = torch.zeros_like(mean)
        chance = drawn("posterior_noise", 1, 192, 86)
        colourless = converter.flow(mean, speakers[0])
        latents = converter.latents(source, *speakers, still)
        drawn_latents = mean + chance * 0.3 * torch.exp(scale)
        chanced = converter.latents(source, *speakers, chance)
        return {
            "spec_src_sub": source[..., ::4],
            "spec_tgt_sub": target[..., :5],
            "se_src": converter.speaker(source),
            "se_tgt": converter.speaker(target),
            "m": mean[..., FIRST],
            "logs": scale[..., FIRST],
            "m_full_sum": mean.sum(),
            "zp_zero": colourless[..., FIRST],
            "zhat_zero": latents[..., FIRST],
            "audio_zero": converter.sound(latents),
            "z_tau_noise": drawn_latents[..., FIRST],
            "z_last": drawn_latents[..., LAST],
            "zp_noise": converter.flow(drawn_latents, speakers[0])[..., FIRST],
            "zhat_noise": chanced[..., FIRST],
            "zhat_last": chanced[..., LAST],
            "audio_noise": converter.sound(chanced),
        }


@pytest.mark.parametrize("name", sorted(n for n in goldens() if "." not in n))
def test_each_part_gives_what_the_original_gave(made: dict[str, torch.Tensor], name: str) -> None:
    expected, tolerance = goldens()[name], WHOLE if name.startswith("audio") else SINGLE
    found = made[name].numpy().astype(np.float64)
    stride = int(goldens()[f"{name}.stride"])
    np.testing.assert_allclose(
        found.reshape(-1)[::stride], expected, rtol=tolerance, atol=tolerance
    )
    mean, deviation, peak = goldens()[f"{name}.stats"]
    figures = (found.mean(), found.std(), np.abs(found).max())
    np.testing.assert_allclose(figures, (mean, deviation, peak), rtol=1e-4, atol=tolerance)


def test_the_flow_gives_back_what_it_took(converter: Converter) -> None:
    latents, speaker = drawn("x", 1, 192, 9), drawn("y", 1, 256, 1)
    with torch.inference_mode():
        moved = converter.flow(latents, speaker)
        again = converter.flow.back(moved, speaker)
    assert (moved - latents.flip(1)).abs().mean() > 0.1
    torch.testing.assert_close(again, latents, atol=1e-4, rtol=1e-4)


def test_the_configuration_of_these_tests_is_the_released_one() -> None:
    # The hash under which several projects fetch converter/config.json.
    text = config_text().encode()
    assert len(text) == 838
    assert hashlib.sha256(text).hexdigest().startswith("9dfff60350b8c63f2c664efd92a61b25")


def test_the_network_is_as_large_as_the_released_one(converter: Converter) -> None:
    numbers = sum(int(np.prod(shape)) for shape in released_keys().values())
    assert (len(released_keys()), numbers) == (486, 32_792_226)
    assert converter.config.latent_reach == 96
