"""The shape of the converter's network, as the released config.json gives it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from modules.errors import WeightsRejected

VERSION = "v2"
POSTERIOR_LAYERS = 16
COUPLINGS = 4
COUPLING_LAYERS = 4
KERNEL = 5
"""The posterior encoder's layers, the flow's couplings, layers per coupling, and the width of their
convolutions stand in upstream's code (models.py), not in its configuration."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the network is built from. `spectrum` is the number of bins of the spectrogram."""

    rate: int
    fft_size: int
    hop: int
    latent: int
    hidden: int
    speaker: int
    decoder_channels: int
    upsample_rates: tuple[int, ...]
    upsample_kernels: tuple[int, ...]
    block_kernels: tuple[int, ...]
    block_dilations: tuple[tuple[int, ...], ...]

    @property
    def spectrum(self) -> int:
        """Bins of the spectrogram."""
        return self.fft_size // 2 + 1

    @property
    def latent_reach(self) -> int:
        """Frames to each side that a latent depends on: every layer adds half its kernel, through
        the encoder, the flow and the flow back.
        """
        return (KERNEL // 2) * (POSTERIOR_LAYERS + 2 * COUPLINGS * COUPLING_LAYERS)

    @property
    def decoder_reach(self) -> int:
        """Latent frames to each side that a frame of sound depends on, rounded up.

        Counted from the sound backwards, in samples of each stage: the last convolution, the widest
        residual block, then the transposed convolution that made its input.
        """
        reach = 3
        stages = zip(self.upsample_rates, self.upsample_kernels, strict=True)
        widest = max(
            sum((kernel - 1) // 2 * (dilation + 1) for dilation in dilations)
            for kernel, dilations in zip(self.block_kernels, self.block_dilations, strict=True)
        )
        for rate, kernel in reversed(list(stages)):
            reach = -(-(reach + widest + kernel // 2) // rate)
        return reach + 3


def read_config(path: Path) -> Config:
    """Return the configuration in a released config.json.

    Raises `WeightsRejected` "unreadable" for a damaged file, another version of OpenVoice, or one
    whose parts do not fit each other.
    """
    try:
        return _config(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise WeightsRejected("unreadable", file=path.name, why=why) from error


def _config(held: dict[str, Any]) -> Config:
    data, model = held["data"], held["model"]
    # `zero_g`: encoder and decoder hear no speaker, only the flow does; a text encoder would be
    # built for speakers of its own.
    for name, found, known in (
        ("version", held["_version_"], VERSION),
        ("zero_g", model["zero_g"], True),
        ("n_speakers", data["n_speakers"], 0),
        ("resblock", str(model["resblock"]), "1"),
        ("win_length", data["win_length"], data["filter_length"]),
    ):
        if found != known:
            raise ValueError(f"{name}={found}")
    config = Config(
        rate=int(data["sampling_rate"]),
        fft_size=int(data["filter_length"]),
        hop=int(data["hop_length"]),
        latent=int(model["inter_channels"]),
        hidden=int(model["hidden_channels"]),
        speaker=int(model["gin_channels"]),
        decoder_channels=int(model["upsample_initial_channel"]),
        upsample_rates=_integers(model["upsample_rates"]),
        upsample_kernels=_integers(model["upsample_kernel_sizes"]),
        block_kernels=_integers(model["resblock_kernel_sizes"]),
        block_dilations=tuple(_integers(row) for row in model["resblock_dilation_sizes"]),
    )
    _check(config)
    return config


def _integers(values: list[Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _check(config: Config) -> None:
    steps = [1]
    for rate in config.upsample_rates:
        steps.append(steps[-1] * rate)
    fits = (
        steps[-1] == config.hop
        and all(step < longer for step, longer in pairwise(steps))
        and len(config.upsample_rates) == len(config.upsample_kernels)
        and len(config.block_kernels) == len(config.block_dilations) > 0
        and config.decoder_channels % 2 ** len(config.upsample_rates) == 0
        and config.latent % 2 == 0
    )
    if not fits:
        raise ValueError("the decoder does not fit the spectrogram")
