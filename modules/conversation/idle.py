"""The loop that an avatar idles in: drawn and encoded once, kept on disk, served as a file."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import anyio
from anyio import to_thread

from modules.avatar import avatars, idle_loop
from modules.errors import NotFound, StorageFailed
from modules.media.loop import write_loop


class IdleLoops:
    """The loops of all drawn personas, by avatar id."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: dict[str, Path] = {}
        self._making = anyio.Lock()

    async def path(self, avatar: str) -> Path:
        """Return the file of an avatar's loop, made at the first call (about two seconds).

        Raises `NotFound` for an unknown avatar, `StorageFailed` where it cannot be written.
        """
        if avatar not in {each.id for each in avatars()}:
            raise NotFound("avatar", id=avatar)
        async with self._making:
            if avatar not in self._made or not self._made[avatar].exists():
                self._made[avatar] = await to_thread.run_sync(self._make, avatar)
            return self._made[avatar]

    def _make(self, avatar: str) -> Path:
        frames = idle_loop(avatar)
        first = next(frames)
        # Named after its first picture: a persona that was redrawn gets a new file.
        name = f"idle-{avatar}-{hashlib.sha256(first.tobytes()).hexdigest()[:16]}.mp4"
        path = self._directory / name
        if path.exists():
            return path
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return write_loop(itertools.chain([first], frames), path)
        except OSError as error:
            raise StorageFailed("disk", what=name) from error
