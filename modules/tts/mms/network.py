"""The released checkpoint in transformers' `VitsModel`, made to tell how long each letter lasts."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modules.engines import EngineLock
from modules.errors import EngineFailed, WeightsRejected
from modules.messages import FloatArray
from modules.models import FileSpec, sha256_of
from modules.tts.mms.letters import Letters, spread
from modules.tts.neural import Reading, kept_pace
from modules.tts.neural_voices import NeuralVoice
from modules.tts.phrases import Phrase
from modules.tts.transcription import timed, transcribed

WEIGHTS, CONFIG, VOCABULARY = "model.safetensors", "config.json", "vocab.json"


class MmsNetwork:
    """A `VitsModel` with one speaker, in float32 on the given device."""

    def __init__(self, folder: Path, files: Sequence[FileSpec], device: str = "cpu") -> None:
        """Load a released folder. Raises `WeightsRejected`: "altered" where a file's hash is not
        the one of `files`, "unreadable" where it is damaged, "keys" where the weights are those of
        another network.
        """
        for file in files:
            if file.sha256 is not None and sha256_of(folder / file.name) != file.sha256:
                raise WeightsRejected("altered", file=file.name)
        self._letters = Letters.read(folder / VOCABULARY)
        self.model = _loaded(folder).to(device)
        if len(self._letters.ids) > self.model.config.vocab_size:
            raise WeightsRejected("unreadable", file=VOCABULARY, why="ids")
        self.rate = int(self.model.config.sampling_rate)
        self._device = device
        self._logarithms: list[Any] = []
        self.model.duration_predictor.register_forward_hook(self._note)
        self._turn = EngineLock()

    def read(
        self, phrase: Phrase, voice: NeuralVoice, pace: float, stopped: Callable[[], bool]
    ) -> Reading:
        """Return a phrase; the network keeps the pace itself. One step: it cannot be stopped."""
        ids, letters = self._letters.spelled(phrase.text)
        if not letters:
            raise EngineFailed("nothing", stage="tts", engine=voice.engine)
        samples, frames = self.run(ids, pace, seed=zlib.crc32(phrase.text.encode()))
        kept = kept_pace(frames, pace)
        begins = np.concatenate([[0.0], np.cumsum(frames)]) * (len(samples) / frames.sum())
        words = transcribed(phrase.text, voice.region or "north")
        starts, ends = spread(words, letters, [round(float(at)) for at in begins])
        return Reading(samples, self.rate, timed(words, starts, ends), kept)

    def run(self, ids: Sequence[int], pace: float, *, seed: int) -> tuple[FloatArray, FloatArray]:
        """Return the sound of ids, float32 [samples], and how many frames each lasts, [len(ids)].

        The same seed gives the same sound: the network draws noise for timing and sound.
        """
        import torch

        devices = [torch.cuda.current_device()] if self._device == "cuda" else []
        with self._turn, torch.inference_mode(), torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            self._logarithms.clear()
            given = torch.tensor([ids], device=self._device)
            sound = self.model(input_ids=given, speaking_rate=pace).waveform
            frames = torch.ceil(torch.exp(self._logarithms.pop()) / pace)
        return (
            np.asarray(sound[0].float().cpu().numpy(), np.float32),
            np.asarray(frames.reshape(-1).float().cpu().numpy(), np.float32),
        )

    def _note(self, _module: object, _given: object, made: Any) -> None:
        self._logarithms.append(made.detach())


def _loaded(folder: Path) -> Any:
    import torch
    from safetensors import SafetensorError
    from torch.nn.utils import parametrize
    from transformers import VitsModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # it would go to the log of the server
    try:
        model, report = VitsModel.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are named below
            dtype=torch.float32,
        )
    except (
        *(OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError),
        *(SafetensorError, pickle.UnpicklingError, AttributeError),
    ) as error:
        why = type(error).__name__
        raise WeightsRejected("unreadable", file=WEIGHTS, why=why) from error
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        named = (key if isinstance(key, str) else key[0] for key in report[kind])
        if wrong := sorted(named):
            why = f"{kind.removesuffix('_keys')}: {wrong[0]}"
            raise WeightsRejected("keys", file=WEIGHTS, why=why)
    if model.config.num_speakers != 1:
        raise WeightsRejected("unreadable", file=CONFIG, why="num_speakers")
    if not all(torch.isfinite(held).all() for held in model.parameters()):
        raise WeightsRejected("unreadable", file=WEIGHTS, why="not finite")
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):  # weight norm: folded once
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
    return model.eval().requires_grad_(False)
