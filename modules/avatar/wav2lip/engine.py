"""Wav2Lip as an avatar engine: portraits and clips, on any machine, where the owner allows it."""

from __future__ import annotations

from modules.avatar.neural.engine import NeuralEngine
from modules.avatar.neural.painting import Painter
from modules.errors import EngineUnavailable
from modules.models import weights
from modules.settings import Settings


class Wav2LipEngine(NeuralEngine):
    """The painter on onnxruntime. Its authors allow research and personal use only."""

    def make(self) -> Painter:
        """Load the network, exported to ONNX at the first use.

        Raises `EngineUnavailable`: "research" where the owner has not allowed it, and where
        packages or the weights are missing; `WeightsRejected` for any file but the released one.
        """
        if not Settings().research:
            raise EngineUnavailable("research", stage="avatar", remedy="GUONG_RESEARCH=1")
        self.spec.require_packages()
        from modules.avatar.wav2lip.painter import Wav2LipPainter

        kept, key = weights(), self.spec.weights[0]
        folder, model = kept.path(key), kept.models[key]
        return Wav2LipPainter.load(folder, model.files[0].sha256)
