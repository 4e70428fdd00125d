"""Piper as a speech engine."""

from __future__ import annotations

from modules.models import weights
from modules.tts.neural import Network, NeuralEngine


class PiperEngine(NeuralEngine):
    """The voice that `spec.weights` names."""

    def network(self) -> Network:
        """Return the loaded voice; raises `EngineUnavailable` and `WeightsRejected`."""
        from modules.tts.piper.network import PiperNetwork

        kept, key = weights(), self.spec.weights[0]
        return PiperNetwork(kept.path(key), kept.models[key].files)
