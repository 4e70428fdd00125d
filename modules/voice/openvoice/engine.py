"""OpenVoice V2 as a voice engine: the base voice of a clause in the colour of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from modules.engines import BlockingStream, EngineLock, EngineSpec
from modules.errors import EngineFailed, EngineUnavailable
from modules.messages import FRAME_SAMPLES, SPEECH_RATE, FloatArray, Speech, TurnRequest
from modules.models import weights
from modules.voice.pieces import piece_ends, piece_of
from modules.zerogpu import on_zerogpu

if TYPE_CHECKING:
    from modules.voice.openvoice.pairs import Pair, Pairs

SECOND_PIECE = 20 * FRAME_SAMPLES
"""0.8 s: on two cores it is made in half of what the first plays."""
_WARM_UP_S = 1.0


class OpenVoiceStream(BlockingStream[Speech, Speech]):
    """The conversion of one turn: the pair of voices, once it is known, and nothing else."""

    def __init__(self, engine: OpenVoiceEngine, pairs: Pairs, request: TurnRequest) -> None:
        super().__init__()
        self._engine = engine
        self._pairs = pairs
        self._request = request
        self._pair: Pair | None = None

    def process(self, item: Speech) -> Iterator[Speech]:
        """Yield the speech in the other voice, in pieces that join as if it were made in one.

        Together the pieces are as long as the speech, sample for sample. Silence, and all speech of
        a request without a voice, is given back as it is. Raises `EngineFailed` where the sample is
        gone or the network's sound is not finite.
        """
        name = self._engine.spec.name
        if item.rate != SPEECH_RATE:
            raise EngineFailed("wrong_rate", stage="voice", engine=name)
        if self._request.voice is None or not item.samples.any():
            yield item
            return
        with self._engine.turn:
            if self._pair is None:
                self._pair = self._pairs.of(self._request, item.samples)
            conversion, finish = self._pairs.begin(self._pair, item.samples)
        begin = 0
        for end in piece_ends(len(item.samples), SECOND_PIECE):
            with self._engine.turn:
                made = conversion.render(end)
            if not np.isfinite(made).all():
                raise EngineFailed("not_finite", stage="voice", engine=name)
            yield piece_of(item, finish(made), begin, end)
            begin = end


class OpenVoiceEngine:
    """The converter on a GPU in float16 where the spec asks for one, else on the CPU in float32."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.turn = EngineLock()
        """Held for a step: two at once on one device would both take twice as long."""
        self._pairs: Pairs | None = None

    def load(self) -> None:
        """Load the checkpoint and convert a moment of noise.

        Raises `EngineUnavailable` where torch, the weights or the GPU are missing, and
        `WeightsRejected` for any file but the released one.
        """
        self.spec.require_packages()
        from modules.voice.openvoice.pairs import Pairs

        kept, key = weights(), self.spec.weights[0]
        folder, model = kept.path(key), kept.models[key]
        device = "cuda" if "cuda" in self.spec.needs else "cpu"
        zero = on_zerogpu()
        self._pairs = Pairs.load(folder, model, device, zero=zero)
        # On ZeroGPU no kernel may run before a worker has the device.
        if device == "cpu" or not zero:
            self._pairs.warm_up(_noise())

    def close(self) -> None:
        """Let the network go."""
        self._pairs = None

    def open(self, request: TurnRequest) -> OpenVoiceStream:
        """Return a stream that turns `request.base_voice` into `request.voice`."""
        if self._pairs is None:
            raise EngineUnavailable("not_loaded", stage="voice", remedy=self.spec.name)
        return OpenVoiceStream(self, self._pairs, request)


def _noise() -> FloatArray:
    size = int(_WARM_UP_S * SPEECH_RATE)
    return np.random.default_rng(0).standard_normal(size, dtype=np.float32) * np.float32(0.05)
