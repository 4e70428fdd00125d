"""The embedded voice engine: a WORLD match of a base voice to a sample's register and colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from modules.engines import BlockingStream, EngineSpec
from modules.errors import EngineFailed, InvalidInput
from modules.messages import (
    FRAME_SAMPLES,
    SPEECH_RATE,
    Speech,
    TurnRequest,
    VoiceProfile,
)
from modules.voice.conversion import Conversion
from modules.voice.envelope import BINS
from modules.voice.mapping import VoiceMap, map_voices
from modules.voice.periods import HOP, Array
from modules.voice.pieces import FIRST_PIECE, piece_ends, piece_of
from modules.voice.pitch import track_pitch
from modules.voice.profile import FEWEST_FRAMES, profile_of

_HEAD = 24 * FRAME_SAMPLES  # 0.96 s: where pitch is tracked for the first piece
_HEARD = FIRST_PIECE + 2 * FRAME_SAMPLES  # as far as that pitch is what all the speech would give
_FOREIGN_OCTAVES = 7 / 12
"""Feelings move a voice by a few semitones; what is further off was spoken by another voice."""


class WorldStream(BlockingStream[Speech, Speech]):
    """The match of one turn: the map from the base voice to the request's, and nothing else."""

    def __init__(self, request: TurnRequest) -> None:
        super().__init__()
        self._target = request.voice
        self._base = request.base_voice
        self._pitch = request.pitch
        self._map: VoiceMap | None = None

    def process(self, item: Speech) -> Iterator[Speech]:
        """Yield the speech in the matched voice, in pieces that join as if it were made in one.

        Together the pieces are as long as the speech, sample for sample. Speech in which nothing is
        voiced, and all speech of a request without a voice, is given back as it is.
        """
        if item.rate != SPEECH_RATE:
            raise EngineFailed("wrong_rate", stage="voice", engine="world")
        if self._target is None:
            yield item
            return
        sound = item.samples.astype(np.float64)
        f0 = self._pitch_so_far(sound)
        if not f0.any():
            yield item
            return
        conversion = Conversion(item.samples, f0, self._change(self._target, sound, f0))
        begin = 0
        for end in piece_ends(len(sound)):
            if begin and not _complete(f0, sound):
                f0 = track_pitch(sound)
                conversion.hear(f0, _HEARD // HOP)
            yield piece_of(item, conversion.render(end), begin, end)
            begin = end

    def _pitch_so_far(self, sound: Array) -> Array:
        """Return the pitch of all speech, or of so much that the first piece can be made of it."""
        if (self._base or self._map) and len(sound) > 2 * _HEAD:
            f0 = track_pitch(sound[:_HEAD])
            if np.count_nonzero(f0) >= FEWEST_FRAMES:
                return f0
        return track_pitch(sound)

    def _change(self, target: VoiceProfile, sound: Array, f0: Array) -> VoiceMap:
        """Return the map for this speech: the turn's own, unless another voice speaks here.

        Where the app did not say what the base voice is like, or the tts fell back to another one,
        the first speech that is long enough stands in for it.
        """
        if self._map is None and self._base is not None:
            self._map = map_voices(self._base, target, self._pitch)
        if self._map is not None:
            octaves = np.log2(f0[f0 > 0])
            off = abs(np.median(octaves) - np.log2(self._map.base_f0_hz))
            if off <= _FOREIGN_OCTAVES or len(octaves) < FEWEST_FRAMES:
                return self._map
        return self._map_from(sound, f0 if _complete(f0, sound) else track_pitch(sound), target)

    def _map_from(self, sound: Array, f0: Array, target: VoiceProfile) -> VoiceMap:
        try:
            heard = profile_of(sound, f0, id="heard", name="")
        except InvalidInput:
            # A word too short to have a colour of its own: only its register is moved.
            heard = replace(target, f0_hz=float(np.median(f0[f0 > 0])))
            return map_voices(heard, target)
        # What is heard has the wished pitch already; a map adds it to both voices.
        at_rest = replace(heard, f0_hz=heard.f0_hz / 2 ** (self._pitch / 12))
        self._map = map_voices(at_rest, target, self._pitch)
        return self._map


class WorldEngine:
    """WORLD (Morise, Yokomori and Ozawa 2016): register, range, tract length and tilt."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec

    def load(self) -> None:
        """Convert a moment of hum: the first clause must not pay for first uses."""
        hum = np.sin(np.arange(SPEECH_RATE // 2) * (2 * np.pi * 150 / SPEECH_RATE))
        f0 = np.where(track_pitch(hum) > 0, 150.0, 0.0)
        change = VoiceMap(150.0, 200.0, 1.0, 1.1, np.zeros(BINS, dtype=np.float32))
        Conversion(hum.astype(np.float32), f0, change).render(len(hum))

    def close(self) -> None:
        """Nothing: there are no weights."""

    def open(self, request: TurnRequest) -> WorldStream:
        """Return a stream that matches `request.voice`, starting from `request.base_voice`."""
        return WorldStream(request)


def _complete(f0: Array, sound: Array) -> bool:
    return len(f0) * HOP > len(sound)
