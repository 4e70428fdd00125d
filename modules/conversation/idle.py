"""The loops in which an avatar idles, listens or thinks: made once, kept on disk as files."""

from __future__ import annotations

import hashlib
import itertools
from contextlib import suppress
from pathlib import Path

import anyio
from anyio import to_thread

from modules.avatar import STATES, State, avatars, idle_loop, motion_version
from modules.errors import NotFound, StorageFailed
from modules.media.loop import write_loop


class IdleLoops:
    """The loops of all drawn personas, by avatar id and by what the avatar does."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: dict[tuple[str, State], Path] = {}
        self._making = anyio.Lock()

    async def path(self, avatar: str, state: str = "idle") -> Path:
        """Return the file of an avatar's loop, made at the first call (about three seconds).

        Raises `NotFound` for an unknown avatar or state, `StorageFailed` where it cannot be
        written.
        """
        if avatar not in {each.id for each in avatars()}:
            raise NotFound("avatar", id=avatar)
        found = next((each for each in STATES if each == state), None)
        if found is None:
            raise NotFound("state", id=state)
        async with self._making:
            made = self._made.get((avatar, found))
            if made is None or not made.exists():
                made = await to_thread.run_sync(self._make, avatar, found)
                self._made[avatar, found] = made
            return made

    def _make(self, avatar: str, state: State) -> Path:
        frames = idle_loop(avatar, state)
        first = next(frames)
        # Named after its first picture and how it moves: what was redrawn gets a new file.
        name = hashlib.sha256(first.tobytes() + motion_version(avatar).encode()).hexdigest()[:16]
        path = self._directory / f"{state}-{avatar}-{name}.mp4"
        if path.exists():
            return path
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_loop(itertools.chain([first], frames), path)
        except OSError as error:
            raise StorageFailed("disk", what=path.name) from error
        self._forget_old(path)
        return path

    def _forget_old(self, path: Path) -> None:
        made = path.name[: -len("0123456789abcdef.mp4")]
        for old in self._directory.glob(f"{made}{'[0-9a-f]' * 16}.mp4"):
            if old != path:
                with suppress(OSError):
                    old.unlink()
