"""The two halves of a conversion, as whoever computes them offers them.

A half is some 300 small kernels, and Python launches them slower than a card runs them. So on a
card of one's own, windows are filled up to a few lengths, and each length is one CUDA graph. A mask
says where a window ends: filled up or not, the sound is the same but for rounding.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from modules.graphs import Captured, Graphs
from modules.voice.openvoice.network import TAU, Converter, latents_of

log = logging.getLogger("guong.voice")

LATENT_LENGTHS = (64, 128, 168, 240, 336, 480, 704)
SOUND_LENGTHS = (40, 72, 104, 136, 168, 192)
"""Frames of a window, just above those that a streamed clause asks for again and again (its first
piece 167 and 71, then 238 and 98, 334, 476 and 704 and always 167); none is longer. A clause made
at once may be, and is computed as it is."""


class Steps(Protocol):
    """What computes latents and sound: a `Converter`, or another way to compute the same.

    What they return holds until the next call.
    """

    def latents(
        self, spectrogram: Tensor, source: Tensor, target: Tensor, noise: Tensor, tau: float = TAU
    ) -> Tensor:
        """Return what `Converter.latents` does."""

    def sound(self, latents: Tensor) -> Tensor:
        """Return what `Converter.sound` does."""


class Bucketed:
    """The steps of a network on a card, each window filled up to one of a few lengths.

    A network has one precision, and so have its graphs. One thread at a time may use them. Where
    they cannot be captured, and for longer windows, the network computes as it is.
    """

    def __init__(self, network: Converter) -> None:
        self._network, self._graphs = network, Graphs(log, "conversions")
        weight = network.dec.conv_pre.weight
        self._device, self._type = weight.device, weight.dtype

    @torch.inference_mode()
    def warm(self) -> None:
        """Capture every length: nobody shall wait for it."""
        for length in LATENT_LENGTHS:
            self._latents_graph(length)
        for length in SOUND_LENGTHS:
            self._sound_graph(length)

    @torch.inference_mode()
    def latents(
        self, spectrogram: Tensor, source: Tensor, target: Tensor, noise: Tensor, tau: float = TAU
    ) -> Tensor:
        """Return what `Converter.latents` does."""
        frames = spectrogram.shape[-1]
        length = next((each for each in LATENT_LENGTHS if frames <= each), None)
        graph = self._latents_graph(length) if length else None
        if graph is None:
            return self._network.latents(spectrogram, source, target, noise, tau)
        return _replayed(graph, frames, spectrogram, source, target, noise * tau)[..., :frames]

    @torch.inference_mode()
    def sound(self, latents: Tensor) -> Tensor:
        """Return what `Converter.sound` does."""
        frames = latents.shape[-1]
        length = next((each for each in SOUND_LENGTHS if frames <= each), None)
        graph = self._sound_graph(length) if length else None
        if graph is None:
            return self._network.sound(latents)
        made = _replayed(graph, frames, latents)
        return made[..., : frames * self._network.config.hop]

    def _latents_graph(self, length: int) -> Captured | None:
        network, config = self._network, self._network.config
        shapes = (
            (config.spectrum, length), (config.speaker, 1), (config.speaker, 1),
            (config.latent, length), (1, length),
        )  # fmt: skip
        work = partial(latents_of, network.enc_q, network.flow)
        return self._graphs.of(("latents", length), work, lambda: self._zeros(*shapes))

    def _sound_graph(self, length: int) -> Captured | None:
        shapes = ((self._network.config.latent, length), (1, length))
        return self._graphs.of(("sound", length), self._network.dec, lambda: self._zeros(*shapes))

    def _zeros(self, *shapes: tuple[int, int]) -> tuple[Tensor, ...]:
        return tuple(
            torch.zeros(1, *shape, device=self._device, dtype=self._type) for shape in shapes
        )


def _replayed(graph: Captured, frames: int, *given: Tensor) -> Tensor:
    """Return a graph's output for what is given, filled up; its last input is the mask."""
    *places, mask = graph.inputs
    for place, values in zip(places, given, strict=True):
        end = values.shape[-1]
        place[..., :end].copy_(values)
        place[..., end:].zero_()
    mask[..., :frames].fill_(1)
    mask[..., frames:].zero_()
    graph.replay()
    return graph.output
