"""From what somebody recorded or uploaded to a sample that a voice can be measured from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr
from scipy import signal

from modules.errors import InvalidInput
from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.activity import WINDOW_S, speech_windows
from modules.voice.denoise import clean
from modules.voice.periods import HOP, Periods
from modules.voice.pitch import track_pitch

NEEDED_S = 5
"""Seconds of speech below which register and colour depend on what was said."""
LONGEST_S = 60
"""Beyond a minute neither moves any more."""
LEVEL_DB = -23.0
"""RMS of the finished sample, as broadcast speech has it (EBU R 128, without its weighting)."""

_FIELD = "sample"
_SILENT_PEAK = 1e-3  # -60 dBFS
_CLIPPED = (0.99, 0.999, 1.08)  # these two quantiles of loudness stand nearer than that: in speech
# they are 1.4 to 1.6 apart; with one sample in a hundred clipped, at whatever level, 1.00 to 1.04
_NOISY_DB = 8.0  # less, and the filter leaves an envelope some 5 dB off
_VOICE_SHARE = 0.2  # of what sounds: less is music, noise or a machine with a word in it
_VOICED_SHARE = 0.15  # of the speech: people reach 0.5, whispering 0
_REPEATING = 0.5  # correlation of one period with the next
_RUMBLE_HZ = 40.0
_SCAN_S = 90.0  # of a long recording: the stretch in which most is said
_SCAN_STEP_S = 5.0
_EDGE_S = 0.12  # kept around speech: the onset of a consonant, the decay of a vowel
_PAUSE_S = 0.3  # what a longer pause is cut down to
_FADE_S = 0.01
_PEAK = 0.95

Spans = list[tuple[int, int]]


def prepare_sample(samples: FloatArray, rate: int) -> FloatArray:
    """Return a clean sample of a voice, mono float32 at `SPEECH_RATE`, five to sixty seconds.

    `samples` mono float32 [n] at any `rate`. Of a long recording the part in which most is said is
    taken. Steady noise, rumble, offset, silence at both ends and long pauses are removed, and it is
    brought to `LEVEL_DB`. Raises `InvalidInput` with `field` "sample": `not_finite`, `silent`,
    `clipped` (`percent`), `too_short` (`seconds`, `needed`), `no_voice` (music, noise, whispering)
    or `too_noisy` (`decibels`, `needed`).
    """
    _check_signal(samples, rate)
    taken = _liveliest(samples, rate, _SCAN_S)
    taken = soxr.resample(taken, rate, SPEECH_RATE)
    speech = _spans(speech_windows(taken, SPEECH_RATE), len(taken))
    _check_speech(taken, speech)
    _check_clipped(taken, speech)
    cleaned = clean(_without_rumble(taken), SPEECH_RATE)
    if cleaned.snr_db < _NOISY_DB:
        raise InvalidInput(
            "too_noisy", field=_FIELD, decibels=round(cleaned.snr_db, 1), needed=_NOISY_DB
        )
    finished = _liveliest(_joined(cleaned.samples, speech), SPEECH_RATE, LONGEST_S)
    _check_voiced(finished)
    return _levelled(finished)


def _check_signal(samples: FloatArray, rate: int) -> None:
    if not np.isfinite(samples).all():
        raise InvalidInput("not_finite", field=_FIELD)
    _check_length(len(samples) / rate)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < _SILENT_PEAK:
        raise InvalidInput("silent", field=_FIELD)


def _check_length(seconds: float) -> None:
    if seconds < NEEDED_S:
        # Rounded down: "5.0 of 5 seconds" would be no explanation.
        raise InvalidInput(
            "too_short", field=_FIELD, seconds=int(seconds * 10) / 10, needed=NEEDED_S
        )


def _check_speech(samples: FloatArray, speech: Spans) -> None:
    spoken = sum(stop - start for start, stop in speech) / SPEECH_RATE
    level = np.sqrt(np.mean(samples[: len(samples) // HOP * HOP].reshape(-1, HOP) ** 2, axis=1))
    sounding = float(np.sum(level > 0.1 * np.quantile(level, 0.95))) * HOP / SPEECH_RATE
    if spoken < NEEDED_S <= sounding and spoken < _VOICE_SHARE * sounding:
        raise InvalidInput("no_voice", field=_FIELD)
    _check_length(spoken)


def _check_clipped(samples: FloatArray, speech: Spans) -> None:
    loudness = np.abs(np.concatenate([samples[start:stop] for start, stop in speech]))
    low, high = np.quantile(loudness, _CLIPPED[:2])
    if high < _CLIPPED[2] * low:
        percent = 100 * float(np.mean(loudness > 0.97 * low))
        raise InvalidInput("clipped", field=_FIELD, percent=round(percent, 1))


def _check_voiced(samples: FloatArray) -> None:
    sound = samples.astype(np.float64)
    f0 = track_pitch(sound)
    voiced = np.flatnonzero(f0)
    # Filtered noise has a pitch of sorts at the edge of its band; it does not repeat.
    periods = Periods(sound, 2)
    repeating = np.count_nonzero(periods.alike(voiced, periods.rate / f0[voiced]) > _REPEATING)
    if repeating < _VOICED_SHARE * len(f0):
        raise InvalidInput("no_voice", field=_FIELD)


def _liveliest(samples: FloatArray, rate: int, seconds: float) -> FloatArray:
    """Return the stretch of at most `seconds` with the most sound in it, the earliest of equals."""
    length, step = int(seconds * rate), int(_SCAN_STEP_S * rate)
    if len(samples) <= length:
        return samples
    block = rate // 50
    power = (samples[: len(samples) // block * block].reshape(-1, block) ** 2).mean(axis=1)
    sounding = np.concatenate([[0], np.cumsum(power > 0.01 * np.quantile(power, 0.95))])
    starts = np.arange(0, len(samples) - length + step, step)
    starts = np.minimum(starts, len(samples) - length)
    activity = sounding[(starts + length) // block] - sounding[starts // block]
    start = int(starts[np.argmax(activity)])
    return samples[start : start + length]


def _without_rumble(samples: FloatArray) -> FloatArray:
    sections = signal.butter(4, _RUMBLE_HZ, "highpass", fs=SPEECH_RATE, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, samples), dtype=np.float32)


def _spans(windows: npt.NDArray[np.bool_], length: int) -> Spans:
    """Return (start, stop) of speech in samples, with edges; what overlaps is one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], windows, [False]])))
    spans: Spans = []
    for first, last in edges.reshape(-1, 2):
        start = max(0, round((first * WINDOW_S - _EDGE_S) * SPEECH_RATE))
        stop = min(length, round((last * WINDOW_S + _EDGE_S) * SPEECH_RATE))
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    return spans


def _joined(samples: FloatArray, spans: Spans) -> FloatArray:
    """Return the spans one after another, pauses between them no longer than `_PAUSE_S`."""
    fade = int(_FADE_S * SPEECH_RATE)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    longest = int(_PAUSE_S * SPEECH_RATE)
    parts: list[FloatArray] = []
    for number, (start, stop) in enumerate(spans):
        part = samples[start:stop].copy()
        part[:fade] *= ramp
        part[-fade:] *= ramp[::-1]
        if number:
            pause = min(start - spans[number - 1][1], longest)
            parts.append(np.zeros(pause, dtype=np.float32))
        parts.append(part)
    return np.concatenate(parts)


def _levelled(samples: FloatArray) -> FloatArray:
    rms = float(np.sqrt(np.mean(samples**2)))
    peak = float(np.abs(samples).max())
    return samples * np.float32(min(10 ** (LEVEL_DB / 20) / rms, _PEAK / peak))
