"""The rig of one reply: what was heard and felt, and the moment, become a pose."""

from __future__ import annotations

import math
import zlib

import numpy as np

from modules.avatar.rig.accents import Accents
from modules.avatar.rig.articulation import CHANNELS, Articulation
from modules.avatar.rig.blinks import Blinks
from modules.avatar.rig.gaze import Gaze
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.loudness import Loudness
from modules.avatar.rig.pose import Pose
from modules.avatar.rig.wander import Wander
from modules.avatar.specification import WIDEST_SMILE, Expression, Mouth, PersonaFile
from modules.messages import FPS, EmotionLabel, FloatArray, Speech

DEGREE = 0.85
"""How much of an expression is shown at most: a face that says all of it looks like a mask."""
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
        felt, degree = self._feeling, DEGREE * alive
        still, nod = self._still, self._accents.nod(seconds)
        sway = [self._sway(k, frame / FPS) for k in (_YAW, _PITCH, _ROLL, _BROW)]
        wide = 0.26 * felt.lid if felt.lid > 0 else 0.42 * felt.lid
        return Pose(
            yaw=still.yaw + alive * (1.9 * sway[_YAW] + 0.25 * gaze_x),
            pitch=still.pitch + alive * (1.1 * sway[_PITCH] + 1.9 * nod) + 3 * degree * felt.pitch,
            roll=still.roll + alive * 0.010 * sway[_ROLL] + 0.03 * degree * felt.roll,
            breath=alive * (0.5 - 0.5 * math.cos(2 * math.pi * frame / FPS / _BREATH_S)),
            brow=degree * felt.brow + alive * (0.09 * sway[_BROW] + 0.16 * nod),
            inner=degree * felt.inner,
            frown=degree * felt.frown,
            cheek=min(max(still.cheek + degree * felt.cheek, 0.0), 1.0),
            lid=lid * (1 + degree * wide),
            squint=min(1.0, still.squint + degree * felt.squint),
            gaze_x=alive * gaze_x,
            gaze_y=alive * gaze_y + 2.0 * degree * felt.look,
            mouth=self._mouth(spoken, degree, _SOFT + _LOUD * self._loudness.at(seconds)),
        )

    def _mouth(self, spoken: FloatArray, degree: float, voice: float) -> Mouth:
        said = Mouth(**dict(zip(CHANNELS, spoken.tolist(), strict=True)))
        felt = self._feeling
        still, most = self._still.mouth.corner, WIDEST_SMILE if felt.corner > 0 else -1.0
        corner = still + degree * abs(felt.corner) * (most - still)
        width = said.width + degree * felt.width * (1 - said.round)
        firm = said.press + degree * felt.press * (1 - min(1.0, 3 * said.open))
        return said._replace(
            open=min(1.0, voice * said.open * (1 + degree * felt.gape * 0.5)),
            width=min(max(width, -1.0), 1.0),
            press=min(firm, 1.0),
            jaw=min(1.0, voice * said.jaw * (1 + degree * felt.gape * 0.5)),
            corner=corner * (1 - 0.35 * said.open),
            lift=degree * felt.lift,
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
