"""One clause on its way into another colour, made step by step without a seam.

What a latent or a sample depends on reaches only so far to each side (`Config.latent_reach`, 96
frames or 1.1 s; `decoder_reach`, 14 frames or 0.16 s). Every window is computed with that much
beside it, so in whatever steps a clause is rendered, the sound is the same but for rounding. In
halves on a GPU rounding is 60 dB down; the last frame before every step (256 samples) is made by
both windows and crossfaded, so that no edge stands there.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from modules.messages import FloatArray
from modules.voice.openvoice.network import TAU, Converter
from modules.voice.openvoice.spectrogram import spectrogram
from modules.voice.openvoice.steps import Steps

LATENT_WINDOW = 512
"""Frames of latents made at once, 5.9 s, where so much was made before: every step makes at least
as many as there are, so that the reach beside a window weighs little and the first steps wait for
little. Latents are a tenth of the whole work."""


class Conversion:
    """The conversion of one clause, as far as its sound is asked for."""

    def __init__(
        self,
        network: Converter,
        samples: FloatArray,
        source: FloatArray,
        target: FloatArray,
        *,
        tau: float = TAU,
        seed: int = 0,
        steps: Steps | None = None,
    ) -> None:
        """`samples` float32 [n] at the network's rate; `source` and `target` float32 [256] are who
        speaks and who shall. The same seed gives the same sound. `steps` compute what the network
        would.
        """
        self._steps: Steps = steps or network
        self._config, self._tau = network.config, tau
        weight = network.dec.conv_pre.weight
        self._device, self._type = weight.device, weight.dtype
        self._length = len(samples)
        hop = self._config.hop
        # Mirrored edges need more than half a window of sound.
        frames = max(-(-self._length // hop), 1 + self._config.fft_size // hop // 2)
        padded = np.pad(samples, (0, frames * hop - self._length))
        sound = torch.from_numpy(padded).to(self._device)
        self._spectrogram = spectrogram(sound, self._config).to(self._type)
        self._noise = self._drawn(frames, seed)
        self._source = self._tensor(source[None, :, None])
        self._target = self._tensor(target[None, :, None])
        self._latents = self._tensor(np.empty((1, self._config.latent, 0), dtype=np.float32))
        self._frames = frames
        self._decoded = 0
        self._tail = np.zeros(0, dtype=np.float32)
        self._ready = np.zeros(0, dtype=np.float32)
        self._given = 0

    @torch.inference_mode()
    def render(self, until: int) -> FloatArray:
        """Return what is new of the converted clause before sample `until`, float32."""
        until = min(until, self._length)
        hop = self._config.hop
        end = min(-(-until // hop) + 1, self._frames)  # one frame more, to be crossfaded
        if end > self._decoded and until > self._given:
            self._ready = np.concatenate([self._ready, self._decode(end)])
        count = until - self._given
        piece, self._ready = self._ready[:count], self._ready[count:]
        self._given = until
        return piece

    def _decode(self, end: int) -> FloatArray:
        """Return the sound that is settled before frame `end`, and keep its last frame back."""
        hop, reach = self._config.hop, self._config.decoder_reach
        start = max(self._decoded - 1, 0)
        left, right = max(start - reach, 0), min(end + reach, self._frames)
        self._make_latents(right)
        made = self._steps.sound(self._latents[..., left:right])[0, 0]
        sound: FloatArray = made[(start - left) * hop : (end - left) * hop].float().cpu().numpy()
        if len(self._tail):
            ramp = (np.arange(hop, dtype=np.float32) + 0.5) / hop
            sound[:hop] = self._tail * (1 - ramp) + sound[:hop] * ramp
        self._decoded = end
        if end == self._frames:
            return sound
        self._tail = sound[-hop:].copy()
        return sound[:-hop]

    def _make_latents(self, end: int) -> None:
        start = self._latents.shape[-1]
        if end <= start:
            return
        end = min(max(end, start + min(start, LATENT_WINDOW)), self._frames)
        reach = self._config.latent_reach
        left, right = max(start - reach, 0), min(end + reach, self._frames)
        made = self._steps.latents(
            self._spectrogram[..., left:right],
            self._source,
            self._target,
            self._noise[..., left:right],
            self._tau,
        )
        self._latents = torch.cat([self._latents, made[..., start - left : end - left]], dim=-1)

    def _drawn(self, frames: int, seed: int) -> Tensor:
        # Drawn frame by frame: a clause that goes on longer begins with the same noise.
        drawn = np.random.default_rng(seed).standard_normal(
            (frames, self._config.latent), dtype=np.float32
        )
        return self._tensor(drawn.T[None])

    def _tensor(self, values: FloatArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device, self._type)


def in_halves(network: Converter) -> Converter:
    """Return the network for a GPU, in float16 but for the ear: that hears a voice only once."""
    for part in (network.enc_q, network.flow, network.dec):
        part.half()
    return network
