"""PhoWhisper on CTranslate2 (faster-whisper): a CPU without torch, or CUDA.

The network hears 30 s at a time: shorter sound is filled up with silence, as it was in training.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from modules.asr.conversion import converted
from modules.asr.guards import Guards
from modules.asr.hearing import Heard, HearingStream, most_tokens
from modules.asr.vad import silero
from modules.asr.vocabulary import LANGUAGE, TASK, Vocabulary
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import LISTEN_RATE, FloatArray, TurnRequest, Word
from modules.models import weights
from modules.zerogpu import on_zerogpu

log = logging.getLogger("guong.asr")

WINDOW = 30 * LISTEN_RATE
COMPUTE = {"cpu": "int8", "cuda": "float16"}
BEAMS = {"cpu": 1, "cuda": 5}
"""Greedy on a CPU, as the pipeline of PhoWhisper's own page: five beams take half as long again
(`benchmarks/asr.py`), and the user waits for it."""


class CTranslate2Engine:
    """One size of PhoWhisper; `spec.weights` names it."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._network: Network | None = None

    def load(self) -> None:
        """Load the checkpoint, which is converted the first time.

        Raises `EngineUnavailable` where weights or packages are missing, `WeightsRejected` where
        they cannot be read, `StorageFailed` where there is no room to convert them.
        """
        self.spec.require_packages()
        folder = converted(weights().path(self.spec.weights[0]))
        self._voice, self._guards = silero(), Guards.load()
        self._network = best_network(folder)

    def close(self) -> None:
        """Let the network go."""
        self._network = None

    def open(self, request: TurnRequest) -> HearingStream:
        """Return a stream of utterances to transcripts; the request changes nothing here."""
        if self._network is None:
            raise EngineUnavailable("not_loaded", stage="asr", remedy=self.spec.name)
        return HearingStream(self._network, self._voice, self._guards, self._network.quick)


class Network:
    """A CTranslate2 model on one device; safe to call from several threads."""

    def __init__(self, folder: Path, device: str, compute: str, beams: int = 0) -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        self.device, self._beams = device, beams or BEAMS[device]
        self._vocabulary = Vocabulary(folder / "tokenizer.json")  # so none is ever fetched
        try:
            self._whisper: Any = WhisperModel(
                str(folder),
                device=device,
                compute_type=compute,
                cpu_threads=min(4, os.cpu_count() or 1),
            )
        except (RuntimeError, ValueError, OSError) as error:
            if device != "cpu":
                raise
            shutil.rmtree(folder, ignore_errors=True)  # it is made anew from the checkpoint
            raise WeightsRejected("unreadable", file="model.bin", why="CTranslate2") from error
        # For word times only, which are aligned by faster-whisper's own code.
        self._tokenizer: Any = Tokenizer(self._vocabulary.tokenizer, True, TASK, LANGUAGE)

    def __call__(self, samples: FloatArray, /) -> Heard:
        """Recognise up to 30 s."""
        encoded = self._encode(samples)
        ids, no_speech, confidence = self._decode(encoded, len(samples))
        words = self._times(encoded, ids, len(samples))
        return Heard(self._vocabulary.text(ids), no_speech, confidence, words)

    def quick(self, samples: FloatArray, /) -> Heard:
        """Recognise up to 30 s without times or beams: what is shown while somebody speaks."""
        ids, no_speech, confidence = self._decode(self._encode(samples), len(samples), beams=1)
        return Heard(self._vocabulary.text(ids), no_speech, confidence)

    def token_ids(self, samples: FloatArray) -> list[int]:
        """Return what the decoder writes, as token ids."""
        return self._decode(self._encode(samples), len(samples))[0]

    def _encode(self, samples: FloatArray) -> Any:
        sound = np.zeros(WINDOW, np.float32)
        sound[: len(samples)] = samples[:WINDOW]
        return self._whisper.encode(self._whisper.feature_extractor(sound, padding=0))

    def _decode(
        self, encoded: Any, length: int, *, beams: int = 0
    ) -> tuple[list[int], float, float]:
        (result,) = self._whisper.model.generate(
            encoded,
            [self._vocabulary.prompt],
            beam_size=beams or self._beams,
            # CTranslate2 gives half of `max_length` to the text and keeps half for a prompt.
            max_length=2 * most_tokens(length),
            return_scores=True,
            return_no_speech_prob=True,
        )
        written = result.sequences_ids[0]
        # CTranslate2 divides by the length; the mean counts the end of the text as well.
        confidence = result.scores[0] * len(written) / (len(written) + 1)
        ids = [token for token in written if token < self._vocabulary.end]
        return ids, float(result.no_speech_prob), confidence

    def _times(self, encoded: Any, ids: list[int], length: int) -> tuple[Word, ...]:
        if not ids:
            return ()
        frames = max(2, length // self._whisper.feature_extractor.hop_length)
        (timings,) = self._whisper.find_alignment(self._tokenizer, [ids], encoded, frames)
        return tuple(_words(timings))


def _words(timings: list[dict[str, Any]]) -> list[Word]:
    """Return faster-whisper's timings as words; what it splits off without a space is joined."""
    words: list[Word] = []
    for timing in timings:
        text, end = timing["word"].strip(), float(timing["end"])
        if not text:
            continue
        if words and not timing["word"].startswith(" "):
            words[-1] = Word(words[-1].text + text, words[-1].start_s, end)
        else:
            words.append(Word(text, float(timing["start"]), end))
    return words


def best_network(folder: Path) -> Network:
    """Return the network on CUDA where that works, else on the CPU.

    It is tried with a second of silence: libraries that CUDA misses are noticed only when used.
    """
    if _cuda():
        try:
            network = Network(folder, "cuda", COMPUTE["cuda"])
            network(np.zeros(LISTEN_RATE, np.float32))
        except (RuntimeError, ValueError, OSError) as error:
            log.warning("CUDA does not serve CTranslate2 (%s); using the CPU", type(error).__name__)
        else:
            return network
    return Network(folder, "cpu", COMPUTE["cpu"])


def _cuda() -> bool:
    import ctranslate2

    # ZeroGPU lends its card through torch alone; CTranslate2 has a CUDA of its own. Where torch is
    # installed its form of PhoWhisper has the card, and this one would take room unplanned.
    if on_zerogpu() or importlib.util.find_spec("torch"):
        return False
    found: int = ctranslate2.get_cuda_device_count()
    return found > 0
