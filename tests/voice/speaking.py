"""Speech for the tests: what the embedded tts says, and vowels whose every number is known."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import signal

from modules.messages import SPEECH_RATE, Clause, FloatArray, Persona, TurnRequest
from modules.tts import ENGINES
from modules.voice import reading_text

OTHER_TEXT = (
    "Hôm qua mẹ tôi mua ba quả dưa hấu, hai cân khoai lang và một bó hoa cúc vàng.",
    "Ngày xưa có ông lão đánh cá nghèo khổ, sống bên bờ biển với người vợ già.",
    "Bỗng tiếng chuông chùa xa vọng lại, khiến lòng người lữ khách thấy nhẹ nhõm.",
)


@cache
def _tts() -> object:
    engine = next(spec for spec in ENGINES if spec.embedded).make()
    engine.load()
    return engine


@cache
def said(text: str, voice: str = "north-man", pitch: float = 0.0) -> FloatArray:
    """Return `text` in a base voice, mono float32 at `SPEECH_RATE`."""
    request = TurnRequest(1, text, persona=Persona(voice=voice), pitch=pitch)
    stream = _tts().open(request)  # type: ignore[attr-defined]
    clause = Clause(1, 0, text, text, last=True)
    sound = np.concatenate([piece.samples for piece in stream.process(clause)])
    sound.setflags(write=False)
    return sound


@cache
def reading(voice: str = "north-man") -> FloatArray:
    """Return the reading text in a base voice, some 19 s."""
    return np.concatenate([said(sentence, voice) for sentence in reading_text()])


@cache
def other_reading(voice: str = "north-man") -> FloatArray:
    """Return other sentences in a base voice, some 15 s."""
    return np.concatenate([said(sentence, voice) for sentence in OTHER_TEXT])


def vowel(
    f0: FloatArray, formants: tuple[float, ...] = (700.0, 1220.0, 2600.0, 3500.0)
) -> FloatArray:
    """Return a vowel with the given pitch (Hz for every sample), peak 0.5: a pulse at every whole
    turn of the phase through resonators of 80 Hz and more (Klatt 1980). Where `f0` is 0 nothing
    sounds but what rings on.
    """
    step = np.asarray(f0, dtype=np.float64) / SPEECH_RATE
    phase = np.cumsum(step)
    now = np.flatnonzero(np.diff(np.floor(phase), prepend=0.0))
    since = (phase[now] % 1) / step[now]  # a pulse stands between two samples
    pulses = np.zeros(len(phase))
    pulses[now] += 1 - since
    pulses[now - 1] += since
    sound = signal.lfilter([1.0], [1.0, -0.97], pulses)
    for number, hertz in enumerate(formants):
        radius = np.exp(-np.pi * (80 + 30 * number) / SPEECH_RATE)
        turn = 2 * radius * np.cos(2 * np.pi * hertz / SPEECH_RATE)
        sound = signal.lfilter([1 - turn + radius**2], [1.0, -turn, radius**2], sound)
    sound = np.diff(sound, prepend=0.0)  # radiation from the lips
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def constant(hertz: float, seconds: float) -> FloatArray:
    """Return the same pitch for every sample of so many seconds."""
    return np.full(round(seconds * SPEECH_RATE), hertz, dtype=np.float32)


def noise(seconds: float, seed: int = 0) -> FloatArray:
    """Return white noise with an RMS of one."""
    size = round(seconds * SPEECH_RATE)
    return np.random.default_rng(seed).standard_normal(size, dtype=np.float32)


def rms(samples: FloatArray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.asarray(samples, dtype=np.float64) ** 2)))


def with_noise(samples: FloatArray, disturbance: FloatArray, snr_db: float) -> FloatArray:
    """Return samples with a disturbance so far below them."""
    part = disturbance[: len(samples)]
    return samples + part * np.float32(rms(samples) / rms(part) * 10 ** (-snr_db / 20))
