"""The converter's network, with the checkpoint's own key names; weight norm is folded away.

A posterior encoder makes latents of a spectrogram; the flow takes the source's colour out of them
and, run backwards, puts the target's in; the decoder (`decoder.py`) makes sound of them. It is the
acoustic part of VITS (Kim, Kong and Son 2021). With the released `zero_g` only the flow hears who
speaks: of the two other conditions nothing but the bias is left.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from modules.voice.openvoice.config import (
    COUPLING_LAYERS,
    COUPLINGS,
    KERNEL,
    POSTERIOR_LAYERS,
    Config,
)
from modules.voice.openvoice.decoder import Decoder, within
from modules.voice.openvoice.reference import ReferenceEncoder

TAU = 0.3
"""How much of the posterior's spread is drawn; upstream's default."""


class Converter(nn.Module):
    """All of OpenVoice V2's converter: 32.8 million numbers. Batches of one.

    Spectrograms are float [1, bins, frames] (`spectrogram.py`), speakers float [1, 256, 1], latents
    float [1, 192, frames]. A mask, [1, 1, frames] of ones and then zeros, says where frames end
    that were filled up to a length; without one they end where the tensor does.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.enc_q = PosteriorEncoder(config)
        self.flow = Flow(config)
        self.dec = Decoder(config)
        self.ref_enc = ReferenceEncoder(config)

    def speaker(self, spectrogram: Tensor) -> Tensor:
        """Return who speaks in a spectrogram, [1, 256, 1]."""
        vector: Tensor = self.ref_enc(spectrogram.transpose(1, 2))
        return vector.unsqueeze(-1)

    def latents(
        self,
        spectrogram: Tensor,
        source: Tensor,
        target: Tensor,
        noise: Tensor,
        tau: float = TAU,
    ) -> Tensor:
        """Return latents of what the spectrogram says, in the target's colour.

        `noise` is standard normal, [1, 192, frames]: the only chance there is.
        """
        return latents_of(self.enc_q, self.flow, spectrogram, source, target, noise * tau)

    def sound(self, latents: Tensor) -> Tensor:
        """Return the sound of latents, [1, 1, frames * hop]."""
        made: Tensor = self.dec(latents)
        return made


def latents_of(
    encoder: PosteriorEncoder,
    flow: Flow,
    spectrogram: Tensor,
    source: Tensor,
    target: Tensor,
    noise: Tensor,
    mask: Tensor | None = None,
) -> Tensor:
    """Return what `Converter.latents` does, of the two parts that have to do with it; `noise` is
    as wide as it shall be.
    """
    mean, log_scale = encoder(spectrogram, mask)
    colourless = flow(mean + noise * torch.exp(log_scale), source, mask)
    coloured: Tensor = flow.back(colourless, target, mask)
    return coloured


class PosteriorEncoder(nn.Module):
    """From a spectrogram to the mean and the logarithmic scale of latents."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.pre = nn.Conv1d(config.spectrum, config.hidden, 1)
        self.enc = WaveNet(config.hidden, config.speaker, POSTERIOR_LAYERS)
        self.proj = nn.Conv1d(config.hidden, 2 * config.latent, 1)

    def forward(self, spectrogram: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return mean and logarithmic scale, each [1, 192, frames]."""
        found: Tensor = self.proj(self.enc(self.pre(spectrogram), mask=mask))
        mean, log_scale = found.chunk(2, dim=1)
        return mean, log_scale


class Flow(nn.Module):
    """Four couplings, each followed by a reversal of the channels: invertible."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(COUPLINGS):
            layers += [Coupling(config), Flip()]
        self.flows = nn.ModuleList(layers)

    def forward(self, latents: Tensor, speaker: Tensor, mask: Tensor | None = None) -> Tensor:
        """Take a speaker's colour out of latents."""
        for layer in self.flows:
            latents = layer(latents, speaker, mask)
        return latents

    def back(self, latents: Tensor, speaker: Tensor, mask: Tensor | None = None) -> Tensor:
        """Put a speaker's colour into latents: the inverse of `forward`."""
        for layer in reversed(self.flows):
            latents = layer.back(latents, speaker, mask)  # type: ignore[operator]
        return latents


class Coupling(nn.Module):
    """Moves one half of the channels by what the other half and the speaker say."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        half = config.latent // 2
        self.pre = nn.Conv1d(half, config.hidden, 1)
        self.enc = WaveNet(config.hidden, config.speaker, COUPLING_LAYERS)
        self.post = nn.Conv1d(config.hidden, half, 1)

    def forward(self, latents: Tensor, speaker: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return latents of the same shape."""
        kept, moved = latents.chunk(2, dim=1)
        return torch.cat([kept, moved + self._shift(kept, speaker, mask)], dim=1)

    def back(self, latents: Tensor, speaker: Tensor, mask: Tensor | None = None) -> Tensor:
        """Undo `forward`."""
        kept, moved = latents.chunk(2, dim=1)
        return torch.cat([kept, moved - self._shift(kept, speaker, mask)], dim=1)

    def _shift(self, kept: Tensor, speaker: Tensor, mask: Tensor | None) -> Tensor:
        shift: Tensor = self.post(self.enc(self.pre(kept), speaker, mask))
        return shift


class Flip(nn.Module):
    """Reverses the channels, so that the next coupling moves the other half."""

    def forward(self, latents: Tensor, speaker: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return latents reversed; speaker and mask have no part in it."""
        return latents.flip(1)

    back = forward


class WaveNet(nn.Module):
    """Gated convolutions without dilation, with residual and skip connections."""

    def __init__(self, hidden: int, speaker: int, layers: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.cond_layer = nn.Conv1d(speaker, 2 * hidden * layers, 1)
        self.in_layers = nn.ModuleList(
            nn.Conv1d(hidden, 2 * hidden, KERNEL, padding=KERNEL // 2) for _ in range(layers)
        )
        self.res_skip_layers = nn.ModuleList(
            nn.Conv1d(hidden, 2 * hidden if layer < layers - 1 else hidden, 1)
            for layer in range(layers)
        )

    def forward(
        self, frames: Tensor, speaker: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Return [1, hidden, frames]; without a speaker the condition is its bias alone. Behind a
        mask they have no meaning.
        """
        conditions = self._conditions(speaker).chunk(len(self.in_layers), dim=1)
        skipped: Tensor | None = None
        for widen, narrow, condition in zip(
            self.in_layers, self.res_skip_layers, conditions, strict=True
        ):
            wave, gate = (widen(within(frames, mask)) + condition).chunk(2, dim=1)
            made = narrow(torch.tanh(wave) * torch.sigmoid(gate))
            if made.shape[1] > self.hidden:
                frames = frames + made[:, : self.hidden]
                made = made[:, self.hidden :]
            skipped = made if skipped is None else skipped + made
        assert skipped is not None
        return skipped

    def _conditions(self, speaker: Tensor | None) -> Tensor:
        if speaker is not None:
            found: Tensor = self.cond_layer(speaker)
            return found
        bias = self.cond_layer.bias
        assert bias is not None
        return bias[None, :, None]
