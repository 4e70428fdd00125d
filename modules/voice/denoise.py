"""Steady noise taken out of a sample: a Wiener filter that learns from the quietest frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from modules.messages import FloatArray

_SIZE = 1024
_HOP = 256
_QUIET_SHARE = 0.1  # of all frames; speech pauses for more than that
_SMOOTH = 3  # frames over which levels are averaged before the quietest are chosen
_ALPHA = 0.98  # weight of the past in the decision-directed estimate (Ephraim and Malah 1984)
_FLOOR = 0.1  # -20 dB; deeper, and what is left of the noise turns into tones
_NOTHING = 1e-12  # power of what is digital silence

Powers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """A cleaned recording, and the signal-to-noise ratio that it had before, in dB."""

    samples: FloatArray
    snr_db: float


def clean(samples: FloatArray, rate: int) -> Cleaned:
    """Return a recording without its steady noise.

    `samples` mono float32 [n] with pauses in it: the quietest tenth is taken for noise alone. Where
    that is silence nothing is filtered.
    """
    whole = np.pad(samples, (0, max(0, _SIZE - len(samples))))
    _, _, spectra = signal.stft(whole, rate, nperseg=_SIZE, noverlap=_SIZE - _HOP)
    power = (np.abs(spectra) ** 2).T.astype(np.float32)
    noise = _noise_power(power)
    gains = _wiener_gains(power, noise)
    _, cleaned = signal.istft(spectra * gains.T, rate, nperseg=_SIZE, noverlap=_SIZE - _HOP)
    return Cleaned(cleaned[: len(samples)].astype(np.float32), _snr_db(power, noise))


def _noise_power(power: Powers) -> Powers:
    level = np.convolve(power.mean(axis=1), np.ones(_SMOOTH) / _SMOOTH, "same")
    count = max(1, round(_QUIET_SHARE * len(level)))
    quietest = np.argpartition(level, count - 1)[:count]
    return np.asarray(power[quietest].mean(axis=0))


def _wiener_gains(power: Powers, noise: Powers) -> Powers:
    # The signal's share of a bin, guessed from what the last frame left and what this one shows.
    posterior = power / (noise + _NOTHING)
    gains = np.empty_like(power)
    before = np.maximum(posterior[0] - 1, 0)
    for now, gain in zip(posterior, gains, strict=True):
        prior = _ALPHA * before + (1 - _ALPHA) * np.maximum(now - 1, 0)
        gain[:] = np.maximum(prior / (1 + prior), _FLOOR)
        before = gain**2 * now
    gains[:, noise <= _NOTHING] = 1.0
    return gains


def _snr_db(power: Powers, noise: Powers) -> float:
    level = power.mean(axis=1)
    loud = level[level >= np.median(level)].mean()
    floor = float(noise.mean()) + _NOTHING
    return float(10 * np.log10(max(loud - floor, _NOTHING) / floor))
