"""A face that a rig moves: what drawn people and portraits have in common."""

from __future__ import annotations

from modules.avatar.rig.rig import Rig
from modules.avatar.stream import FaceStream
from modules.messages import Speech


class RiggedStream(FaceStream):
    """One reply of a face with a rig. A subclass draws the rig's poses."""

    def __init__(self, reply: int, rig: Rig) -> None:
        super().__init__(reply)
        self._rig = rig

    def hear(self, speech: Speech, at: int) -> None:
        """Learn of a piece of speech."""
        self._rig.hear(speech, at)

    def end(self, frame: int, now: int) -> None:
        """Learn which frame is the last."""
        self._rig.end(frame, now)

    def forget(self) -> None:
        """Forget what was heard and not drawn."""
        self._rig.forget()
