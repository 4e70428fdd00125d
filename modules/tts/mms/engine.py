"""MMS-TTS as a speech engine: on a GPU where there is one, else on the CPU."""

from __future__ import annotations

from modules.models import weights
from modules.tts.neural import Network, NeuralEngine
from modules.zerogpu import on_zerogpu


class MmsEngine(NeuralEngine):
    """The checkpoint that `spec.weights` names."""

    def network(self) -> Network:
        """Return the loaded network; raises `EngineUnavailable` and `WeightsRejected`."""
        import torch

        from modules.tts.mms.network import MmsNetwork

        kept, key = weights(), self.spec.weights[0]
        # On ZeroGPU a card is lent by the call, and torch says of every thread that it has one.
        lent = on_zerogpu()
        device = "cuda" if torch.cuda.is_available() and not lent else "cpu"
        return MmsNetwork(kept.path(key), kept.models[key].files, device)
