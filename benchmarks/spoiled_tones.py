"""Conversions of which it is known what they do to tones: two that keep them, four that do not."""

from __future__ import annotations

import numpy as np
import pyworld
from scipy import signal

from benchmarks.tone_survival import Convert, said
from benchmarks.tones import SYLLABLES
from modules.messages import SPEECH_RATE, FloatArray
from modules.tts.voices import Voice


def identity(samples: FloatArray) -> FloatArray:
    """Return the sound itself."""
    return samples


def world_copy(samples: FloatArray, keep: float = 1.0, moved: float = 1.0) -> FloatArray:
    """Return what pyworld makes of its own analysis, with `keep` of the movement of pitch, and its
    register moved by a factor.
    """
    sound = np.ascontiguousarray(samples, np.float64)
    f0, times = pyworld.dio(sound, SPEECH_RATE, f0_floor=60.0, f0_ceil=550.0)
    f0 = pyworld.stonemask(sound, f0, times, SPEECH_RATE)
    envelope = pyworld.cheaptrick(sound, f0, times, SPEECH_RATE)
    breath = pyworld.d4c(sound, f0, times, SPEECH_RATE)
    voiced = f0 > 0
    middle = np.median(np.log(f0[voiced]))
    f0[voiced] = moved * np.exp(middle + keep * (np.log(f0[voiced]) - middle))
    made = pyworld.synthesize(f0, envelope, breath, SPEECH_RATE)
    return np.resize(made, len(samples)).astype(np.float32)


def flattened(samples: FloatArray) -> FloatArray:
    """Return a copy with a third of its melody."""
    return world_copy(samples, keep=0.33)


def nga_as_sac(voice: Voice, syllables: tuple[tuple[str, str], ...] = SYLLABLES) -> Convert:
    """Return a conversion that says sắc wherever the voice says ngã."""
    _, spans = said(voice, syllables)

    def convert(samples: FloatArray) -> FloatArray:
        out = samples.copy()
        for (tone, rhyme), span in spans.items():
            if tone == "ngã":
                rising = samples[spans["sắc", rhyme]]
                out[span] = 0
                length = min(span.stop - span.start, len(rising))
                out[span.start : span.start + length] = rising[:length]
        return out

    return convert


def without_creak(voice: Voice, syllables: tuple[tuple[str, str], ...] = SYLLABLES) -> Convert:
    """Return a conversion that keeps every contour and fills every glottal closure, as a vocoder
    may that takes creak for noise.
    """
    _, spans = said(voice, syllables)

    def convert(samples: FloatArray) -> FloatArray:
        out = samples.copy()
        for span in spans.values():
            out[span] = _filled(samples[span])
        return out

    return convert


def _filled(samples: FloatArray) -> FloatArray:
    # The closure gets the sound before it, as loud as what is around it.
    power = np.convolve(samples**2, np.hanning(441) / 220, "same") + 1e-9
    level = np.sqrt(power)
    left = np.maximum.accumulate(level)
    right = np.maximum.accumulate(level[::-1])[::-1]
    wanted = signal.medfilt(np.minimum(left, right), 221)
    hollow = level < 0.03 * wanted
    out = samples * np.clip(wanted / level, 1, 30)
    if hollow.any():
        first, last = np.flatnonzero(hollow)[[0, -1]]
        begin = max(0, first - (last - first) - 441)
        loop = out[begin : max(first - 221, begin + 1)]
        out[first - 221 : last + 1] = np.resize(loop, last + 222 - first)
    return out.astype(np.float32)
