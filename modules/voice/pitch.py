"""Pitch of speech: WORLD's DIO and StoneMask, and mending of what they get wrong.

DIO (Morise, Kawahara and Katayose 2009) is fast and exact on steady voices. It drops short voiced
stretches (the release after the closure of a nặng), hears "pitch" in the silence between two
vowels, halves the pitch of a rough voice and doubles that of a noisy one. Each is mended here, once
for the measuring of a voice and for its conversion.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyworld

from modules.messages import SPEECH_RATE
from modules.voice.periods import CEIL_HZ, FLOOR_HZ, HOP, Array, Periods

Mask = npt.NDArray[np.bool_]

_FRAME_PERIOD_MS = 1000 * HOP / SPEECH_RATE * (1 - 1e-12)
"""A hair less than a hop: DIO rounds down, and would at times miss the last frame."""

_QUIET_DB = -40.0  # below the loud frames; nothing further down is voiced
_SILENCE_DB = -75.0  # of full scale
_SHORTEST = 3  # frames; noise looks periodic for one or two
_JUMP = 0.2  # octaves between two frames, more than any voice glides
_ALIKE = 0.85  # half a period and the next half; 99 in 100 frames of a clean voice are below
_RANGE_OCTAVES = 1.15  # of one clause around its median
_UNLIKE = 0.75  # a period and the next, where it is none
_BETTER = 0.15


def track_pitch(samples: Array) -> Array:
    """Return F0 in Hz for every `HOP` samples of speech, 0 where it is unvoiced.

    `samples` float64 [n] at `SPEECH_RATE`; the result is float64 [n // HOP + 1].
    """
    if not len(samples):
        return np.zeros(1)
    f0, times = pyworld.dio(
        samples,
        SPEECH_RATE,
        f0_floor=FLOOR_HZ,
        f0_ceil=CEIL_HZ,
        frame_period=_FRAME_PERIOD_MS,
        speed=2,  # halves the time; the refined result differs by under 4 cents
    )
    sounding = _sounding(samples, len(f0))
    f0 = _right_octave(np.where(sounding, f0, 0.0), Periods(samples, 2))
    missed = sounding & (f0 == 0)
    if missed.any():
        f0[missed] = Periods(samples, 4).search(np.flatnonzero(missed))
        f0[missed & ~_lasting(f0)] = 0.0
    if not f0.any():
        return f0
    f0 = pyworld.stonemask(samples, f0, times, SPEECH_RATE)
    return np.where(_within_range(f0), f0, 0.0)


def _sounding(samples: Array, frames: int) -> Mask:
    power = np.add.reduceat(np.pad(samples**2, (HOP, HOP)), np.arange(frames + 1) * HOP) / HOP
    level = 10 * np.log10(np.maximum(power[:-1], power[1:]) + 1e-12)
    return np.asarray(level > max(np.percentile(level, 95) + _QUIET_DB, _SILENCE_DB))


def _within_range(f0: Array) -> Mask:
    # Hiss may look periodic at 500 Hz, a room at 60: turned into pulses it would squeak or rattle.
    octaves = np.log2(np.maximum(f0, 1.0))
    far = octaves - np.median(octaves[f0 > 0])
    return np.asarray((f0 > 0) & (np.abs(far) < _RANGE_OCTAVES))


def _right_octave(f0: Array, periods: Periods) -> Array:
    voiced = np.flatnonzero(f0)
    if not len(voiced):
        return f0
    lag = periods.rate / f0[voiced]
    half, whole, double = (periods.alike(voiced, lag * factor) for factor in (0.5, 1.0, 2.0))
    # Where every other pulse is a little stronger DIO hears half the pitch; a listener does not.
    raised = _mostly((half > _ALIKE) & (2 * f0[voiced] < CEIL_HZ))
    # Where a telephone has cut off the fundamental it hears the first overtone.
    overtone = (whole < _UNLIKE) & (double > whole + _BETTER) & (f0[voiced] > 2 * FLOOR_HZ)
    mended = f0.copy()
    mended[voiced] *= np.where(raised, 2.0, np.where(_mostly(overtone), 0.5, 1.0))
    return mended


def _mostly(flags: Mask) -> Mask:
    # What most of the five frames around each say.
    counts = np.convolve(np.pad(flags, 2), np.ones(5), "valid")
    return np.asarray(counts >= 3)


def _lasting(f0: Array) -> Mask:
    # Frames in a stretch without a jump that is long enough to be a voice.
    octaves = np.log2(np.maximum(f0, 1.0))
    breaks = np.flatnonzero(np.abs(np.diff(octaves)) > _JUMP) + 1
    runs = np.split(np.arange(len(f0)), breaks)
    lasting = np.zeros(len(f0), dtype=bool)
    for run in runs:
        lasting[run] = f0[run[0]] > 0 and len(run) >= _SHORTEST
    return lasting
