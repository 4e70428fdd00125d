"""What each base voice does with a feeling, and whether its six tones stay apart.

    python -m benchmarks.base_voices [--released] [--json FILE]

Three differences from the same voice without feeling: rate, pitch (median F0) and energy (level of
what is spoken), and how much of them is left after WORLD's voice match. The distance of two tones
is that of their contours in semitones, with that of their glottal closures (`tone_survival.py`),
over five syllables; below `LEAST_APART` semitones two tones count as one.

espeak is measured as it is, and once more as if it had been recorded: its neutral voice through
everything that a neural engine goes through. The engines themselves are measured with `--released`
only, each with the first woman's and the first man's voice that it has. No human ear has judged
anything.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Figure, table
from benchmarks.tone_survival import distances, heard, register_hz, survival
from benchmarks.tones import SYLLABLES
from modules import tts
from modules.engines import BlockingStream
from modules.errors import LADDER_ERRORS, GuongError
from modules.messages import (
    EMOTIONS,
    SPEECH_RATE,
    Clause,
    EmotionLabel,
    FloatArray,
    Persona,
    Speech,
    TurnRequest,
    VoiceProfile,
)
from modules.models import weights
from modules.residency import Residency
from modules.settings import Settings
from modules.tts import mastering
from modules.tts.manner import manner_of
from modules.tts.neural import NeuralSpeaker, NeuralStream
from modules.tts.neural_voices import NEURAL_VOICES
from modules.tts.reshaping import reshaped
from modules.tts.voices import VOICES
from modules.voice import measure_profile
from modules.voice.world import WorldStream
from tests.tts.recorded import Recorded
from tests.tts.syllables import TONES, with_tone
from tests.voice.references import base_profile

TEXT = (
    "Xin chào bạn, hôm nay trời đẹp quá, chúng ta cùng đi dạo quanh hồ nhé.",
    "Mẹ mua một bó hoa hồng màu đỏ, còn bố thì pha một ấm trà nóng.",
)
LEAST_APART = 1.5
"""Semitones; half of the least difference of movement that counts in communication ('t Hart
1981)."""
LEAST_RATE, LEAST_PITCH, LEAST_ENERGY = 0.02, 0.5, 0.4
"""Relative, semitones, dB: a feeling that does less does nothing."""
LEAST_KEPT = 0.5
_TONES_OF: tuple[EmotionLabel, ...] = ("Other", "Sadness")
_PAUSE = SPEECH_RATE // 6
COMMAND = "python -m benchmarks.base_voices --released"

Open = Callable[[EmotionLabel], BlockingStream[Clause, Speech]]


@dataclass(frozen=True, slots=True)
class Felt:
    """A feeling against none: rate (ratio), pitch (semitones), energy (dB)."""

    rate: float
    pitch: float
    energy: float


def run(*, released: bool = False) -> list[Figure]:
    """Return the figures; an engine whose weights are not here says so."""
    figures = []
    for name, opened, profile in _known():
        figures += [*feelings(name, opened, profile), tones(name, opened)]
    figures += list(reshaping())
    for spec in tts.ENGINES[:-1]:
        if not released:
            detail = f"not measured: {COMMAND}"
            figures.append(Figure(f"{spec.name}: feelings and tones", 0, "", detail=detail))
            continue
        try:
            figures += list(_released(spec.name))
        except LADDER_ERRORS as error:
            detail = f"not measured: {error}"
            figures.append(Figure(f"{spec.name}: feelings and tones", 0, "", detail=detail))
    return figures


def _known() -> Iterator[tuple[str, Open, VoiceProfile]]:
    """Yield what needs no weights: espeak, and espeak as if recorded."""
    espeak = tts.ENGINES[-1].make()
    espeak.load()
    for voice in ("north-woman", "south-man"):

        def drawn(emotion: EmotionLabel, voice: str = voice) -> BlockingStream[Clause, Speech]:
            request = TurnRequest(0, "", persona=Persona(voice=voice), expression=emotion)
            return espeak.open(request)  # type: ignore[return-value]

        yield f"espeak {voice}", drawn, base_profile(voice)
        for paced in (True, False):

            def recorded(
                emotion: EmotionLabel, voice: str = voice, paced: bool = paced
            ) -> BlockingStream[Clause, Speech]:
                manner = manner_of(TurnRequest(0, "", expression=emotion))
                network = Recorded(voice, paced=paced)
                return NeuralStream(NeuralSpeaker(network, NEURAL_VOICES[0], manner, "recorded"))

            how = "keeps the pace" if paced else "has one pace"
            yield f"as if recorded, {how}, {voice}", recorded, base_profile(voice)


def _released(name: str) -> Iterator[Figure]:
    spec = next(spec for spec in tts.ENGINES if spec.name == name)
    residency = Residency({"tts": tts.ENGINES}, weights())
    residency.research = Settings().research
    code, remedy = residency.obstacle(spec)
    if code:
        yield Figure(f"{name}: feelings and tones", 0, "", detail=f"not measured: {code} {remedy}")
        return
    engine = spec.make()
    began = time.perf_counter()
    engine.load()
    yield Figure(f"{name}: loads", time.perf_counter() - began, "s")
    for gender in ("female", "male"):
        voice = next((v for v in tts.voices_of([name]) if v.gender == gender), None)
        if voice is None:
            continue

        def opened(emotion: EmotionLabel, voice: str = voice.id) -> BlockingStream[Clause, Speech]:
            request = TurnRequest(0, "", persona=Persona(voice=voice), expression=emotion)
            return engine.open(request)  # type: ignore[return-value]

        began = time.perf_counter()
        samples = said(opened("Other"), TEXT)
        took = (time.perf_counter() - began) * SPEECH_RATE / len(samples)
        yield Figure(f"{voice.id}: seconds for a second of speech", took, "", at_most=1.0)
        profile = measure_profile(samples, SPEECH_RATE, id=voice.id, name=voice.name)
        yield from feelings(voice.id, opened, profile)
        yield tones(voice.id, opened)


def feelings(name: str, opened: Open, profile: VoiceProfile) -> list[Figure]:
    """Return the least of the three differences of six feelings, before and after a conversion."""
    every = {emotion: said(opened(emotion), TEXT) for emotion in EMOTIONS}
    plain = _felt(every)
    kept = _felt({emotion: _matched(samples, profile) for emotion, samples in every.items()})
    detail = "; ".join(
        f"{emotion} x{felt.rate:.2f} {felt.pitch:+.1f} st {felt.energy:+.1f} dB"
        for emotion, felt in plain.items()
    )
    rate = min(abs(felt.rate - 1) for felt in plain.values())
    pitch = min(abs(felt.pitch) for felt in plain.values())
    energy = min(abs(felt.energy) for felt in plain.values())
    left = min(share for emotion in plain for share in _shares(plain[emotion], kept[emotion]))
    return [
        Figure(f"{name}: least difference in rate", rate, "", None, LEAST_RATE, detail),
        Figure(f"{name}: in pitch", pitch, "st", None, LEAST_PITCH),
        Figure(f"{name}: in energy", energy, "dB", None, LEAST_ENERGY),
        Figure(f"{name}: left of them after WORLD's match", left, "", None, LEAST_KEPT),
    ]


def tones(name: str, opened: Open) -> Figure:
    """Return how far the two nearest of the six tones lie apart, calm or sad: sadness lies lowest
    and is the softest.
    """
    found = {
        f"{pair}, {emotion}": apart
        for emotion in _TONES_OF
        for pair, apart in distances(heard(*_syllables(opened(emotion)))).items()
    }
    nearest = min(found, key=found.__getitem__)
    detail = f"{nearest}; mean {statistics.fmean(found.values()):.1f}"
    return Figure(f"{name}: nearest tones", found[nearest], "st", None, LEAST_APART, detail)


def said(stream: BlockingStream[Clause, Speech], texts: tuple[str, ...]) -> FloatArray:
    """Return texts as one sound."""
    clauses = (Clause(0, number, text, text) for number, text in enumerate(texts))
    return np.concatenate([p.samples for clause in clauses for p in stream.process(clause)])


def reshaping() -> Iterator[Figure]:
    """Yield whether tones and creak of a voice survive what a feeling makes of its pitch."""
    for voice in ("north-woman", "south-man"):
        drawn = next(each for each in VOICES if each.id == voice)
        for emotion in EMOTIONS:
            manner = manner_of(TurnRequest(0, "", expression=emotion))
            found = survival(lambda samples, manner=manner: reshaped(samples, manner), drawn)
            detail = ", ".join(found.faults) or (
                f"{max(found.semitones.values()):.2f} st, range x {found.range_ratio:.2f}, "
                f"creak x {min(found.glottal.values()):.2f}"
            )
            name = f"tones survive {emotion}, {voice}"
            yield Figure(name, float(found.survived), "", None, 1.0, detail)


def _syllables(
    stream: BlockingStream[Clause, Speech],
) -> tuple[FloatArray, dict[tuple[str, str], slice]]:
    """Return syllables in all six tones as one sound, and where each is in it."""
    pause = np.zeros(_PAUSE, np.float32)
    parts, spans, at = [pause], {}, _PAUSE
    for (initial, rhyme), (tone, mark) in itertools.product(SYLLABLES, TONES.items()):
        sound = said(stream, (with_tone(initial, rhyme, mark),))
        first, last = mastering.sounding(sound)
        sound = sound[first:last]
        spans[tone, initial + rhyme] = slice(at, at + len(sound))
        parts += [sound, pause]
        at += len(sound) + len(pause)
    return np.concatenate(parts), spans


def _felt(every: dict[EmotionLabel, FloatArray]) -> dict[EmotionLabel, Felt]:
    calm = every["Other"]
    return {
        emotion: Felt(
            len(calm) / len(samples),
            12 * float(np.log2(register_hz(samples) / register_hz(calm))),
            mastering.level_db(samples) - mastering.level_db(calm),
        )
        for emotion, samples in every.items()
        if emotion != "Other"
    }


def _shares(before: Felt, after: Felt) -> Iterator[float]:
    """Yield how much of each difference is left; what there never was cannot be lost."""
    if abs(before.rate - 1) >= LEAST_RATE:
        yield (after.rate - 1) / (before.rate - 1)
    if abs(before.pitch) >= LEAST_PITCH:
        yield after.pitch / before.pitch
    if abs(before.energy) >= LEAST_ENERGY:
        yield after.energy / before.energy


def _matched(samples: FloatArray, base: VoiceProfile) -> FloatArray:
    target = base_profile("south-woman" if base.f0_hz < 160 else "south-man")
    stream = WorldStream(TurnRequest(0, "", voice=target, base_voice=base))
    speech = Speech(0, 0, samples.copy())
    return np.concatenate([piece.samples for piece in stream.process(speech)])


def main() -> None:
    """Print a table, and write the figures where `--json` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--released", action="store_true", help="measure the fetched engines")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    try:
        figures = run(released=given.released)
    except GuongError as error:
        parser.exit(1, f"not measured: {error}\n")
    print(table(figures))
    if given.json:
        rows: list[dict[str, Any]] = [{**asdict(f), "met": f.met} for f in figures]
        given.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
