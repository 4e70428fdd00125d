"""A released voice of piper on onnxruntime: espeak's phonemes in, sound and its timing out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from modules.errors import EngineFailed, WeightsRejected
from modules.models import FileSpec, sha256_of
from modules.tts.espeak_library import Phoneme
from modules.tts.neural import Reading, kept_pace
from modules.tts.neural_voices import NeuralVoice
from modules.tts.onnx_session import Graph
from modules.tts.phrases import Phrase
from modules.tts.piper.config import BEGIN, BLANK, END, PAD, Config, read_config
from modules.tts.piper.graph import with_durations
from modules.tts.transcription import Sound, timed, transcribed

_INPUTS = {"input", "input_lengths", "scales"}
_TERMINATORS = {"?": "?", "!": "!", ";": ";", ":": ":", ".": ".", "…": "."}
"""What the voice saw behind a phrase; at any other mark it goes on, as at a comma."""


@dataclass(slots=True)
class Spelling:
    """The ids of a phrase, and where among them each sound begins and each word ends."""

    ids: list[int] = field(default_factory=list)
    sounds: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


class PiperNetwork:
    """One voice; built from the folder of its two files."""

    def __init__(self, folder: Path, files: Sequence[FileSpec]) -> None:
        """Load the voice. Raises `WeightsRejected`: "altered" where a file's hash is not the one of
        `files`, "unreadable" where it is damaged or is no voice of piper.
        """
        graph = next(file for file in files if file.name.endswith(".onnx"))
        for file in files:
            if file.sha256 is not None and sha256_of(folder / file.name) != file.sha256:
                raise WeightsRejected("altered", file=Path(file.name).name)
        self.config = read_config(folder / f"{graph.name}.json")
        self._graph, self._durations = _opened(folder / graph.name)

    def read(
        self, phrase: Phrase, voice: NeuralVoice, pace: float, stopped: Callable[[], bool]
    ) -> Reading:
        """Return a phrase; the network keeps the pace itself. One step: it cannot be stopped."""
        words = transcribed(phrase.text, voice.region or "north")
        if not words:
            raise EngineFailed("nothing", stage="tts", engine=voice.engine)
        spelling = spelled(words, phrase.mark, self.config)
        samples, frames = self.run(spelling.ids, pace)
        phonemes = _timed(words, spelling, samples, frames)
        return Reading(samples, self.config.rate, phonemes, kept_pace(frames, pace))

    def run(self, ids: Sequence[int], pace: float = 1.0) -> tuple[Any, Any]:
        """Return the sound of ids, float32 [samples], and how many frames each lasts, [len(ids)].

        The sound strays with every call: the graph draws noise of its own.
        """
        config = self.config
        scales = [config.noise, config.length / pace, config.timing_noise]
        sound, frames = self._graph.run(
            ["output", self._durations],
            {
                "input": np.array([ids], np.int64),
                "input_lengths": np.array([len(ids)], np.int64),
                "scales": np.array(scales, np.float32),
            },
        )
        return np.ravel(sound), np.ravel(frames)


def spelled(words: Sequence[Sequence[Sound]], mark: str, config: Config) -> Spelling:
    """Return words as the voice reads them: every character of the decomposed phonemes, each with
    the pad behind it, between the signs of begin and end. What it never learned is left out.
    """
    made = Spelling()

    def write(character: str) -> None:
        if character in config.ids:
            made.ids += [*config.ids[character], *config.ids[PAD]]

    write(BEGIN)
    for number, word in enumerate(words):
        if number:
            write(BLANK)
        for sound in word:
            made.sounds.append(len(made.ids))
            for character in unicodedata.normalize("NFD", sound.written):
                write(character)
        made.ends.append(len(made.ids))
    write(_TERMINATORS.get(mark, ","))
    made.ids += config.ids[END]
    return made


def _timed(
    words: Sequence[Sequence[Sound]], spelling: Spelling, samples: Any, frames: Any
) -> tuple[Phoneme, ...]:
    total = float(frames.sum())
    if frames.shape != (len(spelling.ids),) or not total:
        return ()
    begins = np.concatenate([[0.0], np.cumsum(frames)]) * (len(samples) / total)
    places = [round(float(at)) for at in begins]
    return timed(words, [places[i] for i in spelling.sounds], [places[i] for i in spelling.ends])


def _opened(path: Path) -> tuple[Graph, str]:
    try:
        model, durations = with_durations(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WeightsRejected("unreadable", file=path.name, why=str(error)) from error
    graph = Graph(model, path.name)
    graph.check(_INPUTS, {"output", durations})
    return graph, durations
