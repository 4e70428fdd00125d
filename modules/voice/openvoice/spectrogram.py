"""The linear spectrogram that the converter hears."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from modules.voice.openvoice.config import Config

_FLOOR = 1e-6


def spectrogram(samples: Tensor, config: Config) -> Tensor:
    """Return magnitudes, float32 [1, bins, samples // hop], of sound [n] with n a multiple of hop.

    Frame t lies around sample t * hop + hop / 2: the sound is mirrored at both ends, so that the
    decoder's samples of a frame are those that the frame was made from.
    """
    beside = (config.fft_size - config.hop) // 2
    padded = functional.pad(samples[None, None].float(), (beside, beside), mode="reflect")[0]
    found = torch.stft(
        padded,
        config.fft_size,
        config.hop,
        window=torch.hann_window(config.fft_size, device=samples.device),
        center=False,
        return_complex=True,
    )
    return torch.sqrt(found.real**2 + found.imag**2 + _FLOOR)
