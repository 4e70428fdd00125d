"""The converter compiled ahead of time, for ZeroGPU.

There a worker is forked for every call: a graph that was captured before would belong to another
process, and nothing can be compiled while somebody waits. So both halves are compiled once, before
the app is launched, for windows of any length that occurs.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import Tensor, nn

from modules.errors import trace
from modules.voice.openvoice.network import TAU, Converter, latents_of
from modules.zerogpu import before_launch

log = logging.getLogger("guong.voice")

LONGEST = 2048
"""Frames, 24 s: streamed windows have 704 at most, and what is made at once (3 s) 259."""
_EXAMPLE = 168


class LatentHalf(nn.Module):
    """The half of a converter that makes latents."""

    def __init__(self, network: Converter) -> None:
        super().__init__()
        self.enc_q, self.flow = network.enc_q, network.flow

    def forward(self, spectrogram: Tensor, source: Tensor, target: Tensor, noise: Tensor) -> Tensor:
        """Return what `latents_of` does."""
        return latents_of(self.enc_q, self.flow, spectrogram, source, target, noise)


class SoundHalf(nn.Module):
    """The half of a converter that makes sound."""

    def __init__(self, network: Converter) -> None:
        super().__init__()
        self.dec = network.dec

    def forward(self, latents: Tensor) -> Tensor:
        """Return what `Converter.sound` does."""
        made: Tensor = self.dec(latents)
        return made


class Ahead:
    """The steps of a network whose halves are compiled once `compile` has been called.

    The compiled halves take the network's weights with them: its own `latents` and `sound` are of
    no use then. Its ear stays.
    """

    def __init__(self, network: Converter) -> None:
        self._latents, self._sound = LatentHalf(network), SoundHalf(network)
        self._network = network

    def compile(self) -> bool:
        """Compile both halves, on the main thread; False where they run as they are instead."""
        import spaces

        halves = (self._latents, self._sound)

        def compile_them() -> list[Any]:
            return [spaces.aoti_compile(program) for program in self.exported()]

        try:
            made = before_launch(compile_them)
        except RuntimeError as error:
            log.warning("the converter is not compiled ahead: %s", trace(error))
            return False
        for compiled, half in zip(made, halves, strict=True):
            spaces.aoti_apply(compiled, half)
        return True

    def exported(self) -> list[torch.export.ExportedProgram]:
        """Return both halves as programs for windows of 2 to `LONGEST` frames."""
        config = self._network.config
        weight = self._network.dec.conv_pre.weight
        frames = torch.export.Dim("frames", min=2, max=LONGEST)

        def zeros(channels: int, length: int) -> Tensor:
            return torch.zeros(1, channels, length, device=weight.device, dtype=weight.dtype)

        speaker = zeros(config.speaker, 1)
        latents = zeros(config.latent, _EXAMPLE)
        heard = (zeros(config.spectrum, _EXAMPLE), speaker, speaker.clone(), latents)
        grows: dict[int, Any] = {2: frames}
        with torch.no_grad():
            return [
                torch.export.export(self._latents, heard, dynamic_shapes=(grows, {}, {}, grows)),
                torch.export.export(self._sound, (latents,), dynamic_shapes=(grows,)),
            ]

    def latents(
        self, spectrogram: Tensor, source: Tensor, target: Tensor, noise: Tensor, tau: float = TAU
    ) -> Tensor:
        """Return what `Converter.latents` does."""
        made: Tensor = self._latents(spectrogram, source, target, noise * tau)
        return made

    def sound(self, latents: Tensor) -> Tensor:
        """Return what `Converter.sound` does."""
        made: Tensor = self._sound(latents)
        return made
