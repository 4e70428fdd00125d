"""How far apart the six tones are, how the feelings differ, and how natural the voices' colour is.

    python -m benchmarks.tones [--variants] [--json FILE]

F0 by WORLD (dio and stonemask). Two tones are compared by the distance of their contours, in
semitones, RMS over 20 points of the voiced part, averaged over syllables. The colour of a voice is
compared with the long-term average speech spectrum of Byrne et al. (1994) for women or men, from
F0 up to 8 kHz.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyworld
from scipy.signal import welch

from benchmarks.stock_voices import STOCK, stock_say
from modules.engines import EngineSpec
from modules.messages import EMOTIONS, SPEECH_RATE, Clause, EmotionLabel, FloatArray, TurnRequest
from modules.messages import Persona as Who
from modules.tts import ENGINES, espeak_library, mastering
from modules.tts.phrases import Phrase, phrases
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker, joined, silence
from modules.tts.voices import VOICES, Voice
from tests.tts.syllables import TONES, with_tone

SYLLABLES = (("m", "a"), ("l", "an"), ("n", "i"), ("v", "ơ"), ("m", "ông"))
TEXT = (
    "Xin chào bạn, hôm nay trời đẹp quá, chúng ta cùng đi dạo quanh hồ nhé. Tôi rất tiếc khi nghe "
    "tin buồn này, bạn có muốn kể thêm cho tôi nghe không? Mẹ mua một bó hoa hồng màu đỏ, còn bố "
    "thì pha một ấm trà nóng. Ngày mai chúng tôi sẽ bay vào thành phố để thăm ông bà."
)
# fmt: off
_BYRNE = np.array([  # third octave in Hz, dB of men, dB of women
    (125, 57.7, 40.1), (160, 56.8, 53.4), (200, 58.2, 62.2), (250, 59.7, 60.9),
    (315, 60.0, 58.1), (400, 62.4, 61.7), (500, 62.6, 61.7), (630, 60.6, 60.4),
    (800, 55.7, 58.0), (1000, 53.1, 54.3), (1250, 53.7, 52.3), (1600, 52.3, 51.7),
    (2000, 48.7, 48.8), (2500, 48.9, 47.3), (3150, 47.0, 46.7), (4000, 46.0, 45.3),
    (5000, 44.4, 44.6), (6300, 43.3, 45.2), (8000, 42.4, 44.9),
])
# fmt: on
BANDS_HZ = _BYRNE[:, 0]
BYRNE_DB = {"male": _BYRNE[:, 1], "female": _BYRNE[:, 2], "other": _BYRNE[:, 1:].mean(axis=1)}
_POINTS = 20
_RUNS = 15


def f0(samples: FloatArray, level_hz: float) -> np.ndarray:
    """Return F0 in hertz every 5 ms, 0 where unvoiced, for a voice whose level tone is known."""
    sound = np.ascontiguousarray(samples, np.float64)
    floor, ceiling = max(45.0, level_hz * 0.42), level_hz * 2.6
    rough, times = pyworld.dio(sound, SPEECH_RATE, f0_floor=floor, f0_ceil=ceiling)
    return np.asarray(pyworld.stonemask(sound, rough, times, SPEECH_RATE))


def contour(samples: FloatArray, level_hz: float) -> np.ndarray:
    """Return the contour of a syllable in semitones over the level tone, [20]."""
    found = f0(samples, level_hz)
    voiced = found[found > 0]
    points = np.linspace(0, len(voiced) - 1, _POINTS)
    return 12 * np.log2(np.interp(points, np.arange(len(voiced)), voiced) / level_hz)


def tone_distances(
    voice: Voice, emotion: EmotionLabel, syllables: tuple[tuple[str, str], ...] = SYLLABLES
) -> dict[str, float]:
    """Return the distance in semitones of each pair of tones, "hỏi/nặng" and so on."""
    speaker = Speaker(voice, PROSODY[emotion])
    level = voice.timbre.level_hz * 2 ** (PROSODY[emotion].pitch / 12)
    drawn = {
        (name, rhyme): contour(
            speaker.say(Phrase(with_tone(initial, rhyme, mark), ".")).samples, level
        )
        for initial, rhyme in syllables
        for name, mark in TONES.items()
    }
    return {
        f"{a}/{b}": statistics.fmean(_apart(drawn[a, r], drawn[b, r]) for _, r in syllables)
        for a, b in itertools.combinations(TONES, 2)
    }


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def spoken(voice: Voice, emotion: EmotionLabel) -> FloatArray:
    """Return `TEXT` in a voice and a feeling, with its pauses."""
    speaker = Speaker(voice, PROSODY[emotion])
    parts = [
        part
        for phrase in phrases(TEXT)
        for part in (speaker.say(phrase), silence(speaker.pause(phrase.mark)))
    ]
    return joined(parts).samples


def colour_db(samples: FloatArray, voice_f0: float, gender: str) -> float:
    """Return how far a spectrum is from that of human speech, in dB RMS over third octaves."""
    hertz, power = welch(samples, SPEECH_RATE, nperseg=4096)
    bands = [
        power[(hertz >= centre * 2 ** (-1 / 6)) & (hertz < centre * 2 ** (1 / 6))].sum()
        for centre in BANDS_HZ
    ]
    difference = 10 * np.log10(np.array(bands) + 1e-15) - BYRNE_DB[gender]
    return float(np.std(difference[0.85 * voice_f0 <= BANDS_HZ]))


def emotion_figures(voice: Voice, emotion: EmotionLabel) -> dict[str, float]:
    """Return length, F0, its spread, level and the nearest two tones of a feeling."""
    samples = spoken(voice, emotion)
    level = voice.timbre.level_hz * 2 ** (PROSODY[emotion].pitch / 12)
    voiced = (found := f0(samples, level))[found > 0]
    return {
        "seconds": len(samples) / SPEECH_RATE,
        "f0_hz": float(np.median(voiced)),
        "f0_spread_semitones": float(np.std(12 * np.log2(voiced))),
        "level_db": mastering.level_db(samples),
        "nearest_tones_semitones": min(tone_distances(voice, emotion).values()),
    }


def voice_figures(voice: Voice) -> dict[str, Any]:
    """Return F0, distance from human colour and the nearest two tones of a voice."""
    samples = spoken(voice, "Other")
    found = f0(samples, voice.timbre.level_hz)
    median = float(np.median(found[found > 0]))
    distances = tone_distances(voice, "Other")
    nearest = min(distances, key=distances.__getitem__)
    return {
        "f0_hz": median,
        "colour_db": colour_db(samples, median, voice.gender),
        "nearest_tones": nearest,
        "nearest_tones_semitones": distances[nearest],
        "mean_semitones": statistics.fmean(distances.values()),
    }


def variant_figures() -> dict[str, dict[str, float]]:
    """Return the same for espeak's own voices, at its pitch range of 80 where it sets one."""
    figures = {}
    for name, gender in STOCK.items():
        samples = stock_say(name, TEXT)
        found = f0(samples, 140)
        median = float(np.median(found[found > 0]))
        pairs = []
        for initial, rhyme in SYLLABLES:
            lines = [
                contour(stock_say(name, with_tone(initial, rhyme, mark)), median)
                for mark in TONES.values()
            ]
            pairs.append([_apart(a, b) for a, b in itertools.combinations(lines, 2)])
        figures[name] = {
            "f0_hz": median,
            "colour_db": colour_db(samples, median, gender),
            "nearest_tones_semitones": float(np.mean(pairs, axis=0).min()),
        }
    return figures


