"""Visemes become movement: every shape pulls at the mouth before, during and after its time.

The mouth is the mean of the shapes near the moment, weighted by how close they are in time and how
firmly each holds (after the dominance functions of Cohen and Massaro 1993, "Modeling coarticulation
in synthetic visual speech"). So lips begin to round, or to close, before the sound does. How fast
the mouth may move is limited, which also keeps it continuous where a piece of speech arrives that
was not known before.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from modules.avatar.specification import VisemeTarget
from modules.messages import SPEECH_RATE, FloatArray, Viseme, VisemeShape

CHANNELS = ("open", "width", "round", "teeth", "tongue", "press", "jaw")
"""The values of `Mouth` that speech moves, in its order."""
_OPEN, _ROUND, _TEETH, _PRESS = (
    CHANNELS.index(name) for name in ("open", "round", "teeth", "press")
)
_ROUNDING = np.array([name in ("width", "round") for name in CHANNELS])
_SLACK = np.array(
    [{"open": 0.26, "jaw": 0.26, "round": 0.12, "width": 0.12}.get(name, 0.0) for name in CHANNELS],
    np.float32,
)
"""The share by which each value slackens in a shape that is held: no mouth stands still."""
_FASTEST = np.array([0.42, 0.36, 0.36, 0.50, 0.45, 0.50, 0.30], np.float32)
"""The most that each value may change in a frame: the lips close from wide open in 100 ms."""
_BLEND_S = 0.090
"""How long one shape takes to become the next."""
_LEAD_S, _COMES_S, _STAYS_S = 0.022, 0.012, 0.010
"""A change is half done this long before the sound changes: earlier the firmer the shape that
comes, later the firmer the one that goes (lips open with the burst of a b, not before it)."""
_ROUND_EARLY_S = 0.045
"""Lips round and spread yet earlier, while the consonant before is still spoken."""
_SHORTEST_S = 0.055
"""A closure shorter than this would be skipped between two frames."""
_JOINED_S, _CARRIED = 0.03, 0.62
"""A closure this soon behind a round vowel keeps this much of its rounding."""
_KEEP_S = 0.4
_HELD_S, _TIRES_S = 0.10, 0.20
"""After how long a shape begins to slacken, and the time constant of that."""


class _Pull(NamedTuple):
    begin: float
    end: float
    hold: float
    rounding: float
    target: FloatArray


class Articulation:
    """The mouth of one reply. Moments are seconds of the reply and must rise by a frame each."""

    def __init__(self, targets: dict[VisemeShape, VisemeTarget]) -> None:
        self._targets = {
            shape: np.array([getattr(target, name) for name in CHANNELS], np.float32)
            for shape, target in targets.items()
        }
        self._firmness = {
            shape: (target.hold, target.rounding) for shape, target in targets.items()
        }
        self._pulls: list[_Pull] = []
        self._value = np.zeros(len(CHANNELS), np.float32)

    def hear(self, visemes: tuple[Viseme, ...], at: int) -> None:
        """Learn of the visemes of a piece that begins at sample `at` of the reply."""
        for viseme in visemes:
            if viseme.end <= viseme.start:
                continue
            begin, end = (at + viseme.start) / SPEECH_RATE, (at + viseme.end) / SPEECH_RATE
            hold, rounding = self._firmness[viseme.shape]
            full, rest = self._targets[viseme.shape], self._targets["rest"]
            closure = max(full[_PRESS], full[_TEETH]) > 0.5
            if closure and end - begin < _SHORTEST_S:
                begin = end - _SHORTEST_S
            weight = 1.0 if closure else min(max(viseme.weight, 0.0), 1.0)
            target = rest + weight * (full - rest)
            if full[_PRESS] > 0.5 and self._pulls and begin - self._pulls[-1].end < _JOINED_S:
                # The lips that close behind o, ô, u (ông, học, cung) are still rounded.
                target[_ROUND] = max(target[_ROUND], _CARRIED * self._pulls[-1].target[_ROUND])
                rounding = max(rounding, float(target[_ROUND]))
            self._pulls.append(_Pull(begin, end, hold, rounding, target))

    def forget(self) -> None:
        """Forget visemes that were heard and not shown; the mouth closes from where it is."""
        self._pulls.clear()

    def mouth(self, seconds: float) -> FloatArray:
        """Return the values of `CHANNELS` for the frame at a moment."""
        self._pulls = [pull for pull in self._pulls if pull.end > seconds - _KEEP_S]
        change = np.clip(self._aim(seconds) - self._value, -_FASTEST, _FASTEST)
        self._value = self._value + change
        shown = self._value.copy()
        # Pressed lips touch, however far the jaw still has to come up.
        shown[_OPEN] *= 1 - shown[_PRESS] ** 2
        return shown

    def _aim(self, seconds: float) -> FloatArray:
        total = np.zeros(len(CHANNELS), np.float32)
        weight = np.full(len(CHANNELS), 1e-6, np.float32)
        covered = 0.0
        pulls = self._pulls
        for k, pull in enumerate(pulls):
            if pull.begin > seconds + 0.2:
                break
            before = pulls[k - 1].hold if k else 0.0
            # Nobody knows yet what follows the last shape: it is held until its end.
            last = k + 1 == len(pulls)
            follows = -_BLEND_S / 2 if last else _lead(pull.hold, pulls[k + 1].hold)
            since = seconds - pull.begin + _lead(before, pull.hold)
            gone = _rise(seconds - pull.end + follows)
            near, rounded = _rise(since) - gone, _rise(since + _ROUND_EARLY_S) - gone
            if rounded <= 0:
                continue
            covered += max(near, 0.0)
            firm = np.where(_ROUNDING, rounded * pull.rounding, max(near, 0.0) * pull.hold)
            total += firm * pull.target * _slackened(seconds - pull.begin)
            weight += firm
        if covered < 1:
            rest = (1 - covered) * np.where(_ROUNDING, *reversed(self._firmness["rest"]))
            total += rest * self._targets["rest"]
            weight += rest
        return total / weight


def _slackened(held_s: float) -> FloatArray:
    """Return the share of its target that each value keeps after so long."""
    over = max(0.0, held_s - _HELD_S)
    return 1 - _SLACK * np.float32(1 - math.exp(-over / _TIRES_S))


def _lead(goes: float, comes: float) -> float:
    """Return how long before a change of sound the mouth has half changed, by two `hold`s."""
    return _LEAD_S + _COMES_S * comes - _STAYS_S * goes


def _rise(seconds: float) -> float:
    """Go from 0 to 1 round the moment 0, over `_BLEND_S`."""
    part = min(max(seconds / _BLEND_S + 0.5, 0.0), 1.0)
    return part * part * (3 - 2 * part)
