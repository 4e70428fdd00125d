"""Preparing an avatar, once: what a painter makes of its frames and their points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from modules.avatar.neural.painting import BOXES, MASKS, Arrays
from modules.avatar.neural.queue import PaintQueue
from modules.avatar.neural.shelf import Motion
from modules.errors import EngineFailed

AT_ONCE = 8
"""Frames that are prepared in one go; then living sessions get their turn."""

Progress = Callable[[float], None]
"""Called with the share that is done, from 0 to 1."""


def painted(
    queue: PaintQueue,
    motion: Motion,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Arrays | None:
    """Return what a painter prepares of a motion, None where `cancelled` said so.

    Raises `EngineFailed` "prepared" where it is not what was agreed.
    """
    parts: list[Arrays] = []
    for start in range(0, len(motion), AT_ONCE):
        if cancelled():
            return None
        progress(start / len(motion))
        end = min(len(motion), start + AT_ONCE)
        frames = np.stack([motion.frames[k] for k in range(start, end)])
        work = partial(queue.painter.prepare, frames, motion.points[start:end])
        made = queue.call(work, due=float("inf"))
        _check(made, end - start, queue.painter.name)
        parts.append(made)
    progress(1.0)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _check(made: Mapping[str, object], frames: int, name: str) -> None:
    whole = {BOXES, MASKS} <= set(made)
    if not whole or any(len(np.asarray(array)) != frames for array in made.values()):
        raise EngineFailed("prepared", stage="avatar", engine=name)
