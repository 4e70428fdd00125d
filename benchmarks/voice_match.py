"""How near a WORLD match comes to voices of which everything is known, and what it costs.

`python -m benchmarks.voice_match`. The references are a base voice changed by pyworld itself
(`tests/voice/references.py`): tract, pitch and range by known factors, on other words than those
that are converted. No human ear has judged the result.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyworld
from scipy import signal

from modules.messages import SPEECH_RATE, FloatArray, Speech, TurnRequest, VoiceProfile
from modules.voice import ENGINES, measure_profile, prepare_sample
from modules.voice.conversion import Conversion
from modules.voice.denoise import clean
from modules.voice.mapping import VoiceMap, map_voices
from modules.voice.periods import HOP, Array
from modules.voice.pitch import track_pitch
from tests.voice.references import CHANGES, base_profile, reference
from tests.voice.speaking import noise, reading, rms, said, with_noise

ROUNDS = 9
CLAUSE = "Xin chào bạn, hôm nay trời đẹp quá, mình đi nhé."
"""Eleven syllables: as long as a first clause gets."""
PERIOD_MS = 1000 * HOP / SPEECH_RATE


def run() -> dict[str, Any]:
    """Return how near the match is, what it costs, and what the filter does to noise."""
    return {
        "match": {name: match(name) for name in CHANGES},
        "copy": copy_synthesis(),
        "joins_db": joins(),
        "cpu_ms_per_s": costs(),
        "first_piece_ms": {
            "base voice known": first_piece(base_profile()),
            "base voice heard": first_piece(None),
        },
        "sample_s": sample_costs(),
        "speed_kept_by_another_thread": speed_kept(),
        "noise": {kind: noise_figures(sound) for kind, sound in disturbances().items()},
        "clean_sample": clean_sample(),
    }


def match(name: str) -> dict[str, float]:
    """Return errors against one reference, in units that the keys name."""
    base, target, words = base_profile(), reference(name), reading()
    change = map_voices(base, target)
    spoken = converted(words, change)
    found = measure_profile(spoken, SPEECH_RATE, id="", name="")
    meant, heard = change.pitch(pitch(words)), pitch(spoken)
    both = (meant > 0) & (heard > 0)
    return {
        "f0_target_hz": target.f0_hz,
        "f0_found_hz": found.f0_hz,
        "f0_error_hz": float(np.median(heard[both] - meant[both])),
        "contour_cents": float(np.median(np.abs(1200 * np.log2(heard[both] / meant[both])))),
        "range_target": target.f0_spread,
        "range_found": found.f0_spread,
        "tract_true": CHANGES[name].tract,
        "tract_found": change.tract_scale,
        "tract_error_percent": 100 * (change.tract_scale / CHANGES[name].tract - 1),
        "spectrum_before_db": spectral_distance(base, target),
        "spectrum_after_db": spectral_distance(found, target),
        "level_db": 20 * np.log10(rms(spoken) / rms(words)),
    }


def copy_synthesis() -> dict[str, dict[str, float]]:
    """Return how far a copy without any change is from its original, ours and pyworld's own."""
    words = reading()
    base = base_profile()
    sound = words.astype(np.float64)
    f0, times = pyworld.dio(sound, SPEECH_RATE, f0_floor=50.0, f0_ceil=600.0)
    f0 = pyworld.stonemask(sound, f0, times, SPEECH_RATE)
    envelope = pyworld.cheaptrick(sound, f0, times, SPEECH_RATE)
    breath = pyworld.d4c(sound, f0, times, SPEECH_RATE)
    theirs = pyworld.synthesize(f0, envelope, breath, SPEECH_RATE)[: len(words)]
    return {
        "ours": envelope_error(words, converted(words, map_voices(base, base))),
        "pyworld": envelope_error(words, theirs.astype(np.float32)),
    }


def envelope_error(original: FloatArray, copy: FloatArray) -> dict[str, float]:
    """Return the mean log-spectral distance in dB, of voiced and of other frames."""
    f0 = pitch(original)
    times = np.arange(len(f0)) * HOP / SPEECH_RATE
    rows = [
        pyworld.cheaptrick(sound.astype(np.float64), f0, times, SPEECH_RATE, fft_size=1024)
        for sound in (original, copy)
    ]
    first, second = (10 * np.log10(row[:, 4:400] + 1e-9) for row in rows)
    level = 10 * np.log10(rows[0][:, 4:400].mean(axis=1) + 1e-12)
    heard = level > level.max() - 45
    distance = np.sqrt(((first - second) ** 2).mean(axis=1))
    return {
        "voiced_db": float(distance[heard & (f0 > 0)].mean()),
        "unvoiced_db": float(distance[heard & (f0 == 0)].mean()),
    }


