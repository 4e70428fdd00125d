"""Who speaks in a sample, as the converter hears it: computed once and kept beside the sample.

A speaker is a fingerprint of somebody's voice, so it is kept nowhere but in the directory of the
sample, from which it came and with which it is deleted. Its file names the weights that made it and
the sample's hash: with either changed it is computed anew.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from modules.errors import EngineFailed
from modules.messages import SPEECH_RATE, FloatArray
from modules.private import write_private
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.spectrogram import spectrogram

log = logging.getLogger("guong.voice")

SEGMENT_S = 10.0
"""Seconds that are heard at once (upstream's se_extractor.py); the speaker is the mean."""
LONGEST_PAUSE_S = 1.0
"""Longer pauses are cut out, as upstream does."""
PREFIX = "openvoice-"
_WINDOW = 441  # 20 ms
_SPOKEN = 1e-4  # of the loudest windows' power, 40 dB below
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Sample:
    """A kept sample: float32 at `SPEECH_RATE`, and the hash of its file."""

    path: Path
    data: bytes
    key: str

    @classmethod
    def read(cls, path: str) -> Sample:
        """Read a kept sample. Raises `EngineFailed` "no_sample" where there is none any more."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise EngineFailed("no_sample", stage="voice", engine="openvoice") from error
        return cls(Path(path), data, hashlib.sha256(data).hexdigest()[:_DIGITS])

    def samples(self) -> FloatArray:
        """Return its sound. Raises `EngineFailed` "no_sample" where it is damaged."""
        try:
            sound, rate = soundfile.read(io.BytesIO(self.data), dtype="float32")
        except soundfile.LibsndfileError as error:
            raise EngineFailed("no_sample", stage="voice", engine="openvoice") from error
        if rate != SPEECH_RATE or sound.ndim != 1 or not len(sound):
            raise EngineFailed("no_sample", stage="voice", engine="openvoice")
        return np.asarray(sound, dtype=np.float32)

    def remember(self, name: str, size: int, compute: Callable[[], FloatArray]) -> FloatArray:
        """Return the array [size] that is kept as `name` beside the sample, or compute and keep it.

        A disk that refuses, or a voice that is being deleted, only means that it is not kept.
        """
        place = self.path.with_name(f"{PREFIX}{self.path.stem}-{name}.npy")
        try:
            kept = np.asarray(np.load(place, allow_pickle=False), dtype=np.float32)
            if kept.shape == (size,) and np.isfinite(kept).all():
                return kept
        except (OSError, ValueError, EOFError):
            log.debug("%s is computed", place.name)
        made = compute()
        packed = io.BytesIO()
        np.save(packed, made, allow_pickle=False)
        try:
            write_private(place, packed.getvalue())
        except OSError as error:
            log.info("a speaker is not kept: %s", os.strerror(error.errno or 0))
        return made


def speaker_of(network: Converter, samples: FloatArray) -> FloatArray:
    """Return who speaks in samples, float32 [256] at `SPEECH_RATE`: the mean over equal segments of
    about `SEGMENT_S`, without normalisation.
    """
    spoken = without_pauses(samples)
    return np.asarray(
        np.mean([_heard(network, part) for part in segments(spoken)], axis=0), dtype=np.float32
    )


def segments(samples: FloatArray) -> list[FloatArray]:
    """Return samples in equal parts of about `SEGMENT_S`, one at the least."""
    count = max(1, round(len(samples) / (SEGMENT_S * SPEECH_RATE)))
    return np.array_split(samples, count)


def without_pauses(samples: FloatArray) -> FloatArray:
    """Return speech with its ends and pauses longer than `LONGEST_PAUSE_S` cut off.

    Level alone decides: what people leave was cut to its speech when it was kept
    (`sample.prepare_sample`, by Silero), and a base voice is silent where it does not speak.
    """
    padded = np.pad(samples, (0, -len(samples) % _WINDOW)).reshape(-1, _WINDOW)
    power = np.mean(padded**2, axis=1)
    windows = np.flatnonzero(power >= _SPOKEN * np.quantile(power, 0.95))
    breaks = np.flatnonzero(np.diff(windows) * _WINDOW > LONGEST_PAUSE_S * SPEECH_RATE)
    firsts = windows[np.concatenate([[0], breaks + 1])]
    lasts = windows[np.concatenate([breaks, [len(windows) - 1]])]
    return np.concatenate(
        [
            samples[first * _WINDOW : (last + 1) * _WINDOW]
            for first, last in zip(firsts, lasts, strict=True)
        ]
    )


@torch.inference_mode()
def _heard(network: Converter, samples: FloatArray) -> FloatArray:
    hop, size = network.config.hop, network.config.fft_size
    whole = max(len(samples) // hop * hop, size)
    sound = np.resize(samples, whole) if len(samples) < whole else samples[:whole]
    device: Any = network.ref_enc.proj.weight.device
    vector = network.speaker(
        spectrogram(torch.from_numpy(np.ascontiguousarray(sound)).to(device), network.config)
    )
    return np.asarray(vector[0, :, 0].cpu().numpy(), dtype=np.float32)
