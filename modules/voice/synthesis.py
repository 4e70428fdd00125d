"""Making sound from WORLD's parameters, so that pieces of a clause join without a seam.

`pyworld.synthesize` begins every call with a new phase and the same noise, so two calls do not
join. Here every pulse, and every frame of noise, has its place in the whole clause: whatever is
rendered in between, in whatever steps, the sum is the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.envelope import BIN_HZ, BINS, FFT_SIZE, log_mean_power
from modules.voice.periods import HOP, Array

BEFORE = 16
"""Samples by which a pulse's response begins before the pulse: a shift by part of a sample rings to
both sides."""
FILTER_SIZE = 512
FILTER_BINS = FILTER_SIZE // 2 + 1
_WINDOW = np.hanning(2 * HOP + 1)[:-1].astype(np.float32)
"""Sums to one at a hop of half its length."""
_MARGIN = (FILTER_SIZE - len(_WINDOW)) // 2
"""How far a filtered frame may ring to each side."""
REACH = HOP + _MARGIN
"""Samples before a frame that its filtered sound may touch."""
_ABOVE_ZERO_HZ = np.maximum(BIN_HZ, BIN_HZ[1] / 4)


def place_pulses(f0: Array, length: int) -> tuple[Array, Array]:
    """Return where in a clause the glottis closes, in samples, and the period there in samples.

    `f0` in Hz for every `HOP` samples, 0 where unvoiced. Between voiced frames pitch glides in
    ln(F0); every voiced stretch begins with a pulse.
    """
    positions: list[Array] = []
    periods: list[Array] = []
    for first, last in voiced_stretches(f0):
        start, stop = max(first * HOP - HOP // 2, 0), min(last * HOP - HOP // 2, length)
        frames = np.arange(first, last)
        at = np.arange(start, stop)
        hz = np.exp(np.interp(at / HOP, frames, np.log(f0[frames])))
        phase = np.cumsum(hz / SPEECH_RATE)
        pulses = np.interp(np.arange(1, int(phase[-1]) + 1), phase, at)
        positions.append(np.concatenate([[start], pulses]))
        periods.append(SPEECH_RATE / np.interp(positions[-1], at, hz))
    if not positions:
        return np.empty(0), np.empty(0)
    return np.concatenate(positions), np.concatenate(periods)


def voiced_stretches(f0: Array) -> list[tuple[int, int]]:
    """Return (first, last) frames, `last` exclusive, of every run of voiced frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], f0 > 0, [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def voicing(f0: Array, length: int) -> FloatArray:
    """Return how voiced each sample is, float32 [length] from 0 to 1, with ramps of one hop."""
    voiced = (f0 > 0).astype(np.float64)
    return np.interp(np.arange(length) / HOP, np.arange(len(f0)), voiced).astype(np.float32)


def pulse_responses(log_power: FloatArray, positions: Array, periods: Array) -> FloatArray:
    """Return the sound of each pulse, float32 [pulses, FFT_SIZE], from `BEFORE` samples before
    `floor(position)`.

    `log_power` float32 [pulses, BINS] is the natural logarithm of the periodic power. The response
    has minimum phase (by folding the cepstrum, Oppenheim and Schafer) and the energy of one period.
    """
    played = log_power - _below_pitch(periods)
    played += log_mean_power(log_power) - log_mean_power(played)
    cepstrum = fft.irfft(played / 2, axis=1)
    cepstrum[:, 1 : FFT_SIZE // 2] *= 2
    cepstrum[:, FFT_SIZE // 2 + 1 :] = 0
    spectrum = fft.rfft(cepstrum, axis=1)
    magnitude = np.exp(spectrum.real) * np.sqrt(periods)[:, None].astype(np.float32)
    delay = (positions % 1 + BEFORE).astype(np.float32)[:, None]
    turn = (-2 * np.pi / FFT_SIZE) * np.arange(BINS, dtype=np.float32)
    angle = spectrum.imag + turn * delay
    shaped = np.empty_like(spectrum)
    # Much faster than the exponential of a complex array.
    shaped.real = magnitude * np.cos(angle)
    shaped.imag = magnitude * np.sin(angle)
    return np.asarray(fft.irfft(shaped, axis=1), dtype=np.float32)


def _below_pitch(periods: Array) -> FloatArray:
    # CheapTrick's envelope is as high below the pitch as at it. Played, that would push the voice
    # off zero and let every pulse ring on; a high-pass at half the pitch (12 dB an octave) ends it.
    corner = SPEECH_RATE / periods[:, None] / 2
    return np.asarray(np.log1p((corner / _ABOVE_ZERO_HZ) ** 4), dtype=np.float32)


def filtered_frames(first: int, *pairs: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return frames of sound, each filtered with its own gains, float32 [frames, FILTER_SIZE].

    Each pair is a sound, the whole clause with `HOP` zeros before it and two `HOP` behind it, and
    gains float32 [frames, FILTER_BINS]: amplitudes (no phase) for frames `first` and on. The pairs
    are summed. A frame's sound begins `REACH` samples before it; overlapped and added, frames with
    gains of one give the sound back.
    """
    spectrum = sum(
        fft.rfft(_windowed(sound, first, len(gains)), axis=1) * gains for sound, gains in pairs
    )
    return np.asarray(fft.irfft(spectrum, axis=1), dtype=np.float32)


def _windowed(sound: FloatArray, first: int, count: int) -> FloatArray:
    starts = np.arange(first, first + count) * HOP
    frames = np.zeros((count, FILTER_SIZE), dtype=np.float32)
    frames[:, _MARGIN : _MARGIN + len(_WINDOW)] = (
        sliding_window_view(sound, len(_WINDOW))[starts] * _WINDOW
    )
    return frames


def overlap_add(canvas: FloatArray, starts: npt.NDArray[np.intp], blocks: FloatArray) -> None:
    """Add each block to the canvas where it starts; what lies outside is dropped."""
    size = blocks.shape[1]
    for start, block in zip(starts.tolist(), blocks, strict=True):
        left, right = max(start, 0), min(start + size, len(canvas))
        if left < right:
            canvas[left:right] += block[left - start : right - start]
