"""Loops of a face that does not speak: it idles, listens or thinks.

A loop begins and ends in the idle pose, so that any loop or reply may follow another. The idle loop
never holds still for that: its wandering is a closed curve through the idle pose. The two others
take up their posture within half a second and give it up at their end.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from modules.avatar.rig.blinks import LIDS, SLOW_LIDS, Blinks
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.looks import Looks
from modules.avatar.rig.pose import Pose
from modules.avatar.rig.wander import Wander
from modules.avatar.specification import PersonaFile, State, StateManner
from modules.messages import FPS, FloatArray

SECONDS = 12
FRAMES = SECONDS * FPS
_TAKE_UP, _GIVE_UP = 20, 26
"""Frames in which a posture is taken up and given up."""
_BREATHS = 3
_SLOW, _QUICK = 5, 13
"""Knots of the slow shift of posture and of the smaller motion over it; without a common factor."""
_YAW, _PITCH, _ROLL, _BROW, _CORNER = range(5)


class Loop:
    """One loop of a persona. The same persona and state always give the same motion."""

    def __init__(self, persona: PersonaFile, avatar: str, state: State) -> None:
        random = np.random.default_rng([zlib.crc32(avatar.encode()), zlib.crc32(state.encode())])
        sources = random.spawn(4)
        self._still = idle_pose(persona.rest)
        self._manner = manner = persona.states[state]
        self._wander = Wander(sources[0])
        lids = SLOW_LIDS if manner.slow_blinks else LIDS
        blinks = Blinks(sources[1], manner.blink_s, lids)
        self._lids = [blinks.lid(frame, FRAMES) for frame in range(FRAMES)]
        self._gaze = Looks(sources[2], manner).frames(FRAMES)
        self._follow = _smoothed(self._gaze)
        self._down = _nods(sources[3], manner)
        self._posed = state != "idle"

    def pose(self, frame: int) -> Pose:
        """Return the pose of a frame of the loop, 0 to `FRAMES` - 1; frame 0 is the idle pose."""
        still, manner = self._still, self._manner
        taken = self._taken(frame)
        yaw, pitch, roll, brow, corner = (
            manner.sway * self._sway(channel, frame) for channel in range(5)
        )
        gaze_x, gaze_y = self._gaze[frame].tolist()
        follow_x, follow_y = self._follow[frame].tolist()
        down = float(self._down[frame])
        smile = still.mouth.corner + taken * manner.corner + 0.05 * corner
        return still._replace(
            yaw=still.yaw + taken * manner.yaw + 1.3 * yaw + 0.5 * follow_x,
            pitch=still.pitch + taken * manner.pitch + 0.8 * pitch + 0.4 * follow_y + down,
            roll=still.roll + taken * manner.roll + 0.009 * roll,
            breath=_breath(frame),
            brow=taken * manner.brow + 0.10 * brow - 0.03 * down,
            inner=taken * manner.inner,
            frown=taken * manner.frown,
            cheek=max(0.0, still.cheek + taken * manner.cheek),
            lid=self._lids[frame] * (1 + taken * manner.lid),
            squint=max(0.0, still.squint + taken * manner.squint),
            gaze_x=gaze_x,
            gaze_y=gaze_y,
            mouth=still.mouth._replace(corner=smile, press=taken * manner.press),
        )

    def _taken(self, frame: int) -> float:
        # How far the posture of the state is taken up.
        if not self._posed:
            return 0.0
        return min(_ease(frame / _TAKE_UP), _ease((FRAMES - frame) / _GIVE_UP))

    def _sway(self, channel: int, frame: int) -> float:
        turn = frame / FRAMES
        slow = self._wander.closed(channel, turn, _SLOW)
        return 0.7 * slow + 0.35 * self._wander.closed(channel + 5, turn, _QUICK)


def _ease(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def _breath(frame: int) -> float:
    """Breathe in for two fifths of a breath and out for the rest; no two breaths quite alike."""
    turn = frame / FRAMES
    phase = (_BREATHS * turn + 0.10 * math.sin(2 * math.pi * turn)) % 1.0
    if phase < 0.4:
        return _ease(phase / 0.4) * (0.86 + 0.14 * math.cos(4 * math.pi * turn))
    return _ease((1 - phase) / 0.6) * (0.86 + 0.14 * math.cos(4 * math.pi * turn))


def _smoothed(looks: FloatArray) -> FloatArray:
    """Let the head follow the eyes, late and softly: a Gaussian of 0.3 s, 0.2 s behind."""
    steps = np.arange(-22, 23)
    weights = np.exp(-0.5 * (steps / 7.5) ** 2)
    weights /= weights.sum()
    late = [np.roll(looks, step + 5, axis=0) for step in steps]
    followed = np.tensordot(weights, np.stack(late), 1)
    ends = [min(_ease(k / 12), _ease((len(looks) - k) / 12)) for k in range(len(looks))]
    return np.asarray(followed * np.array(ends)[:, None], np.float32)


def _nods(random: np.random.Generator, manner: StateManner) -> FloatArray:
    """Return how far nods bow the head in each frame, in pixels.

    Single and double nods of changing depth, length and distance: a listener who nodded like a
    metronome would look like a toy.
    """
    down = np.zeros(FRAMES, np.float32)
    if not manner.nod_s:
        return down
    at = float(random.uniform(0.9, 1.5))
    while True:
        depth, lasts = manner.nod * random.uniform(0.55, 1.15), random.uniform(0.62, 0.95)
        again = random.random() < 0.4
        if at + 2 * lasts > SECONDS - _GIVE_UP / FPS:
            return down
        _add_nod(down, at, lasts, depth)
        if again:
            at += 0.72 * lasts
            _add_nod(down, at, 0.85 * lasts, 0.6 * depth)
        at += lasts + manner.nod_s * float(random.uniform(0.5, 1.5)) * 0.75


def _add_nod(down: FloatArray, at: float, lasts: float, depth: float) -> None:
    # Down quicker than up, and slow at the turning point.
    since = (np.arange(len(down)) / FPS - at) / lasts
    inside = (since > 0) & (since < 1)
    down[inside] += depth * np.sin(math.pi * since[inside] ** 0.8) ** 2
