"""The loops of portraits: only who was told where they are finds them.

A page names a loop by a handle that follows from the owner, the face and its points under a key of
this process. It cannot be guessed or computed from an id, and it opens nothing once the face has
been deleted. The files lie beside the portrait, so that they go with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import anyio
from anyio import to_thread

from modules.avatar import STATES, State, motion_version
from modules.avatar.gallery import DEFAULT
from modules.avatar.photo.clips import kept_motion
from modules.avatar.photo.store import PICTURE, FaceStore
from modules.errors import NotFound
from modules.media.loop import write_loop
from modules.messages import ByteArray, Portrait
from modules.private import storage

PREFIX = "face-"
"""Begins every handle, and no id of a drawn persona."""
_MOST = 4_096
"""Handles that are remembered; with an older one nothing is found until the page reloads."""


class PortraitLoops:
    """The loops and the stills of all portraits, by handle."""

    def __init__(self, faces: FaceStore) -> None:
        self._faces = faces
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._making = anyio.Lock()

    def handle(self, owner: str, portrait: Portrait) -> str:
        """Return the handle of an owner's portrait."""
        content = f"{owner}/{portrait.id}/".encode() + portrait.points.tobytes()
        name = PREFIX + hmac.new(self._key, content, hashlib.sha256).hexdigest()[:40]
        self._known[name] = owner, portrait.id
        self._known.move_to_end(name)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return name

    def still(self, handle: str) -> Path:
        """Return the portrait's own picture. Raises `NotFound` "avatar"."""
        return self._faces.folder(*self._owned(handle)) / PICTURE

    async def path(self, handle: str, state: str = "idle") -> Path:
        """Return the file of a loop, made at the first call (some three seconds).

        Raises `NotFound` "avatar" for a handle that is unknown or whose face is gone, "state" for
        an unknown state, `StorageFailed` where the loop cannot be written.
        """
        owner, face = self._owned(handle)
        found = next((each for each in STATES if each == state), None)
        if found is None:
            raise NotFound("state", id=state)
        async with self._making:
            return await to_thread.run_sync(self._made, owner, face, found)

    def _owned(self, handle: str) -> tuple[str, str]:
        if handle not in self._known:
            raise NotFound("avatar", id=handle)
        return self._known[handle]

    def _made(self, owner: str, face: str, state: State) -> Path:
        portrait = self._faces.get(owner, face)
        motion = kept_motion(portrait)
        moves = motion.stat().st_mtime_ns if motion else 0
        drawn = portrait.points.tobytes() + motion_version(DEFAULT).encode() + b"%d" % moves
        folder = self._faces.folder(owner, face)
        path = folder / f"{state}-{hashlib.sha256(drawn).hexdigest()[:16]}.mp4"
        if not path.exists():
            with storage(face):
                write_loop(_frames(portrait, state, motion), path)
                path.chmod(0o600)
        return path


def _frames(portrait: Portrait, state: State, motion: Path | None) -> Iterator[ByteArray]:
    """Yield a loop: of a filmed face its clip, of one that a network moves its motion: replies are
    painted onto the same frames.
    """
    if portrait.clip:
        from modules.avatar.neural.sources import there_and_back

        return there_and_back(portrait)
    if motion is not None:
        from modules.avatar.neural.shelf import read_motion
        from modules.avatar.neural.sources import PUPPET

        kept = read_motion(motion)
        if kept.mover != PUPPET:
            return iter(kept.frames[k] for k in range(len(kept)))
    from modules.avatar.photo.engine import portrait_loop

    return portrait_loop(portrait, state)
