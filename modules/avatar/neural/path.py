"""Which of an avatar's frames follows which: there and back, or round and round, and home again.

Frame 0 is the idle pose: a reply begins with it, and must end with it, because the page shows the
idle loop from there. So when the end of a reply is known, its way leads home: at the pace of life
where there is time, at up to twice that where there is little, and what is left is dissolved.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from modules.messages import FloatArray

FASTEST = 2.0
"""Frames of the avatar for one of the reply, on the way home: a nod twice as quick is still one."""
DISSOLVE = 8
"""Frames in which a pose that is not home yet becomes the idle one."""

Indices = npt.NDArray[np.int64]


class Path:
    """The frames of one reply. `count` frames of an avatar; `loops` where the last one leads to the
    first, else they are walked there and back.
    """

    def __init__(self, count: int, *, loops: bool) -> None:
        self._count, self._loops = count, loops
        self._at = 0
        """Steps from frame 0, counted along the way out and back."""
        self._planned: list[int] = []
        self._fades: list[float] = []

    def index(self, steps: int) -> int:
        """Return the frame that lies so many steps from frame 0."""
        if self._count == 1:
            return 0
        if self._loops:
            return steps % self._count
        around = 2 * (self._count - 1)
        place = steps % around
        return min(place, around - place)

    def take(self, count: int) -> tuple[Indices, FloatArray]:
        """Return the next frames of the avatar, int64 [count], and how far each is dissolved into
        frame 0, float32 [count].
        """
        indices, fades = [], []
        for _ in range(count):
            if self._planned:
                indices.append(self._planned.pop(0))
                fades.append(self._fades.pop(0))
            else:
                indices.append(self.index(self._at))
                fades.append(0.0)
                self._at += 1
        return np.array(indices, np.int64), np.array(fades, np.float32)

    def end(self, frames: int) -> None:
        """Plan the last `frames` frames: the last of them is frame 0."""
        if frames <= 0:
            return
        if self._at == 0:
            self._planned = [0, *self._home(0, frames - 1)]
        else:
            self._planned = self._home(self._at - 1, frames)
        self._fades = _fades(self._planned)

    def forget(self) -> None:
        """Give up what was planned: the reply goes on."""
        if self._planned:
            self._at = self._planned[0]
            self._planned, self._fades = [], []

    def _home(self, at: int, frames: int) -> list[int]:
        around = self._count if self._loops else 2 * (self._count - 1)
        if around <= 0:
            return [0] * frames
        place = at % around
        on = (around - place) % around
        if place <= on or (not self._loops and place < self._count):
            # Back is shorter: on for half of what is left, then back the same way.
            return self._there_and_back(place, frames)
        if on <= frames:
            return [self.index(at + k + 1) for k in range(on)] + self._there_and_back(
                0, frames - on
            )
        pace = min(FASTEST, on / frames)
        return [self.index(at + round(pace * (k + 1))) for k in range(frames)]

    def _there_and_back(self, place: int, frames: int) -> list[int]:
        if place > frames:
            pace = min(FASTEST, place / frames)
            return [self.index(place - round(pace * (k + 1))) for k in range(frames)]
        spare = frames - place
        out = min(spare // 2, max(0, self._count - 1 - place)) if not self._loops else spare // 2
        ways = [place + k + 1 for k in range(out)] + [
            place + out - 1 - k for k in range(out + place)
        ]
        ways += [0] * (frames - len(ways))
        return [self.index(step) for step in ways]


def _fades(planned: list[int]) -> list[float]:
    """Return how far planned frames are dissolved into frame 0: not at all where they reach it."""
    if not planned or planned[-1] == 0:
        return [0.0] * len(planned)
    rising = [(k + 1) / DISSOLVE for k in range(DISSOLVE)][-len(planned) :]
    return [0.0] * (len(planned) - len(rising)) + rising
