"""Pitch, pace and colour of a recorded voice, changed without touching who it is.

WORLD (Morise, Yokomori and Ozawa 2016) takes speech apart into F0, spectral envelope and
aperiodicity; F0 and the clock are changed, the envelope stays, so that a voice that speaks higher
is still the same throat. What is to stay as it is is never taken apart: a copy loses a little.
"""

from __future__ import annotations

import numpy as np
import pyworld
from scipy.signal import sosfilt

from modules.messages import SPEECH_RATE, FloatArray
from modules.tts.manner import Manner

_FRAME_MS = 5.0
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 700.0
_NOTHING = 1e-3
_SHORTEST_S = 0.04
"""WORLD needs a few periods of the lowest pitch."""
_BRIGHT_FROM_HZ = 2000.0


def reshaped(samples: FloatArray, manner: Manner, *, pace: float = 1.0) -> FloatArray:
    """Return speech at `SPEECH_RATE` with a manner's pitch, spread and brightness, and `pace` times
    as fast (what the voice did not do by itself). Its loudness is somebody else's business.

    Sample `i` of what is given is at `i / pace` in what is returned.
    """
    moved = samples
    asked = moves_pitch(manner) or abs(pace - 1) > _NOTHING
    if asked and len(samples) > _SHORTEST_S * SPEECH_RATE:
        moved = _moved(samples, manner, pace)
    return brightened(moved, manner.brightness_db)


def moves_pitch(manner: Manner) -> bool:
    """Tell whether a manner asks for another pitch or spread."""
    return max(abs(manner.semitones / 12), abs(manner.spread - 1)) > _NOTHING


def brightened(samples: FloatArray, gain_db: float) -> FloatArray:
    """Return speech with everything above 2 kHz that many dB stronger (a shelf of second order,
    Bristow-Johnson's Audio EQ Cookbook, S = 1).
    """
    if abs(gain_db) < _NOTHING or not len(samples):
        return samples
    a = 10 ** (gain_db / 40)
    turn = 2 * np.pi * _BRIGHT_FROM_HZ / SPEECH_RATE
    cos, alpha = np.cos(turn), np.sin(turn) / np.sqrt(2)
    edge = 2 * np.sqrt(a) * alpha
    above = (
        a * ((a + 1) + (a - 1) * cos + edge),
        -2 * a * ((a - 1) + (a + 1) * cos),
        a * ((a + 1) + (a - 1) * cos - edge),
    )
    below = (
        (a + 1) - (a - 1) * cos + edge,
        2 * ((a - 1) - (a + 1) * cos),
        (a + 1) - (a - 1) * cos - edge,
    )
    section = np.array([[*above, *below]]) / below[0]
    return np.asarray(sosfilt(section, samples), np.float32)


def _moved(samples: FloatArray, manner: Manner, pace: float) -> FloatArray:
    sound = np.ascontiguousarray(samples, np.float64)
    rough, times = pyworld.dio(
        sound, SPEECH_RATE, f0_floor=_LOWEST_HZ, f0_ceil=_HIGHEST_HZ, frame_period=_FRAME_MS
    )
    f0 = pyworld.stonemask(sound, rough, times, SPEECH_RATE)
    envelope = pyworld.cheaptrick(sound, f0, times, SPEECH_RATE)
    noise = pyworld.d4c(sound, f0, times, SPEECH_RATE)
    made = pyworld.synthesize(
        np.ascontiguousarray(_melody(f0, manner)), envelope, noise, SPEECH_RATE, _FRAME_MS / pace
    )
    length = round(len(samples) / pace)
    return np.asarray(np.pad(made, (0, max(0, length - len(made))))[:length], np.float32)


def _melody(f0: np.ndarray, manner: Manner) -> np.ndarray:
    """Return F0 moved, and scaled around its own median; unvoiced frames stay 0."""
    voiced = f0 > 0
    if not voiced.any():
        return f0
    middle = float(np.median(f0[voiced]))
    moved = np.zeros_like(f0)
    moved[voiced] = middle * (f0[voiced] / middle) ** manner.spread
    return np.asarray(np.minimum(moved * 2 ** (manner.semitones / 12), _HIGHEST_HZ))
