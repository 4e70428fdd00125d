"""VieNeu's four graphs on onnxruntime: a backbone that goes from frame to frame, a small decoder
that writes the codes of each, and the codec that makes sound of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modules.errors import EngineFailed, WeightsRejected
from modules.messages import FloatArray
from modules.models import FileSpec, sha256_of
from modules.tts.neural import Reading
from modules.tts.neural_voices import NeuralVoice
from modules.tts.onnx_session import Graph
from modules.tts.phrases import Phrase
from modules.tts.vieneu.config import read_config
from modules.tts.vieneu.heads import Heads
from modules.tts.vieneu.presets import Preset, presets
from modules.tts.vieneu.sampling import Recent, drawn
from modules.tts.vieneu.spelling import spelled

FOLDER = "onnx_update"
PREFILL, STEP, ACOUSTIC = "vieneu_prefill", "vieneu_decode_step", "vieneu_acoustic_cached"
CODEC = "moss_audio_tokenizer_decode_full"
TOKENIZER = "tokenizer.json"
# Upstream's bounds on what a phrase may take, in frames of 80 ms: most said of what it writes.
_SLACK, _PER_PHONEME = 24, 2.0
_FIRST_WORD, _MORE_WORDS, _FEW_WORDS = 13, 5, 4
_LONGEST = 300
_TRIES = 2
"""A word or two may miss their end and go on with words of nobody's: then they are said anew."""

Codes = np.ndarray[tuple[int, int], np.dtype[np.int64]]


