"""What OpenVoice's converter costs here, and whether the six tones survive a conversion.

    python -m benchmarks.voice [--released] [--json FILE]

Speed does not depend on what the weights are, so it is measured with random ones in the full size;
everything that one could hear does, and is measured only with `--released`, with the checkpoint
that lies in the app's data directory ("Get models"; `GUONG_DATA`). The check of tones itself is
proven on conversions of which it is known what they do (`spoiled_tones.py`). The base voice is the
first of the table, the target the second. No human ear has judged anything.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median

import numpy as np

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the app (residency.py), before torch
import torch

from benchmarks.report import Figure, spread, table, times_ms
from benchmarks.spoiled_tones import flattened, identity, nga_as_sac, without_creak, world_copy
from benchmarks.tone_survival import Convert, survival
from modules.errors import LADDER_ERRORS
from modules.messages import SPEECH_RATE, FloatArray, Speech, TurnRequest, VoiceProfile
from modules.models import weights
from modules.tts import espeak_library
from modules.tts.voices import VOICES
from modules.voice import measure_profile, write_sample
from modules.voice.openvoice.config import read_config
from modules.voice.openvoice.conversion import in_halves
from modules.voice.openvoice.correction import Finish, measure
from modules.voice.openvoice.engine import SECOND_PIECE
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.pairs import Pair, Pairs
from modules.voice.pieces import FIRST_PIECE, piece_ends
from modules.voice.world import WorldStream
from tests.voice.openvoice.filled import config_text
from tests.voice.references import base_profile
from tests.voice.speaking import reading, rms, said

BASE, TARGET = VOICES[0], VOICES[1]
CLAUSE = "Xin chào bạn, hôm nay trời đẹp quá, mình đi nhé."
"""Eleven syllables: as long as a first clause gets."""
LONG = "Mẹ mua một bó hoa hồng màu đỏ, còn bố thì pha một ấm trà nóng cho ông bà ở quê lên chơi."
KEY = "openvoice-v2"
EDGE = SPEECH_RATE // 20
UNVERIFIED = "not verified with released weights"


def run(*, released: bool = False) -> list[Figure]:
    """Return the figures; `released` needs the released checkpoint in the app's directory."""
    espeak_library.load()
    pairs = released_pairs() if released else random_pairs()
    with tempfile.TemporaryDirectory() as directory:
        request = asked(Path(directory))
        began = time.perf_counter()
        pair = pairs.of(request, reading(BASE.id))
        meeting = 1000 * (time.perf_counter() - began)
    figures = [
        *speed(pairs, pair),
        Figure("two voices meet for the first time", meeting, "ms", detail="once, then kept"),
        joins(pairs, pair),
        *corrections(),
        *checks(request),
    ]
    if released:
        return [*figures, *heard(pairs, pair)]
    return [*figures, Figure("tones, speaker and tilt after it", 0, "", detail=UNVERIFIED)]


def released_pairs() -> Pairs:
    """Return the released weights from where "Get models" puts them."""
    kept = weights()
    return Pairs.load(
        kept.path(KEY), kept.models[KEY], "cuda" if torch.cuda.is_available() else "cpu"
    )


def random_pairs() -> Pairs:
    """Return the network in its full size, with weights as torch draws them."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "config.json"
        path.write_text(config_text(), "utf-8")
        network = Converter(read_config(path)).eval().requires_grad_(False)
    if torch.cuda.is_available():
        network = in_halves(network).to("cuda")
    return Pairs(network, "random")


def asked(directory: Path) -> TurnRequest:
    """Return a request for the target's voice over the base's, with samples of both."""
    profiles: list[VoiceProfile] = []
    for voice in (BASE, TARGET):
        path = directory / f"{voice.id}.flac"
        write_sample(path, reading(voice.id))
        profiles.append(replace(base_profile(voice.id), sample=str(path)))
    return TurnRequest(1, "", voice=profiles[1], base_voice=profiles[0])


def speed(pairs: Pairs, pair: Pair) -> list[Figure]:
    """Return what a conversion costs, against the length of its speech."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    clause, long = said(CLAUSE, BASE.id), said(LONG, BASE.id)
    seconds = len(long) / SPEECH_RATE
    spoken = np.tile(reading(BASE.id), 2)[: 30 * SPEECH_RATE]
    first = times_ms(lambda: convert(pairs, pair, clause, [FIRST_PIECE]))
    streamed = times_ms(lambda: convert(pairs, pair, long, piece_ends(len(long), SECOND_PIECE)))
    whole = times_ms(lambda: convert(pairs, pair, long, [len(long)]))
    hearing = times_ms(lambda: pairs.hear(spoken), 3)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("first 0.64 s of a clause", median(first), "ms", detail=spread(first)),
        Figure(
            "streamed, times faster than playing",
            1000 * seconds / median(streamed),
            "x",
            at_least=1.0,
            detail=f"{seconds:.1f} s, {where}, {torch.get_num_threads()} threads; "
            + spread(streamed),
        ),
        Figure(
            "at once, times faster than playing",
            1000 * seconds / median(whole),
            "x",
            detail=spread(whole),
        ),
        Figure("hearing 30 s of a sample", median(hearing), "ms", detail=spread(hearing)),
        Figure("most memory of this process", memory, "MB", detail="torch and all"),
    ]


def convert(pairs: Pairs, pair: Pair, samples: FloatArray, ends: list[int]) -> FloatArray:
    """Return a conversion made in steps."""
    conversion, finish = pairs.begin(pair, samples)
    return np.concatenate([finish(conversion.render(end)) for end in ends])


