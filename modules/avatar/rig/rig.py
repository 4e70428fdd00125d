"""The rig of one reply: what was heard and felt, and the moment, become a pose."""

from __future__ import annotations

import math
import zlib

import numpy as np

from modules.avatar.rig.accents import Accents
from modules.avatar.rig.articulation import CHANNELS, Articulation
from modules.avatar.rig.blinks import Blinks
from modules.avatar.rig.feelings import DEGREE, felt_pose
from modules.avatar.rig.gaze import Gaze
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.loudness import Loudness
from modules.avatar.rig.pose import Pose
from modules.avatar.rig.wander import Wander
from modules.avatar.specification import Expression, Mouth, PersonaFile
from modules.messages import FPS, EmotionLabel, Speech

_BEGIN = 20
"""Frames in which motion and expression set in after the idle pose."""
_RELEASE = 18
"""Frames in which they fade before the end, or as many as are left when the end is known."""
_SOFT, _LOUD = 0.42, 0.81
"""The mouth opens this much of its shape's width in the faintest voice, and this much more in the
loudest; at an ordinary level it opens as its shape says, and 6 dB are an eighth more or less."""
_BREATH_S = 3.7
_YAW, _PITCH, _ROLL, _BROW = range(4)


class Rig:
    """The motion of one reply. The same persona, reply, feeling and speech give the same motion."""

    def __init__(
        self, persona: PersonaFile, avatar: str, reply: int, feeling: EmotionLabel
    ) -> None:
        random = np.random.default_rng([zlib.crc32(avatar.encode()), reply & 0xFFFFFFFF])
        self._still = idle_pose(persona.rest)
        self._feeling = persona.expressions.get(feeling, Expression())
        self._articulation = Articulation(persona.visemes)
        self._loudness = Loudness()
        sources = random.spawn(4)
        self._wander, self._blinks = Wander(sources[0]), Blinks(sources[1])
        self._gaze, self._accents = Gaze(sources[2]), Accents(sources[3])
        self._end: int | None = None
        self._release = 0

    def hear(self, speech: Speech, at: int) -> None:
        """Learn of a piece of speech that begins at sample `at` of the reply."""
        self._articulation.hear(speech.visemes, at)
        self._accents.hear(speech.samples, speech.visemes, at)
        self._loudness.hear(speech.samples, at)

    def end(self, frame: int, now: int) -> None:
        """Learn, before frame `now` is asked for, that `frame` is the last one of the reply."""
        self._end, self._release = frame, max(now, frame - _RELEASE)

    def forget(self) -> None:
        """Forget what was heard and not shown; the face goes on from where it is."""
        self._articulation.forget()
        self._accents.forget()
        self._loudness.forget()
        self._end = None

    def pose(self, frame: int) -> Pose:
        """Return the pose of a frame of the reply. Frames must be asked for in order."""
        seconds = (frame + 0.5) / FPS
        spoken = self._articulation.mouth(seconds)
        gaze_x, gaze_y = self._gaze.look(frame)
        lid = self._blinks.lid(frame, self._end)
        alive = self._begun(frame) * self._left(frame)
        nod = self._accents.nod(seconds)
        voice = _SOFT + _LOUD * self._loudness.at(seconds)
        said = Mouth(**dict(zip(CHANNELS, spoken.tolist(), strict=True)))
        said = said._replace(open=voice * said.open, jaw=min(1.0, voice * said.jaw))
        sway = [self._sway(k, frame / FPS) for k in (_YAW, _PITCH, _ROLL, _BROW)]
        felt = felt_pose(self._still, self._feeling, DEGREE * alive, said)
        return felt._replace(
            yaw=felt.yaw + alive * (1.9 * sway[_YAW] + 0.25 * gaze_x),
            pitch=felt.pitch + alive * (1.1 * sway[_PITCH] + 1.9 * nod),
            roll=felt.roll + alive * 0.010 * sway[_ROLL],
            breath=alive * (0.5 - 0.5 * math.cos(2 * math.pi * frame / FPS / _BREATH_S)),
            brow=felt.brow + alive * (0.09 * sway[_BROW] + 0.16 * nod),
            lid=lid * felt.lid,
            gaze_x=alive * gaze_x,
            gaze_y=felt.gaze_y + alive * gaze_y,
        )

    def _sway(self, channel: int, seconds: float) -> float:
        # A slow shift of posture and a quicker, smaller one over it.
        slow = self._wander.at(channel, seconds, 2.7)
        return 0.7 * slow + 0.45 * self._wander.at(channel + 4, seconds, 0.95)

    def _begun(self, frame: int) -> float:
        part = min(1.0, frame / _BEGIN)
        return part * part * (3 - 2 * part)

    def _left(self, frame: int) -> float:
        if self._end is None or frame < self._release:
            return 1.0
        part = (self._end - frame) / max(1, self._end - self._release)
        return part * part * (3 - 2 * part) if part > 0 else 0.0
