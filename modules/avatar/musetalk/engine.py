"""MuseTalk as an avatar engine: portraits and clips, on a card."""

from __future__ import annotations

from modules.avatar.neural.engine import NeuralEngine
from modules.avatar.neural.painting import Painter
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable
from modules.models import weights
from modules.zerogpu import on_zerogpu

TINY = "taesd"


class MuseTalkEngine(NeuralEngine):
    """The painter on a GPU where the spec asks for one, else on the processor.

    Where the spec names the weights of the tiny decoder, it decodes.
    """

    def __init__(self, spec: EngineSpec) -> None:
        super().__init__(spec)
        self.device = "cuda" if "cuda" in spec.needs else "cpu"

    def make(self) -> Painter:
        """Load the networks, and use everything once.

        Raises `EngineUnavailable` where packages, the weights or the GPU are missing, and
        `WeightsRejected` for any file but the released ones.
        """
        self.spec.require_packages()
        import torch

        from modules.avatar.musetalk.painter import load_painter

        if self.device == "cuda" and not torch.cuda.is_available():
            raise EngineUnavailable("cuda", stage="avatar", remedy="GPU")
        tiny = TINY in self.spec.weights
        return load_painter(weights(), self.device, tiny=tiny, zero=on_zerogpu())
