"""What a conversion's sound is given after the network: its loudness, its tilt, and quiet pauses.

Gain and tilt belong to a pair of voices. They are measured once, on some seconds of the base voice,
and held as one short filter, so a clause sounds the same in whatever steps it is made. A vocoder
hums where nothing is said, and below the voice: both are known from the clause itself.
"""

from __future__ import annotations

import numpy as np
from scipy import fft, signal
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from modules.errors import InvalidInput
from modules.messages import SPEECH_RATE, FloatArray, VoiceProfile
from modules.voice.envelope import BIN_HZ, FFT_SIZE
from modules.voice.limiter import bent
from modules.voice.mapping import tilt_between
from modules.voice.profile import measure_profile

TAPS = 256
GAIN_LIMIT_DB = 12.0
TILT_LIMIT_DB = 6.0
"""The network has the target's formants right; this is for its microphone and for the vocoder."""
MEASURED_S = 3.0
"""Seconds of the base voice that are converted to measure a pair."""

_TILT_SMOOTH_OCTAVES = 1.0
_LOUD_SHARE = 0.1  # of the loudest tenth's level: what is softer is not speech
_HOP = 220  # 10 ms
_SILENT_DB, _SPOKEN_DB = -66.0, -56.0  # of the clause before conversion, in full scale
_HELD = 7  # windows around speech that stay open, so that no consonant is cut
_RUMBLE_HZ = 50.0  # the lowest voice is above 60


def measure(
    before: FloatArray, after: FloatArray, base: VoiceProfile | None, target: VoiceProfile
) -> FloatArray:
    """Return the filter for a pair of voices, float32 [TAPS], from some seconds of the base voice
    before and after they were converted.

    It makes the converted speech as loud as it was, and tilts it, smoothed over an octave, by what
    is missing from the base's long-term envelope to the target's. It has minimum phase: nothing is
    delayed. Without a profile of the base voice, `before` stands in for it.
    """
    level = 20 * np.log10(_loudness(before) / max(_loudness(after), 1e-9))
    tilt = _tilt(before, after, base, target)
    taps = _minimum_phase(tilt)
    level -= 20 * np.log10(_loudness(signal.lfilter(taps, [1.0], after)) / _loudness(after))
    gain = 10 ** (float(np.clip(level, -GAIN_LIMIT_DB, GAIN_LIMIT_DB)) / 20)
    return np.asarray(taps * gain, dtype=np.float32)


class Finish:
    """Finishes the sound of one clause, piece by piece."""

    def __init__(self, before: FloatArray, taps: FloatArray) -> None:
        """`before` is the clause that is being converted, at `SPEECH_RATE`."""
        self._open = _gate(before)
        self._taps = taps
        self._high = signal.butter(2, _RUMBLE_HZ, "highpass", fs=SPEECH_RATE, output="sos")
        self._high_state = np.zeros((len(self._high), 2))
        self._tap_state = np.zeros(len(taps) - 1)
        self._at = 0

    def __call__(self, piece: FloatArray) -> FloatArray:
        """Return the next piece, finished; pieces of any length join to the same sound."""
        if not len(piece):
            return piece
        sound, self._high_state = signal.sosfilt(self._high, piece, zi=self._high_state)
        sound, self._tap_state = signal.lfilter(self._taps, [1.0], sound, zi=self._tap_state)
        sound = sound * self._open[self._at : self._at + len(piece)]
        self._at += len(piece)
        return bent(sound)


def _tilt(
    before: FloatArray, after: FloatArray, base: VoiceProfile | None, target: VoiceProfile
) -> FloatArray:
    try:
        was, became = (
            measure_profile(each, SPEECH_RATE, id="", name="") for each in (before, after)
        )
    except InvalidInput:  # nothing voiced came out: there is nothing to tilt
        return np.zeros(len(BIN_HZ), dtype=np.float32)
    # What is said in a few seconds colours both of them, and so neither.
    tilt = tilt_between(base or was, target) - tilt_between(was, became)
    octaves = np.log2(np.maximum(BIN_HZ, BIN_HZ[1]))
    even = np.linspace(octaves[0], octaves[-1], 128)
    step = even[1] - even[0]
    smooth = gaussian_filter1d(
        np.interp(even, octaves, tilt), _TILT_SMOOTH_OCTAVES / 2 / step, mode="nearest"
    )
    return np.asarray(
        np.clip(np.interp(octaves, even, smooth), -TILT_LIMIT_DB, TILT_LIMIT_DB), dtype=np.float32
    )


def _minimum_phase(level_db: FloatArray) -> FloatArray:
    # By folding the cepstrum (Oppenheim and Schafer), then cut off where it has died away.
    cepstrum = fft.irfft(level_db * (np.log(10) / 20))
    cepstrum[1 : FFT_SIZE // 2] *= 2
    cepstrum[FFT_SIZE // 2 + 1 :] = 0
    response = fft.irfft(np.exp(fft.rfft(cepstrum)))[:TAPS]
    fade = np.ones(TAPS)
    fade[TAPS // 2 :] = np.cos(np.linspace(0, np.pi / 2, TAPS // 2)) ** 2
    return np.asarray(response * fade, dtype=np.float32)


def _loudness(samples: FloatArray) -> float:
    """Return the RMS of what is spoken."""
    power = _powers(samples)
    spoken = power[power > _LOUD_SHARE**2 * np.quantile(power, 0.9)]
    return float(np.sqrt(np.mean(spoken))) if len(spoken) else 1e-9


def _powers(samples: FloatArray) -> FloatArray:
    padded = np.pad(np.asarray(samples, dtype=np.float64), (0, -len(samples) % _HOP))
    return np.asarray(np.mean(padded.reshape(-1, _HOP) ** 2, axis=1))


def _gate(before: FloatArray) -> FloatArray:
    level = 10 * np.log10(_powers(before) + 1e-12)
    level = maximum_filter1d(level, _HELD, mode="nearest")
    share = np.clip((level - _SILENT_DB) / (_SPOKEN_DB - _SILENT_DB), 0, 1)
    centres = np.arange(len(share)) * _HOP + _HOP / 2
    opened = np.interp(np.arange(len(before)), centres, share)
    return np.asarray(opened, dtype=np.float32)
