"""Pairs of voices, who speaks and who shall: all that a conversion needs besides the clause."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from modules.errors import EngineFailed, EngineUnavailable
from modules.messages import SPEECH_RATE, FloatArray, TurnRequest
from modules.models import ModelSpec
from modules.voice.openvoice.ahead import Ahead
from modules.voice.openvoice.checkpoint import CHECKPOINT, FOLDER, load_converter
from modules.voice.openvoice.conversion import Conversion, in_halves
from modules.voice.openvoice.correction import MEASURED_S, TAPS, Finish, measure
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.speakers import Sample, speaker_of
from modules.voice.openvoice.steps import Bucketed, Steps

_DIGITS = 8
_MEASURED = int(MEASURED_S * SPEECH_RATE)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two speakers, float32 [256], and the filter of `correction.measure`."""

    source: FloatArray
    target: FloatArray
    taps: FloatArray


class Pairs:
    """A converter, and the pairs that it has heard."""

    def __init__(self, network: Converter, mark: str, steps: Steps | None = None) -> None:
        """`mark` names the weights: what others made is not taken for theirs. `steps` compute what
        the network would.
        """
        self._network = network
        self._steps: Steps = steps or network
        self._mark = mark[:_DIGITS]

    @classmethod
    def load(cls, folder: Path, model: ModelSpec, device: str, *, zero: bool = False) -> Pairs:
        """Load the checkpoint in a model's folder onto "cuda" or "cpu".

        `zero` says that the card is ZeroGPU's, where nothing may run before a worker has it.
        """
        name = f"{FOLDER}/{CHECKPOINT}"
        sha256 = next(file.sha256 for file in model.files if file.name == name)
        if device == "cuda" and not torch.cuda.is_available():
            raise EngineUnavailable("cuda", stage="voice", remedy="GPU")
        network = load_converter(folder / FOLDER, sha256)
        if device == "cuda":
            network = in_halves(network).to(device)
        return cls(network, sha256 or model.revision, steps_of(network, device, zero=zero))

    def of(self, request: TurnRequest, first: FloatArray) -> Pair:
        """Return the pair of a request with a voice.

        Speakers are kept beside their samples. Where the app has no sample of the base voice, the
        first speech of the turn stands in for it. Raises `EngineFailed` "no_sample" where the
        target has none.
        """
        voice, base = request.voice, request.base_voice
        if voice is None or not voice.sample:
            raise EngineFailed("no_sample", stage="voice", engine="openvoice")
        theirs = Sample.read(voice.sample)
        target = self._speaker(theirs)
        if base is None or not base.sample:
            source = speaker_of(self._network, first)
            return Pair(source, target, self._taps(first, source, target, request))
        ours = Sample.read(base.sample)
        source = self._speaker(ours)
        taps = theirs.remember(
            f"{self._mark}-{theirs.key}-{ours.key}",
            TAPS,
            lambda: self._taps(ours.samples(), source, target, request),
        )
        return Pair(source, target, taps)

    def begin(self, pair: Pair, samples: FloatArray) -> tuple[Conversion, Finish]:
        """Return the conversion of a clause, and what finishes its pieces."""
        return self._begun(samples, pair.source, pair.target), Finish(samples, pair.taps)

    def hear(self, samples: FloatArray) -> FloatArray:
        """Return who speaks in samples, float32 [256]."""
        return speaker_of(self._network, samples)

    def warm_up(self, samples: FloatArray) -> None:
        """Convert something that nobody hears: first uses are slow."""
        speaker = speaker_of(self._network, samples)
        self._begun(samples, speaker, speaker).render(len(samples))

    def _speaker(self, sample: Sample) -> FloatArray:
        return sample.remember(
            f"{self._mark}-{sample.key}",
            self._network.config.speaker,
            lambda: self.hear(sample.samples()),
        )

    def _taps(
        self, speech: FloatArray, source: FloatArray, target: FloatArray, request: TurnRequest
    ) -> FloatArray:
        assert request.voice is not None
        before = speech[:_MEASURED]
        after = self._begun(before, source, target).render(len(before))
        return measure(before, after, request.base_voice, request.voice)

    def _begun(self, samples: FloatArray, source: FloatArray, target: FloatArray) -> Conversion:
        return Conversion(self._network, samples, source, target, steps=self._steps)


def steps_of(network: Converter, device: str, *, zero: bool) -> Steps:
    """Return what computes a network's steps: on "cpu" the network, on "cuda" its graphs, ready,
    and with `zero` what was compiled ahead.
    """
    if device == "cpu":
        return network
    if zero:
        ahead = Ahead(network)
        return ahead if ahead.compile() else network
    graphs = Bucketed(network)
    graphs.warm()
    return graphs