def speed() -> dict[str, float]:
    """Return milliseconds to the first speech of a first clause, and seconds per second."""
    spec: EngineSpec = ENGINES[-1]
    engine = spec.make()
    engine.load()
    first, factor = [], []
    for number in range(_RUNS):
        # A new number each time, so that nothing could be remembered.
        clause = Clause(0, 0, "", f"Dạ, số {number} thì em chưa rõ, anh chờ em một chút nhé.")
        begun = time.perf_counter()
        stream = engine.open(TurnRequest(0, "", persona=Who()))
        piece = next(stream.process(clause))  # type: ignore[attr-defined]
        took = time.perf_counter() - begun
        first.append(took * 1000)
        factor.append(took * SPEECH_RATE / len(piece.samples))
    return {
        "first_ms": statistics.median(first),
        "first_ms_min": min(first),
        "first_ms_max": max(first),
        "real_time_factor": statistics.median(factor),
    }


def run(*, variants: bool = False) -> dict[str, Any]:
    """Return all figures."""
    espeak_library.load()
    shown = ("north-woman", "north-man")
    figures: dict[str, Any] = {
        "speed": speed(),
        "voices": {voice.id: voice_figures(voice) for voice in VOICES},
        "emotions": {
            voice.id: {emotion: emotion_figures(voice, emotion) for emotion in EMOTIONS}
            for voice in VOICES
            if voice.id in shown
        },
    }
    if variants:
        figures["variants"] = variant_figures()
    return figures


def main() -> None:
    """Print a table, and write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--variants", action="store_true")
    wanted = parser.parse_args()
    figures = run(variants=wanted.variants)
    print("speed", {name: round(value, 4) for name, value in figures["speed"].items()})
    for name, row in (figures["voices"] | figures.get("variants", {})).items():
        print(f"{name:22}", _line(row))
    for voice, rows in figures["emotions"].items():
        for emotion, row in rows.items():
            print(f"{voice:14} {emotion:10}", _line(row))
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), "utf-8")


def _line(row: dict[str, Any]) -> str:
    return "  ".join(
        f"{name} {value:.2f}" if isinstance(value, float) else f"{value}"
        for name, value in row.items()
    )


if __name__ == "__main__":
    main()
