"""PhoWhisper on PyTorch (transformers): for a GPU, and the only form that runs on ZeroGPU."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from modules.asr.guards import Guards
from modules.asr.hearing import Heard, HearingStream, most_tokens
from modules.asr.vad import silero
from modules.asr.vocabulary import Vocabulary
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import LISTEN_RATE, FloatArray, TurnRequest
from modules.models import weights

BEAMS = {"cpu": 1, "cuda": 5}


class TransformersEngine:
    """One size of PhoWhisper; `spec.weights` names it."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._network: Network | None = None

    def load(self) -> None:
        """Load the checkpoint; raises `EngineUnavailable` or `WeightsRejected`."""
        if self.spec.missing_packages:
            remedy = "pip install " + " ".join(self.spec.missing_packages)
            raise EngineUnavailable("packages", stage="asr", remedy=remedy)
        folder = weights().path(self.spec.weights[0])
        self._voice, self._guards = silero(), Guards.load()
        self._network = Network(folder)

    def close(self) -> None:
        """Let the network go."""
        self._network = None

    def open(self, request: TurnRequest) -> HearingStream:
        """Return a stream of utterances to transcripts; the request changes nothing here."""
        if self._network is None:
            raise EngineUnavailable("not_loaded", stage="asr", remedy=self.spec.name)
        return HearingStream(self._network, self._voice, self._guards)


class Network:
    """A `WhisperForConditionalGeneration`: halves on CUDA, floats on a CPU."""

    def __init__(self, folder: Path, device: str | None = None) -> None:
        import torch
        from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

        self._torch: Any = torch
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._vocabulary = Vocabulary(folder / "tokenizer.json")
        dtype = torch.float16 if self.device == "cuda" else torch.float32
        try:
            self._features: Any = WhisperFeatureExtractor.from_pretrained(
                folder, local_files_only=True
            )
            model: Any = WhisperForConditionalGeneration.from_pretrained(
                folder, dtype=dtype, local_files_only=True, weights_only=True
            )
        except (
            OSError,
            RuntimeError,
            ValueError,
            KeyError,
            pickle.UnpicklingError,
        ) as error:
            why = type(error).__name__
            raise WeightsRejected("unreadable", file="pytorch_model.bin", why=why) from error
        self._model: Any = model.to(self.device).eval()
        self._options = self._generation()

    def __call__(self, samples: FloatArray, /) -> Heard:
        """Recognise up to 30 s; words have no times here, they would double the cost."""
        with self._torch.inference_mode():
            encoded = self._encode(samples)
            ids, confidence = self._decode(encoded, len(samples))
            return Heard(self._vocabulary.text(ids), self._no_speech(encoded), confidence)

    def token_ids(self, samples: FloatArray) -> list[int]:
        """Return what the decoder writes, as token ids."""
        with self._torch.inference_mode():
            return self._decode(self._encode(samples), len(samples))[0]

    def _encode(self, samples: FloatArray) -> Any:
        features = self._features(
            np.asarray(samples), sampling_rate=LISTEN_RATE, return_tensors="pt"
        ).input_features
        return self._model.get_encoder()(features.to(self.device, self._model.dtype))

    def _decode(self, encoded: Any, length: int) -> tuple[list[int], float]:
        from transformers import GenerationMixin

        prompt = self._torch.tensor([self._vocabulary.prompt], device=self.device)
        options = copy.copy(self._options)
        options.max_new_tokens = most_tokens(length)
        # Whisper's own `generate` reads language and task from a configuration that changed with
        # the versions; with the prompt given, the plain one does the same.
        result = GenerationMixin.generate(
            self._model, None, options, encoder_outputs=encoded, decoder_input_ids=prompt
        )
        ids = result.sequences[0, prompt.shape[1] :].tolist()
        end = self._vocabulary.end
        if self._options.num_beams > 1:
            return [i for i in ids if i < end], float(result.sequences_scores[0])
        steps = self._model.compute_transition_scores(
            result.sequences, result.scores, normalize_logits=True
        )
        return [i for i in ids if i < end], float(steps[0].float().mean())

    def _no_speech(self, encoded: Any) -> float:
        start = self._torch.tensor([[self._vocabulary.start]], device=self.device)
        logits = self._model(encoder_outputs=encoded, decoder_input_ids=start).logits
        return float(logits[0, 0].float().softmax(-1)[self._vocabulary.no_speech])

    def _generation(self) -> Any:
        from transformers import GenerationConfig

        given = self._model.generation_config
        self._model.generation_config = GenerationConfig()  # its limits would mix with ours
        return GenerationConfig(
            num_beams=BEAMS[self.device],
            do_sample=False,
            suppress_tokens=given.suppress_tokens,
            begin_suppress_tokens=given.begin_suppress_tokens,
            decoder_start_token_id=self._vocabulary.start,
            eos_token_id=self._vocabulary.end,
            pad_token_id=self._vocabulary.end,
            return_dict_in_generate=True,
            output_scores=True,
        )
