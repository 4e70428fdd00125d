"""PhoWhisper's network on PyTorch: halves on CUDA, floats on a CPU."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.utils import logging

from modules.asr.alignment import word_times
from modules.asr.greedy import Greedy, Written
from modules.asr.hearing import Heard, most_tokens
from modules.asr.vocabulary import Vocabulary
from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import LISTEN_RATE, FloatArray, Word
from modules.zerogpu import on_zerogpu

BROKEN = (
    OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError,
    pickle.UnpicklingError,
)  # fmt: skip
"""What transformers and torch raise over damaged files."""
WORKING_MB = 700
"""Beside the weights: CUDA's context, an encoded sound, the allocator's slack."""


class Network:
    """A `WhisperForConditionalGeneration`, which hears one sound at a time."""

    def __init__(self, folder: Path, device: str | None = None, megabytes: int = 0) -> None:
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._vocabulary = Vocabulary(folder / "tokenizer.json")
        _check_room(self.device, megabytes)
        logging.disable_progress_bar()  # it would go to the log of the server
        try:
            self._features: Any = WhisperFeatureExtractor.from_pretrained(
                folder, local_files_only=True
            )
            model, report = WhisperForConditionalGeneration.from_pretrained(
                folder,
                dtype=torch.float16 if self.device == "cuda" else torch.float32,
                local_files_only=True,
                weights_only=True,
                output_loading_info=True,
            )
            _check_keys(report)
            self._model: Any = model.to(self.device).eval().requires_grad_(False)
        except torch.cuda.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise _no_room(megabytes) from error
        except BROKEN as error:
            why = type(error).__name__
            raise WeightsRejected("unreadable", file="pytorch_model.bin", why=why) from error
        # Capturing takes a second, and a worker of ZeroGPU may live for one sentence.
        graphs = self.device == "cuda" and not on_zerogpu()
        self._greedy = Greedy(self._model, self._vocabulary, graphs=graphs)
        self._heads = _heads(self._model)
        self._alone = threading.Lock()

    def __call__(self, samples: FloatArray, /) -> Heard:
        """Recognise up to 30 s, with the times of its words."""
        with self._alone:
            written = self._write(samples)
            return self._heard(written, self._times(written.ids, len(samples)))

    def quick(self, samples: FloatArray, /) -> Heard:
        """Recognise up to 30 s without times."""
        with self._alone:
            return self._heard(self._write(samples))

    def token_ids(self, samples: FloatArray) -> list[int]:
        """Return what the decoder writes, as token ids."""
        with self._alone:
            return self._write(samples).ids

    def _heard(self, written: Written, words: tuple[Word, ...] = ()) -> Heard:
        text = self._vocabulary.text(written.ids)
        return Heard(text, written.no_speech, written.confidence, words)

    def _write(self, samples: FloatArray) -> Written:
        return self._greedy(self._encode(samples), most_tokens(len(samples)))

    def _encode(self, samples: FloatArray) -> Any:
        # The spectrogram is computed where the network is: on a CPU it takes 30 ms.
        features = self._features(
            np.asarray(samples), sampling_rate=LISTEN_RATE, return_tensors="pt", device=self.device
        ).input_features
        with torch.inference_mode():
            encoder = self._model.get_encoder()
            return encoder(features.to(self.device, self._model.dtype)).last_hidden_state

    def _times(self, ids: list[int], length: int) -> tuple[Word, ...]:
        words = self._vocabulary.words(ids)
        if not words:
            return ()
        prompt = self._vocabulary.prompt
        spelled = [*prompt, *ids, self._vocabulary.end]
        if len(spelled) > self._model.config.max_target_positions:
            return ()
        scores = self._greedy.attention(spelled, self._heads)
        frames = length // self._features.hop_length // 2
        return word_times(scores, words, len(prompt), frames)


def _heads(model: Any) -> dict[int, list[int]]:
    """Return the heads that follow time, by layer; without a list, those of the upper half."""
    layers, heads = model.config.decoder_layers, model.config.decoder_attention_heads
    given = getattr(model.generation_config, "alignment_heads", None)
    pairs = given or [(la, h) for la in range(layers // 2, layers) for h in range(heads)]
    return {layer: [h for la, h in pairs if la == layer] for layer, _ in pairs}


def _check_keys(report: Any) -> None:
    """Refuse what transformers would only warn of: tensors that are missing are drawn by lot."""
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        # The output layer is the embedding's; some files hold it twice.
        wrong = sorted(str(key) for key in report[kind] if str(key) != "proj_out.weight")
        if wrong:
            why = f"{kind}: {wrong[0]}"[:80]
            raise WeightsRejected("keys", file="pytorch_model.bin", why=why)


def _check_room(device: str, megabytes: int) -> None:
    """Raise `EngineUnavailable` where the card has less free memory than the network takes.

    On ZeroGPU the card cannot be asked before the app is launched.
    """
    if device == "cuda" and not on_zerogpu():
        free = torch.cuda.mem_get_info()[0] / 1e6
        if free < megabytes + WORKING_MB:
            raise _no_room(megabytes, free)


def _no_room(megabytes: int, free: float = 0.0) -> EngineUnavailable:
    remedy = f"{megabytes + WORKING_MB} MB > {free:.0f} MB"
    return EngineUnavailable("memory", stage="asr", remedy=remedy)
