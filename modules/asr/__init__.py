"""Hearing: when the user speaks, and what was said.

`Endpointer` turns the microphone's frames into utterances; an engine turns an utterance into a
transcript. Unlike other stages this one has no engine that needs nothing: until the owner has
fetched a checkpoint, the page offers the browser's own recogniser, or typing.
"""

from modules.asr.agreement import Agreement, Partial
from modules.asr.echo import EchoSettings, level_db
from modules.asr.endpointer import (
    SILENCE_S,
    Endpointer,
    Endpointing,
    Event,
    SpeechStarted,
    UtteranceEnded,
)
from modules.asr.sizes import suggested
from modules.asr.vad import FRAME, VoiceActivity, silero
from modules.engines import EngineSpec, Need

__all__ = [
    "ENGINES", "FRAME", "SILENCE_S", "Agreement", "EchoSettings", "Endpointer", "Endpointing",
    "Event", "Partial", "SpeechStarted", "UtteranceEnded", "VoiceActivity", "level_db", "silero",
    "suggested",
]  # fmt: skip


def _on_torch(size: str, megabytes: int) -> EngineSpec:
    return EngineSpec(
        name=f"phowhisper-{size}",
        stage="asr",
        factory="modules.asr.transformers_engine:TransformersEngine",
        needs=frozenset[Need]({"packages", "weights", "torch", "cuda"}),
        packages=("torch", "transformers"),
        weights=(f"phowhisper-{size}",),
        megabytes=megabytes,
        licence="BSD-3-Clause",
        first_output_s=20.0,
        next_output_s=20.0,
    )


def _on_ctranslate2(size: str, megabytes: int, piece_s: float) -> EngineSpec:
    return EngineSpec(
        name=f"phowhisper-{size}-ct2",
        stage="asr",
        factory="modules.asr.ctranslate2_engine:CTranslate2Engine",
        needs=frozenset[Need]({"packages", "weights"}),
        packages=("faster_whisper", "ctranslate2"),
        weights=(f"phowhisper-{size}",),
        megabytes=megabytes,
        licence="BSD-3-Clause",
        first_output_s=piece_s,
        next_output_s=piece_s,
    )


ENGINES: tuple[EngineSpec, ...] = (
    _on_torch("large", 4_000),
    _on_torch("medium", 2_200),
    _on_torch("small", 1_000),
    _on_ctranslate2("small", 600, 60.0),
    _on_ctranslate2("base", 250, 30.0),
    _on_ctranslate2("tiny", 180, 20.0),
)
"""PhoWhisper (VinAI, 844 h), best first; both forms of a size share one download. Word error rates
on VIVOS: large 4.67, medium 4.97, small 6.33, base 8.46, tiny 10.41 %
(github.com/VinAIResearch/PhoWhisper). What does not fit the card's free memory is passed over."""
