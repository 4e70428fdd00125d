"""From espeak's raw sound to speech that can be joined: steady, trimmed, levelled, without clicks.

All functions take and return mono float32 at `SPEECH_RATE`.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.signal import butter, sosfilt

from modules.messages import SPEECH_RATE, FloatArray

TARGET_DB = -20.0
"""Level of speech, its pauses left out, in dB below full scale."""
CEILING = 0.95
_KNEE = 0.7
LEAD_S = 0.008
"""Kept before the first sound; the fade falls into it and leaves a plosive's burst alone."""
_TAIL_S = 0.008
_FADE_IN_S, _FADE_OUT_S = 0.005, 0.04
_SILENT_DB = -55.0
_GATE_DB = -25.0
_MOST_GAIN_DB = 24.0
"""A single unstressed word comes 8 dB softer out of espeak than a sentence; noise is not raised."""
_HIGH_PASS = butter(2, 35.0, "highpass", fs=SPEECH_RATE, output="sos")
"""Takes the offset away and leaves the lowest F0 of the lowest voice (about 50 Hz)."""
_FLUTTER_HZ = np.array([12.7, 7.1, 4.7])
_FLUTTER_STEP = 64


def with_flutter(samples: FloatArray, amount: float) -> FloatArray:
    """Return speech whose F0 wavers as a human's does; `amount` 25 is usual.

    Klatt and Klatt (1990): dF0 = amount/50 * F0/100 * sum(sin 2 pi f t) for three frequencies f;
    done by reading the sound at times that run ahead by the integral of dF0/F0, at most 1.5 ms.
    """
    if not len(samples):
        return samples
    turns = 2 * np.pi * _FLUTTER_HZ[:, None] / SPEECH_RATE
    time = np.arange(len(samples), dtype=np.float64)
    # Slow enough to be worked out now and then and drawn straight in between.
    knots = np.arange(0, len(samples) + _FLUTTER_STEP, _FLUTTER_STEP)
    ahead = amount / 5000 * np.sum((1 - np.cos(turns * knots)) / turns, axis=0)
    read_at = time + np.interp(time, knots, ahead)
    read = map_coordinates(samples, [read_at], np.float32, order=3, mode="nearest")
    return np.asarray(read, np.float32)


def without_offset(samples: FloatArray) -> FloatArray:
    """Return speech without DC and rumble."""
    return np.asarray(sosfilt(_HIGH_PASS, samples), np.float32)


def sounding(samples: FloatArray) -> tuple[int, int]:
    """Return where the sound starts and stops, with a small margin; (0, 0) where all is silent."""
    peak = float(np.max(np.abs(samples), initial=0.0))
    loud = np.flatnonzero(np.abs(samples) > peak * 10 ** (_SILENT_DB / 20))
    if not peak or not len(loud):
        return 0, 0
    start = int(loud[0]) - round(LEAD_S * SPEECH_RATE)
    stop = int(loud[-1]) + 1 + round(_TAIL_S * SPEECH_RATE)
    return max(0, start), min(len(samples), stop)


def faded(samples: FloatArray) -> FloatArray:
    """Return speech that starts from zero and dies away into it.

    espeak stops a last vowel at full strength within a period; a voice takes longer.
    """
    out = samples.copy()
    for seconds, end in ((_FADE_IN_S, out), (_FADE_OUT_S, out[::-1])):
        length = min(round(seconds * SPEECH_RATE), len(samples) // 2)
        turn = np.linspace(0.0, np.pi / 2, length, endpoint=False, dtype=np.float32)
        end[:length] *= np.sin(turn) ** 2
    return out


def level_db(samples: FloatArray) -> float:
    """Return the level in dB below full scale of what is spoken; frames far below it are pauses."""
    frame = round(0.02 * SPEECH_RATE)
    power = np.mean(np.square(samples[: len(samples) // frame * frame].reshape(-1, frame)), axis=1)
    if not len(power) or not power.max():
        return -120.0
    spoken = power[power > power.max() * 10 ** (_GATE_DB / 10)]
    return float(10 * np.log10(spoken.mean()))


def levelled(samples: FloatArray, wanted_db: float) -> FloatArray:
    """Return speech at a level, its highest peaks bent so that none clips."""
    gain_db = min(wanted_db - level_db(samples), _MOST_GAIN_DB)
    return limited(samples * np.float32(10 ** (gain_db / 20)))


def limited(samples: FloatArray) -> FloatArray:
    """Return speech whose peaks bend smoothly below `CEILING`; what is below the knee stays."""
    size = np.abs(samples)
    room = CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.copysign(bent, samples), samples).astype(np.float32)
