"""Speech: text as it is read aloud, the voices that say it, and the mouth that moves with it.

Nothing heavy is imported here: the engines' own files are imported when they are loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modules.engines import EngineSpec, Need
from modules.messages import FloatArray, Region, Viseme
from modules.tts.choice import DRAWN, AnyVoice, Fit, find_voice, serving, voice_in, voices_of
from modules.tts.normalize import normalize
from modules.tts.voices import VOICES, Voice, base_voice

if TYPE_CHECKING:
    from modules.tts.align import Aligned


def _neural(
    name: str, factory: str, weights: str, megabytes: int, licence: str, *needs: Need,
    packages: tuple[str, ...], next_output_s: float,
) -> EngineSpec:  # fmt: skip
    return EngineSpec(
        name,
        "tts",
        f"modules.tts.{factory}",
        needs=frozenset[Need]({"packages", "weights", *needs}),
        packages=("espeakng_loader", "pyworld", "scipy", "soxr", *packages),
        weights=(weights,),
        megabytes=megabytes,
        licence=licence,
        first_output_s=max(8.0, next_output_s),
        next_output_s=next_output_s,
    )


ENGINES: tuple[EngineSpec, ...] = (
    _neural(
        "vieneu",
        "vieneu.engine:VieneuEngine",
        "vieneu-v3-turbo",
        1_100,
        "Apache-2.0",
        packages=("onnxruntime", "tokenizers"),
        next_output_s=20.0,
    ),
    _neural(
        "piper",
        "piper.engine:PiperEngine",
        "piper-vais1000",
        150,
        "CC-BY-4.0 (base voice Lessac: research only)",
        packages=("onnxruntime",),
        next_output_s=4.0,
    ),
    _neural(
        "mms",
        "mms.engine:MmsEngine",
        "mms-tts-vie",
        400,
        "CC-BY-NC-4.0",
        "torch",
        "research",
        packages=("torch", "transformers", "safetensors"),
        next_output_s=5.0,
    ),
    EngineSpec(
        "espeak",
        "tts",
        "modules.tts.espeak:EspeakEngine",
        packages=("espeakng_loader", "scipy"),
        megabytes=3,
        licence="GPL-3.0-or-later",
        # A piece of four seconds takes some 15 ms; the rest is a busy machine.
        first_output_s=3.0,
        next_output_s=2.0,
    ),
)


def aligned(
    samples: FloatArray, rate: int, text: str | None = None, region: Region = "north"
) -> Aligned:
    """Return the mouth shapes and the words of recorded speech; see `modules.tts.align.aligned`.

    For engines whose voice gives no events: what it said of a clause and `Clause.spoken` give the
    `visemes` and `words` of its `Speech`.
    """
    from modules.tts import align

    return align.aligned(samples, rate, text, region)


def visemes_of(
    samples: FloatArray, rate: int, text: str | None = None, region: Region = "north"
) -> tuple[Viseme, ...]:
    """Return the mouth shapes of recorded speech; see `modules.tts.align.visemes_of`."""
    from modules.tts import align

    return align.visemes_of(samples, rate, text, region)


__all__ = [
    "DRAWN",
    "ENGINES",
    "VOICES",
    "AnyVoice",
    "Fit",
    "Voice",
    "aligned",
    "base_voice",
    "find_voice",
    "normalize",
    "serving",
    "visemes_of",
    "voice_in",
    "voices_of",
]
