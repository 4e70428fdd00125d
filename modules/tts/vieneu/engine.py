"""VieNeu as a speech engine."""

from __future__ import annotations

from modules.models import weights
from modules.tts.neural import Network, NeuralEngine


class VieneuEngine(NeuralEngine):
    """The graphs that `spec.weights` names."""

    least_words = 5
    """Alone, a word or two often miss their end."""

    def network(self) -> Network:
        """Return the loaded graphs; raises `EngineUnavailable` and `WeightsRejected`."""
        from modules.tts.vieneu.network import VieneuNetwork

        kept, key = weights(), self.spec.weights[0]
        return VieneuNetwork(kept.path(key), kept.models[key].files)