def joins() -> float:
    """Return how far pieces joined are from the whole, in dB below it."""
    change, samples = map_voices(base_profile(), reference("female-like")), said(CLAUSE)
    whole = converted(samples, change)
    conversion = Conversion(samples, pitch(samples), change)
    ends = [*range(3001, len(samples), 4987), len(samples)]
    pieces = np.concatenate([conversion.render(end) for end in ends])
    return 20 * np.log10(rms(pieces - whole) / rms(whole))


def costs() -> dict[str, dict[str, float]]:
    """Return CPU milliseconds per second of speech, part by part."""
    words = reading()
    sound = words.astype(np.float64)
    f0, times = pyworld.dio(sound, SPEECH_RATE, f0_floor=50.0, frame_period=PERIOD_MS, speed=2)
    f0 = pyworld.stonemask(sound, f0, times, SPEECH_RATE)
    envelope = pyworld.cheaptrick(sound, f0, times, SPEECH_RATE, fft_size=1024)
    breath = pyworld.d4c(sound, f0, times, SPEECH_RATE, fft_size=1024)
    fourth = (np.ascontiguousarray(f0[::4]), np.ascontiguousarray(times[::4]))
    tracked = pitch(words)
    change = map_voices(base_profile(), reference("female-like"))
    parts: dict[str, Callable[[], object]] = {
        "dio": lambda: pyworld.dio(
            sound, SPEECH_RATE, f0_floor=50.0, frame_period=PERIOD_MS, speed=2
        ),
        "stonemask": lambda: pyworld.stonemask(sound, f0, times, SPEECH_RATE),
        "cheaptrick": lambda: pyworld.cheaptrick(sound, f0, times, SPEECH_RATE, fft_size=1024),
        "d4c, every frame": lambda: pyworld.d4c(sound, f0, times, SPEECH_RATE, fft_size=1024),
        "d4c, every fourth": lambda: pyworld.d4c(sound, *fourth, SPEECH_RATE, fft_size=1024),
        "pyworld.synthesize": lambda: pyworld.synthesize(
            f0, envelope, breath, SPEECH_RATE, frame_period=PERIOD_MS
        ),
        "pitch, mended": lambda: track_pitch(sound),
        "all but pitch": lambda: Conversion(words, tracked, change).render(len(words)),
        "conversion": lambda: converted(words, change),
    }
    seconds = len(words) / SPEECH_RATE
    return {name: spread(work, time.process_time, 1000 / seconds) for name, work in parts.items()}


def first_piece(base: VoiceProfile | None) -> dict[str, float]:
    """Return milliseconds from a clause to its first piece, each with a stream of its own."""
    engine = next(spec for spec in ENGINES if spec.name == "world").make()
    engine.load()
    request = TurnRequest(1, "", voice=reference("female-like"), base_voice=base)
    samples = said(CLAUSE)

    def once() -> None:
        next(iter(engine.open(request).process(Speech(1, 0, samples))))

    figures = spread(once, time.perf_counter, 1000)
    return {**figures, "cpu": spread(once, time.process_time, 1000)["median"]}


def sample_costs() -> dict[str, dict[str, float]]:
    """Return CPU seconds to clean and to measure a sample of some twenty seconds."""
    recorded = 0.3 * reading()
    cleaned = prepare_sample(recorded, SPEECH_RATE)
    return {
        "prepare": spread(lambda: prepare_sample(recorded, SPEECH_RATE), time.process_time, 1, 3),
        "measure": spread(
            lambda: measure_profile(cleaned, SPEECH_RATE, id="", name=""), time.process_time, 1, 3
        ),
    }


def speed_kept() -> float:
    """Return how much of its speed a thread of pure Python keeps while another one converts.

    Compared with the same work in a process of its own, so that cores that are busy with
    something else count on both sides: 1 where the conversion never holds the interpreter.
    """
    words = reading()
    change = map_voices(base_profile(), reference("female-like"))
    context = multiprocessing.get_context("spawn")
    ratios = []
    for _ in range(3):
        speeds = []
        for kind, stop in (
            (context.Process, context.Event()),
            (threading.Thread, threading.Event()),
        ):
            worker = kind(target=convert_until, args=(stop, words, change))
            worker.start()
            time.sleep(3.0)  # a process has to import everything first
            speeds.append(turns(1.0))
            stop.set()
            worker.join()
        ratios.append(speeds[1] / speeds[0])
    return median(ratios)