class VieneuNetwork:
    """The released graphs; every voice of `presets` can speak. Several threads may read at once."""

    def __init__(self, folder: Path, files: Sequence[FileSpec]) -> None:
        """Load them. Raises `WeightsRejected`: "altered" where a file's hash is not the one of
        `files`, "unreadable" where one is damaged or they do not belong together.
        """
        for file in files:
            if file.sha256 is not None and sha256_of(folder / file.name) != file.sha256:
                raise WeightsRejected("altered", file=Path(file.name).name)
        home = folder / FOLDER
        self.config = read_config(home / "config.json")
        self._heads = Heads.read(home / "vieneu_v3_heads.npz", self.config)
        self._tokenizer = _tokenizer(home / TOKENIZER)
        past = _cache("past_k", "past_v", self.config.layers)
        local = _cache("past_k", "past_v", self.config.local_layers)
        inputs = {
            PREFILL: {"inputs_embeds"},
            STEP: {"inputs_embeds", "position_ids", *past},
            ACOUSTIC: {"token_emb", "position_ids", *local},
            CODEC: {"audio_codes", "audio_code_lengths"},
        }
        self._graphs = {}
        for name, taken in inputs.items():
            path = (folder if name == CODEC else home) / f"{name}.onnx"
            self._graphs[name] = Graph(path, path.name)
            self._graphs[name].check(taken, set())

    def read(
        self, phrase: Phrase, voice: NeuralVoice, pace: float, stopped: Callable[[], bool]
    ) -> Reading:
        """Return a phrase, at the voice's own pace; what is there once `stopped` says so."""
        phonemes, words = spelled(phrase)
        if not words:
            raise EngineFailed("nothing", stage="tts", engine=voice.engine)
        most = longest(phonemes, words)
        seed = zlib.crc32(f"{voice.speaker}|{phonemes}".encode())
        for attempt in range(_TRIES):
            random = np.random.default_rng(seed + attempt)
            codes = self.codes(phonemes, presets()[voice.speaker], most, random, stopped)
            if words > 2 or len(codes) < most - 1 or stopped():
                break
        return Reading(self.sound(codes), self.config.rate)

    def codes(
        self, phonemes: str, preset: Preset, most: int, random: np.random.Generator,
        stopped: Callable[[], bool],
    ) -> Codes:  # fmt: skip
        """Return the frames of a phrase, int64 [frames, books]; `most` of them at the most."""
        rows = self._prompt(phonemes, preset)
        anchor = self._heads.anchor(preset.voice)
        hidden, past = self._backbone(PREFILL, rows, anchor, {})
        recent = [Recent() for _ in range(self.config.books)]
        frames: list[list[int]] = []
        while len(frames) < most and not stopped():
            frame, last = self._frame(hidden[:, -1], recent, random)
            frames.append(frame)
            if last:
                break
            row = np.array([[self.config.speech, *frame]])
            place = np.array([[len(rows) + len(frames) - 1]], np.int64)
            hidden, past = self._backbone(STEP, row, anchor, {"position_ids": place, **past})
        return np.array(frames, np.int64).reshape(-1, self.config.books)

    def sound(self, codes: Codes) -> FloatArray:
        """Return the sound of frames, float32 [samples] at the codec's rate; both its channels are
        the same voice.
        """
        if not len(codes):
            return np.zeros(0, np.float32)
        made = self._graphs[CODEC].run(
            None,
            {
                "audio_codes": codes[None].astype(np.int32),
                "audio_code_lengths": np.array([len(codes)], np.int32),
            },
        )
        return np.asarray(made[0][0].mean(axis=0), np.float32)

    def _prompt(self, phonemes: str, preset: Preset) -> Codes:
        """Return the rows of what is to be said and of how the voice sounds, [n, 1 + books]."""
        config = self.config
        said = self._tokenizer.encode(phonemes, add_special_tokens=False).ids
        if said and max(said) >= len(self._heads.text):
            raise EngineFailed("nothing", stage="tts", engine="vieneu")
        ids = [config.style, config.prompt_begin, *said, config.prompt_end]
        text = np.full((len(ids), 1 + config.books), config.no_code, np.int64)
        text[:, 0] = ids
        heard = np.full((len(preset.codes), 1 + config.books), config.reference, np.int64)
        heard[:, 1:] = preset.codes[:, : config.books]
        return np.concatenate([text, heard])

    def _backbone(
        self, graph: str, rows: Codes, anchor: FloatArray, more: dict[str, Any]
    ) -> tuple[FloatArray, dict[str, Any]]:
        given = {"inputs_embeds": self._heads.embedded(rows, anchor, self.config.no_code), **more}
        made = self._graphs[graph].run(None, given)
        return made[0], _kept(made, self.config.layers)

    def _frame(
        self, hidden: FloatArray, recent: Sequence[Recent], random: np.random.Generator
    ) -> tuple[list[int], bool]:
        """Return the codes of a frame [books], and whether it is the last."""
        config, heads = self.config, self._heads
        size = config.hidden // config.local_heads
        empty = np.zeros((1, config.local_heads, 0, size), np.float32)
        past: dict[str, Any] = dict.fromkeys(_cache("past_k", "past_v", config.local_layers), empty)
        given = np.stack([hidden[0], heads.text[config.speech]])[None]
        places = np.array([[0, 1]], np.int64)
        frame: list[int] = []
        last = False
        for book in range(config.books):
            made = self._graphs[ACOUSTIC].run(
                None, {"token_emb": given, "position_ids": places, **past}
            )
            past = _kept(made, config.local_layers)
            if not book:  # beside the first code stands whether another frame follows
                last = int(np.argmax(heads.text @ made[0][0, 0])) == config.speech_end
            scores = recent[book].penalised(heads.codes[book] @ made[0][0, -1])
            frame.append(drawn(scores, random))
            recent[book].add(frame[-1])
            given = heads.codes[book][frame[-1]].reshape(1, 1, -1)
            places = np.array([[book + 2]], np.int64)
        return frame, last


def longest(phonemes: str, words: int) -> int:
    """Return the most frames that a phrase may take; more of them are babble."""
    most = min(_LONGEST, _SLACK + int(np.ceil(_PER_PHONEME * len(phonemes))))
    if words <= _FEW_WORDS:
        most = min(most, _FIRST_WORD + _MORE_WORDS * (words - 1))
    return most


def _cache(keys: str, values: str, layers: int) -> list[str]:
    return [f"{name}_{layer}" for name in (keys, values) for layer in range(layers)]


def _kept(made: Sequence[Any], layers: int) -> dict[str, Any]:
    """Return what a graph keeps for its next step: behind the first output all keys, all values."""
    return dict(zip(_cache("past_k", "past_v", layers), made[1:], strict=True))


def _tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    # tokenizers raises nothing narrower.
    except Exception as error:
        raise WeightsRejected("unreadable", file=path.name, why=type(error).__name__) from error
