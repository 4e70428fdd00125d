"""Sounds for the tests of hearing: speech by espeak-ng, and everything that is not speech."""

from __future__ import annotations

import ctypes
import functools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import espeakng_loader
import numpy as np
import soxr

from modules.messages import LISTEN_RATE, FloatArray

SENTENCES = (
    "Xin chào, hôm nay trời đẹp quá.",
    "Bạn có khỏe không?",
    "Con muốn kể cho bà nghe một câu chuyện vui.",
    "Sáng mai mấy giờ thì mẹ đi chợ?",
)


@functools.cache
def speak(text: str, voice: str = "vi", rate: int = 160) -> FloatArray:
    """Say a sentence at 16 kHz, with the silence at both ends cut off; peak 0.3.

    In a process of its own: the app's engine uses the same library, which knows one user only.
    """
    return _apart().submit(_speak, text, voice, rate).result()


@functools.cache
def _apart() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def hush() -> None:
    """End the process that speaks."""
    if _apart.cache_info().currsize:
        _apart().shutdown()
        _apart.cache_clear()


def _speak(text: str, voice: str, rate: int) -> FloatArray:
    library, pieces = _library(), []

    def receive(wave: Any, count: int, events: Any) -> int:
        if wave and count:
            pieces.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())
        return 0

    kind = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
    )
    callback = kind(receive)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(voice.encode())
    library.espeak_SetParameter(1, rate, 0)
    data = text.encode() + b"\0"
    library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
    library.espeak_Synchronize()
    raw = np.concatenate(pieces).astype(np.float32) / 32_768
    sound = soxr.resample(raw, 22_050, LISTEN_RATE)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    # Synchronous output to the callback, in pieces of 200 ms.
    assert library.espeak_Initialize(2, 200, espeakng_loader.get_data_path().encode(), 0) == 22_050
    return library


def silence(seconds: float) -> FloatArray:
    return np.zeros(int(seconds * LISTEN_RATE), np.float32)


def times(seconds: float) -> FloatArray:
    return np.arange(int(seconds * LISTEN_RATE), dtype=np.float32) / LISTEN_RATE


def not_speech(seconds: float = 3.0) -> Iterator[tuple[str, FloatArray]]:
    """Give about 130 clips in which nobody speaks: name and sound."""
    t = times(seconds)
    rng = np.random.default_rng(7)
    white = rng.standard_normal(len(t)).astype(np.float32)
    for level in (0.0, 1e-4, 1e-3):
        yield f"silence {level}", white * level
    for exponent, colour in ((0.0, "white"), (0.5, "pink"), (1.0, "brown")):
        noise = _coloured(white, exponent)
        for level in (0.003, 0.01, 0.03, 0.1, 0.3):
            yield f"{colour} noise {level}", noise * level
    for low, high in ((80, 300), (300, 1_000), (1_000, 4_000), (4_000, 7_900), (200, 3_400)):
        for level in (0.03, 0.1, 0.3):
            yield f"noise {low}-{high} Hz {level}", _band(white, low, high) * level
    for hertz in (50, 60, 100, 120):
        for level in (0.03, 0.1, 0.3):
            hum = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in (1, 2, 3, 5, 7))
            yield f"hum {hertz} Hz {level}", (level * hum).astype(np.float32)
    for hertz in (150, 220, 440, 880, 1_000, 2_000, 4_000):
        for level in (0.03, 0.1, 0.3):
            yield f"tone {hertz} Hz {level}", level * np.sin(2 * np.pi * hertz * t)
    for every in (0.1, 0.25, 0.5, 1.0):
        for kind in ("click", "key", "knock"):
            for level in (0.1, 0.5, 1.0):
                yield f"{kind} every {every} s {level}", _repeated(kind, every, level, t, rng)
    for number, chord in enumerate(
        ((262, 330, 392), (220, 277, 330), (196, 247, 294), (147, 220, 294), (110, 165, 220))
    ):
        for decay in (0.2, 1.0, 4.0):
            yield f"chord {number} decay {decay}", _plucked(chord, decay, t)
    for low, high in ((300, 3_000), (3_000, 300), (500, 600)):
        sweep = np.sin(2 * np.pi * (low * t + (high - low) * t**2 / (2 * seconds)))
        yield f"sweep {low}-{high} Hz", (0.2 * sweep).astype(np.float32)
    for beat in (1.0, 4.0, 8.0):
        gate = (np.sin(2 * np.pi * beat * t) > 0).astype(np.float32)
        yield f"beeping {beat}", 0.2 * gate * np.sin(2 * np.pi * 1_000 * t).astype(np.float32)
        yield f"wind {beat}", 0.1 * (1 + np.sin(2 * np.pi * beat / 8 * t)) * _coloured(white, 1.0)


def _coloured(white: FloatArray, exponent: float) -> FloatArray:
    spectrum = np.fft.rfft(white)
    hertz = np.fft.rfftfreq(len(white), 1 / LISTEN_RATE)
    spectrum[1:] /= (hertz[1:] / 100) ** exponent
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, len(white))
    return (noise / noise.std()).astype(np.float32)


def _band(white: FloatArray, low: float, high: float) -> FloatArray:
    spectrum = np.fft.rfft(white)
    hertz = np.fft.rfftfreq(len(white), 1 / LISTEN_RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    noise = np.fft.irfft(spectrum, len(white))
    return (noise / noise.std()).astype(np.float32)


def _repeated(
    kind: str, every: float, level: float, t: FloatArray, rng: np.random.Generator
) -> FloatArray:
    seconds = {"click": 0.002, "key": 0.015, "knock": 0.06}[kind]
    u = times(seconds)
    if kind == "knock":
        burst = np.sin(2 * np.pi * 180 * u) * np.exp(-u / 0.015)
    else:
        burst = rng.standard_normal(len(u)) * np.exp(-u / (seconds / 3))
    sound = np.zeros(len(t), np.float32)
    for start in range(0, len(t) - len(u), int(every * LISTEN_RATE)):
        sound[start : start + len(u)] = level * burst / np.abs(burst).max()
    return sound


def _plucked(chord: tuple[int, ...], decay: float, t: FloatArray) -> FloatArray:
    local = t % 1.0
    notes = [
        np.sin(2 * np.pi * hertz * k * t) / k**1.5 * np.exp(-local / decay)
        for hertz in chord
        for k in (1, 2, 3, 4)
    ]
    music = np.sum(notes, axis=0)
    return (0.3 * music / np.abs(music).max()).astype(np.float32)