def turns(seconds: float) -> float:
    """Return how often per second an empty loop turns."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        count += 1
    return count / seconds


def convert_until(stop: Any, words: FloatArray, change: VoiceMap) -> None:
    """Convert again and again until `stop` is set."""
    while not stop.is_set():
        converted(words[: 4 * SPEECH_RATE], change)


def disturbances() -> dict[str, FloatArray]:
    """Return noises of a minute."""
    white = noise(60.0)
    fan = signal.sosfilt(signal.butter(2, 900, fs=SPEECH_RATE, output="sos"), white)
    moment = np.arange(len(white)) / SPEECH_RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * moment) / k for k in (1, 2, 3, 5))
    return {"hiss": white, "fan": fan.astype(np.float32), "hum": hum.astype(np.float32)}


def noise_figures(disturbance: FloatArray) -> dict[str, dict[str, float]]:
    """Return ratios before and after the filter, and what is left of the error of the envelope."""
    speech = paused()
    plain = measure_profile(speech, SPEECH_RATE, id="", name="")
    rows = {}
    for before in (30.0, 20.0, 10.0):
        recorded = with_noise(speech, disturbance, before)
        cleaned = clean(recorded, SPEECH_RATE)
        noisy, filtered = (
            measure_profile(sound, SPEECH_RATE, id="", name="")
            for sound in (recorded, cleaned.samples)
        )
        rows[f"{before:.0f} dB"] = {
            "after_db": 20 * np.log10(rms(speech) / rms(cleaned.samples - speech)),
            "estimated_db": cleaned.snr_db,
            "envelope_error_noisy_db": spectral_distance(noisy, plain),
            "envelope_error_filtered_db": spectral_distance(filtered, plain),
            "f0_error_filtered_hz": filtered.f0_hz - plain.f0_hz,
        }
    return rows


def clean_sample() -> dict[str, float]:
    """Return what the filter does to a sample that needs none, as a ratio in dB."""
    speech = paused()
    quiet = with_noise(speech, noise(60.0), 50.0)
    return {
        name: 20 * np.log10(rms(sound) / rms(clean(sound, SPEECH_RATE).samples - sound))
        for name, sound in {"no noise at all": speech, "noise at -50 dB": quiet}.items()
    }


def paused() -> FloatArray:
    """Return speech with pauses, as people read."""
    return np.concatenate([np.pad(part, (3000, 9000)) for part in np.array_split(reading(), 5)])


def converted(samples: FloatArray, change: VoiceMap) -> FloatArray:
    """Return a conversion in one step."""
    return Conversion(samples, pitch(samples), change).render(len(samples))


def pitch(samples: FloatArray) -> Array:
    """Return the pitch of every frame."""
    return track_pitch(samples.astype(np.float64))


def spectral_distance(first: VoiceProfile, second: VoiceProfile) -> float:
    """Return the root mean square of the difference of two long-term envelopes in dB, 0.2 to 9 kHz,
    without their difference in level.
    """
    sure = (first.envelope_hz > 200) & (first.envelope_hz < 9000)
    return float(np.std((first.envelope_db - second.envelope_db)[sure]))


def spread(
    work: Callable[[], object], clock: Callable[[], float], scale: float, rounds: int = ROUNDS
) -> dict[str, float]:
    """Return median, least and most of several runs after one that is not counted."""
    work()
    taken = []
    for _ in range(rounds):
        began = clock()
        work()
        taken.append((clock() - began) * scale)
    return {"median": median(taken), "min": min(taken), "max": max(taken)}


def show(figures: dict[str, Any], depth: int = 0) -> None:
    """Print figures as an indented table."""
    for name, value in figures.items():
        if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()):
            print("  " * depth + name)
            show(value, depth + 1)
        elif isinstance(value, dict):
            row = "  ".join(f"{key} {part:.4g}" for key, part in value.items())
            print(f"{'  ' * depth}{name:<22}{row}")
        else:
            print(f"{'  ' * depth}{name:<22}{value:.4g}")


def main() -> None:
    """Print the figures, and write them where `--json` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    figures = run()
    show(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), "utf-8")


if __name__ == "__main__":
    main()
