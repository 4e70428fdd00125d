"""When the user begins and ends to speak: frames in, events out.

One `Endpointer` belongs to one session and is fed by one task. It never blocks and costs well under
a millisecond a frame (`benchmarks/asr.py`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from modules.asr.echo import EchoGuard, EchoSettings, level_db
from modules.asr.vad import ENTER, FRAME, LEAVE, VoiceActivity
from modules.errors import InvalidInput
from modules.messages import LISTEN_RATE, FloatArray

SILENCE_S = (0.3, 2.0)
"""Shortest and longest silence that may be chosen to end a turn."""
CUT_S = 5.0
"""An utterance that grew too long is cut at the quietest point of its last seconds."""
SILENT_DB = -65.0
"""Below this level nothing counts as speech: the noise of an open microphone."""
SURE = 0.7
"""One frame of a start must be this clear; loud hiss stays below (0.63), speech does not."""
BRIDGE = 3
"""Frames that may fall below the threshold within a start, as between two syllables."""

Reason = Literal["silence", "too_long", "released"]
Sound = bytes | npt.NDArray[np.int16] | FloatArray


@dataclass(frozen=True, slots=True)
class Endpointing:
    """How a session takes turns; times in seconds."""

    silence_s: float = 0.6
    """Silence that ends a turn."""
    min_speech_s: float = 0.16
    """Speech that begins one: "dạ" lasts about 0.2 s, a click or a key 0.05."""
    longest_s: float = 60.0
    preroll_s: float = 0.2
    """Kept from before the first speech: unvoiced initials are quiet."""
    tail_s: float = 0.2
    barge_enter: float = 0.8
    """Probability that interrupts the avatar; `ENTER` begins a turn otherwise."""
    barge_speech_s: float = 0.32
    """Speech that interrupts: a cough or a "ừ" of attention does not."""
    echo: EchoSettings = field(default_factory=EchoSettings)

    def __post_init__(self) -> None:
        low, high = SILENCE_S
        if not low <= self.silence_s <= high:
            raise InvalidInput("out_of_range", field="end_of_turn_s", least=low, most=high)


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user has begun to talk, at sample `at` of the session; over the avatar if `barge_in`."""

    at: int
    barge_in: bool


@dataclass(frozen=True, slots=True, eq=False)
class UtteranceEnded:
    """What was said: speech from sample `start` to `end`, with some sound before and after it."""

    samples: FloatArray
    start: int
    end: int
    reason: Reason


Event = SpeechStarted | UtteranceEnded