def joins(pairs: Pairs, pair: Pair) -> Figure:
    """Return how far a streamed conversion is from one made at once, 50 ms at each end aside."""
    samples = said(LONG, BASE.id)
    whole = convert(pairs, pair, samples, [len(samples)])[EDGE:-EDGE]
    streamed = convert(pairs, pair, samples, piece_ends(len(samples), SECOND_PIECE))[EDGE:-EDGE]
    apart = 20 * np.log10(rms(streamed - whole) / max(rms(whole), 1e-9) + 1e-12)
    return Figure("streamed against at once", float(apart), "dB", at_most=-40.0)


def corrections() -> list[Figure]:
    """Return what is made good of a copy of the base voice that was spoiled by known amounts: 6 dB
    softer, falling by 1.5 dB an octave, over a hum at -50 dB.
    """
    words = np.concatenate([reading(BASE.id)[: 4 * SPEECH_RATE], np.zeros(SPEECH_RATE, np.float32)])
    spectrum = np.fft.rfft(words)
    hertz = np.maximum(np.fft.rfftfreq(len(words), 1 / SPEECH_RATE), 80.0)
    falling = np.fft.irfft(spectrum * 10 ** (-1.5 * np.log2(hertz / 1000) / 20), len(words))
    moment = np.arange(len(words)) / SPEECH_RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * moment) / k for k in (1, 2, 3, 5))
    spoiled = (0.5 * falling + 10 ** (-50 / 20) * hum).astype(np.float32)
    profile = base_profile(BASE.id)
    mended = Finish(words, measure(words, spoiled, profile, profile))(spoiled)
    pause = slice(-SPEECH_RATE // 2, None)
    was, became = (
        {
            "level": 20 * np.log10(rms(each) / rms(words)),
            "spectrum": float(
                np.std(
                    measure_profile(each, SPEECH_RATE, id="", name="").envelope_db
                    - measure_profile(words, SPEECH_RATE, id="", name="").envelope_db
                )
            ),
            "pause": max(20 * np.log10(rms(each[pause]) + 1e-9), -120.0),
        }
        for each in (spoiled, mended)
    )
    names = {
        "level": "level of a spoiled copy, mended",
        "spectrum": "spectrum of a spoiled copy, mended",
        "pause": "pauses of a spoiled copy, mended",
    }
    return [Figure(names[key], became[key], "dB", detail=f"before {was[key]:.1f}") for key in names]


def checks(request: TurnRequest) -> list[Figure]:
    """Return the check of tones on conversions that keep them, and on some that do not."""

    def world_match(samples: FloatArray) -> FloatArray:
        pieces = WorldStream(request).process(Speech(1, 0, samples.copy()))
        return np.concatenate([piece.samples for piece in pieces])

    keeps = {"identity": identity, "WORLD copy": world_copy, "WORLD match": world_match}
    breaks = {
        "flattened F0": flattened,
        "ngã turned into sắc": nga_as_sac(BASE),
        "creak smoothed away": without_creak(BASE),
    }
    kept = [tones(name, each, survives=True) for name, each in keeps.items()]
    return [*kept, *(tones(name, each, survives=False) for name, each in breaks.items())]


def tones(name: str, each: Convert, *, survives: bool) -> Figure:
    """Return whether all six tones of the base voice survive a conversion, 1 or 0."""
    found = survival(each, BASE)
    detail = ", ".join(found.faults) or (
        f"{max(found.semitones.values()):.2f} st, range x {found.range_ratio:.2f}, "
        f"creak x {min(found.glottal.values()):.2f}"
    )
    value = float(found.survived)
    if survives:
        return Figure(f"tones survive: {name}", value, "", at_least=1.0, detail=detail)
    return Figure(f"tones survive: {name}", value, "", at_most=0.0, detail=detail)


def heard(pairs: Pairs, pair: Pair) -> list[Figure]:
    """Return what only the released weights can tell: tones, speaker, tilt and level."""
    words, wanted = reading(BASE.id), base_profile(TARGET.id).envelope_db
    raw = pairs.begin(pair, words)[0].render(len(words))
    made = convert(pairs, pair, words, [len(words)])
    before, after = (_cosine(pairs.hear(each), pair.target) for each in (words, made))
    tilt = [
        float(np.std(measure_profile(each, SPEECH_RATE, id="", name="").envelope_db - wanted))
        for each in (words, raw, made)
    ]
    level = [20 * np.log10(rms(each) / rms(words)) for each in (raw, made)]

    def all_at_once(samples: FloatArray) -> FloatArray:
        return convert(pairs, pair, samples, [len(samples)])

    return [
        tones("OpenVoice V2", all_at_once, survives=True),
        Figure("speaker, cosine to the target", after, "", detail=f"base voice {before:.2f}"),
        Figure(
            "spectrum, from the target's",
            tilt[2],
            "dB",
            detail=f"base {tilt[0]:.1f}, uncorrected {tilt[1]:.1f}",
        ),
        Figure("level", level[1], "dB", detail=f"uncorrected {level[0]:.1f}"),
    ]


def _cosine(one: FloatArray, other: FloatArray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))


def main() -> None:
    """Print the figures, and keep them where `--json` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--released", action="store_true", help="measure the released weights")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    try:
        figures = run(released=given.released)
    except LADDER_ERRORS as error:
        parser.exit(1, f"the released weights are not usable here: {error}\n")
    print(table(figures))
    if given.json:
        rows = [{**asdict(figure), "met": figure.met} for figure in figures]
        given.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
