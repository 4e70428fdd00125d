"""What the painter hears: Whisper's encoder, all of its layers, 50 rows a second."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from modules.avatar.musetalk.config import EarConfig
from modules.checkpoints import State, check, shapes
from modules.messages import LISTEN_RATE, FloatArray

PREFIX = "model.encoder."
UNUSED = "model.decoder."
WINDOW_S = 30
"""Whisper hears half a minute at once; what is shorter is followed by silence."""
ROWS = 50
"""Rows of features a second."""
ROW_SAMPLES = LISTEN_RATE // ROWS


class Ear(nn.Module):
    """From a log-mel spectrogram to the states of every layer."""

    def __init__(self, config: EarConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _encoder(config)
        self.layers = config.layers + 1

    def forward(self, mel: Tensor) -> Tensor:
        """Return [n, rows, layers + 1, width] for [n, 80, 2 * rows]: what goes into the first
        layer, what every layer gives, and the last after its norm.
        """
        heard = self.encoder(mel, output_hidden_states=True, return_dict=True)
        return torch.stack(list(heard.hidden_states), dim=2)


def load_ear(state: State, config: EarConfig, file: str) -> Ear:
    """Return the encoder of a released state dict of the whole of Whisper, on the CPU in float32.

    Raises `WeightsRejected` "unreadable" where a key of the encoder does not agree, or one belongs
    to no part of Whisper.
    """
    encoder = _encoder(config)
    expected = {f"{PREFIX}{name}": shape for name, shape in shapes(encoder).items()}
    check({k: v for k, v in state.items() if not k.startswith(UNUSED)}, expected, file)
    ear = Ear(config)
    ear.load_state_dict(
        {f"encoder.{name.removeprefix(PREFIX)}": state[name] for name in expected}, assign=True
    )
    return ear.eval().requires_grad_(False)


def _encoder(config: EarConfig) -> Any:
    with torch.device("meta"):
        return WhisperEncoder(
            WhisperConfig(
                d_model=config.width,
                encoder_layers=config.layers,
                encoder_attention_heads=config.heads,
                encoder_ffn_dim=config.inner,
                max_source_positions=config.positions,
                num_mel_bins=config.mels,
                attn_implementation="sdpa",
            )
        )


class Spectrogram:
    """Whisper's log-mel spectrogram: half a minute, silence after the sound's end."""

    def __init__(self, config: EarConfig, device: str = "cpu") -> None:
        self._device = device
        self._extractor = WhisperFeatureExtractor(
            feature_size=config.mels, chunk_length=config.positions // ROWS
        )

    def __call__(self, samples: FloatArray) -> FloatArray:
        """Return float32 [1, 80, 3000] for at most 30 s at 16 kHz."""
        made = self._extractor(
            samples, sampling_rate=LISTEN_RATE, return_tensors="np", device=self._device
        )
        return np.asarray(made.input_features, dtype=np.float32)
