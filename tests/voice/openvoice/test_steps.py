"""Windows that are filled up to a few lengths and replayed sound as those computed as they are."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from modules import graphs
from modules.messages import SPEECH_RATE
from modules.voice.openvoice import pairs
from modules.voice.openvoice.checkpoint import load_converter
from modules.voice.openvoice.conversion import Conversion, in_halves
from modules.voice.openvoice.engine import SECOND_PIECE
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.steps import LATENT_LENGTHS, SOUND_LENGTHS, Bucketed
from modules.voice.pieces import piece_ends
from tests.replayed import Replay, captured
from tests.voice.openvoice.filled import noise
from tests.voice.openvoice.test_conversion import LONG, SOURCE, TARGET, difference_db
from tests.voice.speaking import said

ALL = len(LATENT_LENGTHS) + len(SOUND_LENGTHS)


@pytest.fixture(scope="module")
def network(small: Path) -> Converter:
    return load_converter(small)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Replay]:
    """The graphs that are captured, as stand-ins."""
    return captured(monkeypatch)


def heard(network: Converter, frames: int) -> tuple[Tensor, ...]:
    """Return what latents are made of."""
    config = network.config
    shapes = {
        "heard": (config.spectrum, frames), "one": (config.speaker, 1), "two": (config.speaker, 1),
        "chance": (config.latent, frames),
    }  # fmt: skip
    return tuple(torch.from_numpy(noise(name, 1, *shape)) for name, shape in shapes.items())


@pytest.mark.parametrize("frames", [1, 3, 64, 65, 167, 300])
def test_a_window_filled_up_and_cut_back_is_the_window(
    network: Converter, made: list[Replay], frames: int
) -> None:
    steps = Bucketed(network)
    # Whatever lay there before: a longer window, and numbers that no other may inherit.
    steps.latents(*heard(network, 336 if frames > 240 else frames + 1))
    with torch.inference_mode():
        latents = network.latents(*heard(network, frames))
        torch.testing.assert_close(
            steps.latents(*heard(network, frames)), latents, atol=1e-5, rtol=1e-5
        )
        few = latents[..., : min(frames, SOUND_LENGTHS[-1])]
        steps.sound(torch.full((1, network.config.latent, few.shape[-1]), 9.0))
        torch.testing.assert_close(steps.sound(few), network.sound(few), atol=1e-5, rtol=1e-5)
    assert sum(graph.count for graph in made) == 4


def test_without_the_mask_the_end_of_a_filled_window_would_be_heard(network: Converter) -> None:
    frames, filled = 50, 72
    latents = torch.zeros(1, network.config.latent, filled)
    latents[..., :frames] = torch.from_numpy(noise("latents", 1, network.config.latent, frames))
    with torch.inference_mode():
        apart = network.sound(latents)[..., : 256 * frames] - network.sound(latents[..., :frames])
    assert apart[..., -256:].abs().max() > 1e-3
    assert apart[..., : 256 * (frames - network.config.decoder_reach)].abs().max() < 1e-5


def test_in_its_full_size_too_a_filled_window_is_the_window(
    converter: Converter, made: list[Replay]
) -> None:
    steps, frames = Bucketed(converter), 30
    with torch.inference_mode():
        latents = converter.latents(*heard(converter, frames))
        found = steps.latents(*heard(converter, frames))
        torch.testing.assert_close(found, latents, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            steps.sound(latents), converter.sound(latents), atol=1e-4, rtol=1e-4
        )


@pytest.mark.parametrize("halves", [False, True])
def test_a_clause_streamed_through_graphs_is_the_whole_clause_without_them(
    small: Path, made: list[Replay], halves: bool
) -> None:
    network = load_converter(small)
    network = in_halves(network) if halves else network
    samples = said(LONG)
    whole = Conversion(network, samples, SOURCE, TARGET).render(len(samples))
    streamed = Conversion(network, samples, SOURCE, TARGET, steps=Bucketed(network))
    found = np.concatenate([streamed.render(end) for end in piece_ends(len(samples), SECOND_PIECE)])
    assert difference_db(found, whole) < (-40 if halves else -90)
    if not halves:
        assert np.abs(found - whole).max() < 1e-4  # the ends too
    assert len(made) > 3


def test_every_window_that_a_streamed_clause_asks_for_has_a_graph(
    network: Converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, set[int]] = {"latents": set(), "sound": set()}

    class Counted:
        """Computes nothing, and notes how long the windows are."""

        def latents(self, spectrogram: Tensor, *_: Any) -> Tensor:
            asked["latents"].add(spectrogram.shape[-1])
            return torch.zeros(1, network.config.latent, spectrogram.shape[-1])

        def sound(self, latents: Tensor) -> Tensor:
            asked["sound"].add(latents.shape[-1])
            return torch.zeros(1, 1, 256 * latents.shape[-1])

    for length in range(400, 15 * SPEECH_RATE, 9_001):
        clause = np.zeros(length, np.float32)
        steps = Conversion(network, clause, SOURCE, TARGET, steps=Counted())
        for end in piece_ends(length, SECOND_PIECE):
            steps.render(end)
    assert max(asked["latents"]) == LATENT_LENGTHS[-1]
    assert SOUND_LENGTHS[-2] < max(asked["sound"]) <= SOUND_LENGTHS[-1]


def test_all_graphs_are_there_after_loading(network: Converter, made: list[Replay]) -> None:
    steps = pairs.steps_of(network, "cuda", zero=False)
    assert isinstance(steps, Bucketed)
    assert len(made) == ALL
    samples = said(LONG)
    clause = Conversion(network, samples, SOURCE, TARGET, steps=steps)
    for end in piece_ends(len(samples), SECOND_PIECE):
        clause.render(end)
    assert len(made) == ALL


def test_a_longer_window_is_computed_as_it_is(network: Converter, made: list[Replay]) -> None:
    steps, frames = Bucketed(network), LATENT_LENGTHS[-1] + 1
    with torch.inference_mode():
        found = steps.latents(*heard(network, frames))
        torch.testing.assert_close(found, network.latents(*heard(network, frames)))
        assert steps.sound(found[..., :200]).shape[-1] == 200 * 256
    assert made == []


def test_where_nothing_can_be_captured_it_is_said_once_and_converted_all_the_same(
    network: Converter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []

    def refused(*_: Any) -> None:
        tried.append(1)
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "captured", refused)
    with caplog.at_level(logging.WARNING, logger="guong.voice"):
        steps = pairs.steps_of(network, "cuda", zero=False)
        samples = said(LONG)[:20_000]
        found = Conversion(network, samples, SOURCE, TARGET, steps=steps).render(20_000)
    plain = Conversion(network, samples, SOURCE, TARGET).render(20_000)
    np.testing.assert_array_equal(found, plain)
    assert (len(tried), len(caplog.records)) == (1, 1)


def test_on_the_processor_there_is_nothing_between(network: Converter, made: list[Replay]) -> None:
    for zero in (False, True):
        assert pairs.steps_of(network, "cpu", zero=zero) is network
    assert made == []
