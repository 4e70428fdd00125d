"""The engine that lets a portrait speak, and the loops of a portrait that does not."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np

from modules.avatar.gallery import DEFAULT
from modules.avatar.photo.puppet import Puppet
from modules.avatar.rig.loops import FRAMES, Loop
from modules.avatar.rig.rig import Rig
from modules.avatar.rigged import RiggedStream
from modules.avatar.specification import PersonaFile, Rest, State, load_persona
from modules.engines import EngineLock, EngineSpec
from modules.errors import EngineFailed
from modules.messages import FRAME_SIZE, ByteArray, Portrait, TurnRequest


class PuppetEngine:
    """Moves portraits. What is prepared of one lives as long as the portrait itself."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._lock = EngineLock()
        self._prepared: WeakKeyDictionary[Portrait, Puppet] = WeakKeyDictionary()

    def load(self) -> None:
        """Nothing to load: OpenCV came with the import of this file."""

    def close(self) -> None:
        """Let go of what was prepared."""
        self._prepared.clear()

    def open(self, request: TurnRequest) -> PuppetStream:
        """Return the face of the request's portrait. Raises `EngineFailed` where there is none."""
        if request.portrait is None:
            raise EngineFailed("no_portrait", stage="avatar", engine=self.spec.name)
        return PuppetStream(request, self._puppet(request.portrait))

    def _puppet(self, portrait: Portrait) -> Puppet:
        with self._lock:
            puppet = self._prepared.get(portrait)
            if puppet is None:
                puppet = self._prepared[portrait] = Puppet(portrait)
            return puppet


class PuppetStream(RiggedStream):
    """One reply of a portrait."""

    def __init__(self, request: TurnRequest, puppet: Puppet) -> None:
        avatar = request.persona.avatar
        rig = Rig(motion(), avatar, request.reply, request.expression)
        super().__init__(request.reply, rig)
        self._puppet = puppet

    def draw(self, frame: int, out: ByteArray) -> None:
        """Draw a frame."""
        self._puppet.draw(self._rig.pose(frame), out)


def motion() -> PersonaFile:
    """Return how portraits move: like the default persona, but their own picture is at rest."""
    return load_persona(DEFAULT).model_copy(update={"rest": Rest()})


def portrait_loop(portrait: Portrait, state: State = "idle") -> Iterator[ByteArray]:
    """Yield the frames of a seamless loop of a portrait, as `idle_loop` does of a drawn persona."""
    puppet, loop = Puppet(portrait), Loop(motion(), portrait.id, state)
    for frame in range(FRAMES):
        out = np.empty((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        puppet.draw(loop.pose(frame), out)
        yield out
