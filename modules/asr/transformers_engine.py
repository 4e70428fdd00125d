"""PhoWhisper on PyTorch (transformers): for a GPU, and the only form that runs on ZeroGPU's.

There the whole stage runs in a worker (`conversation/gpu.py`): what `load` makes must survive the
fork, so nothing is computed before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from modules.asr.guards import Guards
from modules.asr.hearing import HearingStream
from modules.asr.vad import silero
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable
from modules.messages import LISTEN_RATE, TurnRequest
from modules.models import weights
from modules.zerogpu import on_zerogpu


class TransformersEngine:
    """One size of PhoWhisper; `spec.weights` names it."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._network: Any = None

    def load(self) -> None:
        """Load the checkpoint, and use everything once where the device is there already.

        Raises `EngineUnavailable` ("packages", "weights_missing", "memory") or `WeightsRejected`.
        """
        self.spec.require_packages()
        folder = weights().path(self.spec.weights[0])
        from modules.asr.network import Network

        self._voice, self._guards = silero(), Guards.load()
        network = Network(folder, megabytes=self.spec.megabytes)
        if not on_zerogpu():
            network(np.zeros(LISTEN_RATE, np.float32))
        self._network = network

    def close(self) -> None:
        """Let the network go."""
        device = self._network.device if self._network else ""
        self._network = None
        if device == "cuda":
            import torch

            torch.cuda.empty_cache()

    def open(self, request: TurnRequest) -> HearingStream:
        """Return a stream of utterances to transcripts; the request changes nothing here."""
        if self._network is None:
            raise EngineUnavailable("not_loaded", stage="asr", remedy=self.spec.name)
        return HearingStream(self._network, self._voice, self._guards, self._network.quick)
