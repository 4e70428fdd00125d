"""SadTalker as an engine: films of whole answers, and portraits that move while they idle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable
from modules.messages import TurnRequest
from modules.models import weights

if TYPE_CHECKING:
    from modules.avatar.neural.painting import Mover
    from modules.avatar.sadtalker.mapping import MappingNet
    from modules.avatar.sadtalker.stream import TalkingHead
    from modules.avatar.sadtalker.studio import Kind, Studio

STILL = "-still"
"""Ends the name of the engine whose heads keep their portrait's pose."""
_BATCH = {"cuda": 8, "cpu": 1}


class SadTalkerEngine:
    """The networks on a GPU where the spec asks for one, else on the processor.

    Two engines, moving and still, share what is loaded.
    """

    _shared: ClassVar[WeakValueDictionary[str, Studio]] = WeakValueDictionary()
    _loading = threading.Lock()

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.device = "cuda" if "cuda" in spec.needs else "cpu"
        self._studio: Studio | None = None

    def load(self) -> None:
        """Load the networks.

        Raises `EngineUnavailable` where packages, the weights or the GPU are missing, and
        `WeightsRejected` for any files but the released ones.
        """
        self.spec.require_packages()
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise EngineUnavailable("cuda", stage="avatar", remedy="GPU")
        with self._loading:
            key = f"{weights().path(self.spec.weights[0])} {self.device}"
            studio = self._shared.get(key) or self._made()
            self._shared[key] = self._studio = studio

    def close(self) -> None:
        """Let the networks go, unless the other engine holds them."""
        self._studio = None

    @property
    def mover(self) -> Mover:
        """What makes portraits idle."""
        from modules.avatar.sadtalker.mover import SadTalkerMover

        return SadTalkerMover(self._open_studio())

    def open(self, request: TurnRequest) -> TalkingHead:
        """Return the head of the request's portrait.

        Raises `EngineFailed` "no_portrait" where there is none, and "not_live" for a turn that is
        played while it is made: a head begins to speak when all is said.
        """
        from modules.avatar.landmarks.finder import finder_of
        from modules.avatar.sadtalker.stream import TalkingHead

        if request.portrait is None:
            raise EngineFailed("no_portrait", stage="avatar", engine=self.spec.name)
        if request.live:
            raise EngineFailed("not_live", stage="avatar", engine=self.spec.name)
        still, finder = self.spec.name.endswith(STILL), finder_of(weights())
        return TalkingHead(
            request.reply, request.portrait, self._open_studio(), finder, still=still
        )

    def _open_studio(self) -> Studio:
        if self._studio is None:
            raise EngineUnavailable("not_loaded", stage="avatar", remedy=self.spec.name)
        return self._studio

    def _made(self) -> Studio:
        from modules.avatar.sadtalker.checkpoint import (
            CHECKPOINT,
            MAPPINGS,
            load_mapping,
            load_networks,
        )
        from modules.avatar.sadtalker.studio import Studio

        kept, key = weights(), self.spec.weights[0]
        folder = kept.path(key)
        hashes = {file.name: file.sha256 for file in kept.models[key].files}

        def mapping(kind: Kind) -> MappingNet:
            return load_mapping(folder, kind, hashes.get(MAPPINGS[kind]))

        networks = load_networks(folder / CHECKPOINT, hashes.get(CHECKPOINT))
        studio = Studio(networks, mapping, self.device, _BATCH[self.device])
        studio.warm("full")  # what portraits are shown with
        return studio