class Endpointer:
    """Turns frames of 512 samples at 16 kHz into `SpeechStarted` and `UtteranceEnded`.

    Every start is followed by one end. With `hold` the user decides instead (push-to-talk).
    """

    def __init__(self, voice: VoiceActivity, settings: Endpointing | None = None) -> None:
        self.settings = settings or Endpointing()
        self._voice = voice
        self._guard = EchoGuard(self.settings.echo)
        self._frames: deque[_Frame] = deque()
        self._heard = 0  # frames since the beginning of the session
        self._onset: int | None = None  # frame at which speech may have begun
        self._speaking = self._held = self._playing = False
        self._guarded = 0  # frames for which the echo guard ignores everything
        self._voiced = self._gap = self._silence = 0  # frames of the start, and after the speech
        self._clearest = 0.0

    @property
    def speaking(self) -> bool:
        """True between a start and its end."""
        return self._speaking

    @property
    def open_frames(self) -> int:
        """How many frames the open utterance has so far, with those from before its start."""
        return len(self._frames) if self._speaking else 0

    @property
    def quiet_frames(self) -> int:
        """For how many frames an open utterance has been silent."""
        return self._silence

    def open_sound(self) -> FloatArray:
        """Return the open utterance so far."""
        kept = [frame.samples for frame in self._frames] if self._speaking else []
        return np.concatenate(kept) if kept else np.zeros(0, np.float32)

    def set_silence(self, seconds: float) -> None:
        """Change the silence that ends a turn; raises `InvalidInput` outside 0.3 to 2 s."""
        self.settings = replace(self.settings, silence_s=seconds)

    def playing(self, playing: bool) -> None:
        """Say that the avatar's voice has begun or ceased to sound in the room."""
        if playing != self._playing:
            self._playing = playing
            self._guarded = _count(self.settings.echo.ignore_s)
            self._guard.forget_playback()

    def push(self, frame: Sound, *, played_db: float | None = None) -> list[Event]:
        """Hear the next frame: 1,024 bytes of int16, or 512 samples of int16 or float32.

        `played_db` is the level of what is being played now, in dB of full scale, where known.
        Raises `InvalidInput` for anything else, without having heard it.
        """
        sound = _samples(frame)
        probability = self._voice(sound)
        guarded = self._guarded > 0 or self._playing
        admitted = level_db(sound) >= SILENT_DB
        if guarded and not self._speaking:
            admitted &= self._guard.admits(sound, played_db) and self._guarded == 0
        self._guarded = max(0, self._guarded - 1)
        self._frames.append(_Frame(sound, probability if admitted else 0.0))
        self._heard += 1
        if self._held:
            return self._cut_if_too_long()
        return self._go_on() if self._speaking else self._listen(guarded)

    def hold(self, held: bool) -> list[Event]:
        """Press or release push-to-talk: all that is held is one utterance."""
        if held == self._held:
            return []
        self._held = held
        if held:
            return [] if self._speaking else [self._begin(self._heard, barge_in=self._playing)]
        return [self._end("released")]

    def clear(self) -> None:
        """Forget what was heard so far, as after a lost connection. Emits nothing."""
        self._frames.clear()
        self._speaking = self._held = False
        self._onset, self._silence = None, 0
        self._voice.reset()

    def _listen(self, guarded: bool) -> list[Event]:
        probability = self._frames[-1].probability
        if probability >= (self.settings.barge_enter if guarded else ENTER):
            if self._onset is None:
                self._onset, self._voiced, self._clearest = self._heard - 1, 0, 0.0
            self._voiced, self._gap = self._voiced + 1, 0
            self._clearest = max(self._clearest, probability)
        elif self._onset is not None:
            self._gap += 1
            if self._gap > BRIDGE:
                self._onset = None
        needed = self.settings.barge_speech_s if guarded else self.settings.min_speech_s
        enough = self._voiced >= _count(needed) and self._clearest >= SURE
        if self._onset is not None and enough:
            return [self._begin(self._onset, barge_in=self._playing)]
        self._keep(_count(self.settings.preroll_s) + 4 * _count(self.settings.barge_speech_s))
        return []

    def _begin(self, onset: int, *, barge_in: bool) -> SpeechStarted:
        self._onset, self._speaking = onset, True
        self._keep(self._heard - onset + _count(self.settings.preroll_s))
        return SpeechStarted(onset * FRAME, barge_in)

    def _go_on(self) -> list[Event]:
        probability = self._frames[-1].probability
        if probability >= ENTER:
            self._silence = 0
        elif self._silence or probability < LEAVE:
            self._silence += 1
        if self._silence >= _count(self.settings.silence_s):
            return [self._end("silence")]
        return self._cut_if_too_long()

    def _cut_if_too_long(self) -> list[Event]:
        if len(self._frames) < _count(self.settings.longest_s):
            return []
        recent = list(self._frames)[-_count(CUT_S) :]
        powers = np.array([np.mean(np.square(frame.samples)) for frame in recent])
        quietest = int(np.convolve(powers, np.ones(3), "valid").argmin()) + 1
        later = [self._frames.pop() for _ in range(len(recent) - quietest)][::-1]
        self._heard -= len(later)
        ended = self._end("too_long")
        self._frames.extend(later)
        self._heard += len(later)
        return [ended, self._begin(self._heard - len(later), barge_in=False)]

    def _end(self, reason: Reason) -> UtteranceEnded:
        first, count = self._heard - len(self._frames), len(self._frames)
        onset, last, begin, end = self._bounds(reason, max(0, (self._onset or 0) - first), count)
        kept = [frame.samples for frame in self._frames][begin:end]
        samples = np.concatenate(kept) if kept else np.zeros(0, np.float32)
        self._frames.clear()
        self._onset, self._speaking, self._silence = None, False, 0
        return UtteranceEnded(samples, (first + onset) * FRAME, (first + last) * FRAME, reason)

    def _bounds(self, reason: Reason, onset: int, count: int) -> tuple[int, int, int, int]:
        """Return the first and last frames of speech, and those of what is kept around it."""
        voiced = [i for i, frame in enumerate(self._frames) if frame.probability >= ENTER]
        if reason == "too_long" or not voiced:  # cut within speech, or held without any: all of it
            return onset, count, 0, count
        if reason == "released":
            onset = voiced[0]
        last = voiced[-1] + 1
        begin = max(0, onset - _count(self.settings.preroll_s))
        return onset, last, begin, min(count, last + _count(self.settings.tail_s))

    def _keep(self, count: int) -> None:
        while len(self._frames) > count:
            self._frames.popleft()


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    samples: FloatArray
    probability: float


def _count(seconds: float) -> int:
    return round(seconds * LISTEN_RATE / FRAME)


def _samples(frame: Sound) -> FloatArray:
    if isinstance(frame, bytes | bytearray | memoryview):
        if len(frame) != 2 * FRAME:
            raise InvalidInput("frame_size", field="audio", bytes=len(frame), expected=2 * FRAME)
        frame = np.frombuffer(frame, "<i2")
    if frame.shape != (FRAME,):
        raise InvalidInput("frame_size", field="audio", bytes=frame.nbytes, expected=2 * FRAME)
    if frame.dtype == np.int16:
        return frame.astype(np.float32) / np.float32(32_768.0)
    if frame.dtype != np.float32 or not np.isfinite(frame).all():
        raise InvalidInput("frame_type", field="audio")
    return cast("FloatArray", frame)
