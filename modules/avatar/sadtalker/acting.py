"""Rows of coefficients: a head that speaks, and one that idles in a loop without a seam."""

from __future__ import annotations

import numpy as np

from modules.avatar.rig.wander import Wander
from modules.avatar.sadtalker.coefficients import blinks, moments, smooth
from modules.avatar.sadtalker.expression import EXPRESSION
from modules.avatar.sadtalker.studio import ROW, Head, Studio
from modules.avatar.wav2lip.mel import BANDS, SILENT
from modules.avatar.wav2lip.mel import WINDOW as MOMENT
from modules.messages import FPS, FloatArray

IDLE_FRAMES = 12 * FPS
"""As long as the loops of drawn faces."""
_SIZES = (0.030, 0.045, 0.018, 0.012, 0.010, 0.006)
"""How far an idle head pitches, yaws and rolls, in radians (some 2 degrees), and shifts, in the
units of the face model, whose head is some two wide."""
_SLOW, _QUICK = 5, 13
"""Knots of the slow shift of posture and of the smaller motion over it; without a common factor."""
_TO_REST = 12
"""Frames from the last word back to the portrait's own face."""
_CLEAR = 20
"""Frames at both ends of a loop without a blink."""


def speaking(
    studio: Studio, head: Head, samples: FloatArray, *, still: bool, style: int = 0, seed: int = 0
) -> FloatArray:
    """Return rows, float32 [frames, 70], for sound at 16 kHz.

    `still` keeps the portrait's own pose; else the head moves, as `style` (0 to 45) does and chance
    wants. It comes from the portrait's own face and goes back to it.
    """
    heard, random = moments(samples), np.random.default_rng(seed)
    frames = len(heard)
    said = studio.expressions(heard, head.own, blinks(frames, random))
    own = np.repeat(head.own[None, :ROW], frames, axis=0)
    pose = own[:, EXPRESSION:] if still else smooth(studio.poses(heard, head.own, style, seed))
    share = _home(frames)[:, None]
    return np.asarray(own + share * (np.concatenate([said, pose], axis=1) - own), np.float32)


def idling(studio: Studio, head: Head, seed: int, frames: int = IDLE_FRAMES) -> FloatArray:
    """Return rows, float32 [frames, 70], of a loop: the row after the last one is the first.

    Pose wanders on a closed curve through the portrait's own, where the loop begins. Lids close as
    the network closes them in silence; the rest of the face, the mouth too, stays as it is.
    """
    random = np.random.default_rng(seed)
    wander = Wander(random)
    rows = np.repeat(head.own[None, :ROW], frames, axis=0)
    turns = np.arange(frames) / frames
    for channel, size in enumerate(_SIZES):
        slow = np.array([wander.closed(channel, turn, _SLOW) for turn in turns])
        quick = np.array([wander.closed(channel + 6, turn, _QUICK) for turn in turns])
        rows[:, EXPRESSION + channel] += size * (0.7 * slow + 0.35 * quick)
    rows[:, :EXPRESSION] += _blinking(studio, head, _lids(frames, random))
    return rows


def _lids(frames: int, random: np.random.Generator) -> FloatArray:
    closed = np.zeros(frames, np.float32)
    inner = max(0, frames - 2 * _CLEAR)
    closed[_CLEAR : _CLEAR + inner] = blinks(inner, random)
    return closed


def _blinking(studio: Studio, head: Head, lids: FloatArray) -> FloatArray:
    """Return what closing lids adds to an expression, float32 [n, 64]."""
    levels, places = np.unique(lids, return_inverse=True)
    silence = np.full((len(levels), 1, BANDS, MOMENT), SILENT, np.float32)
    faces = studio.expressions(silence, head.own, levels.astype(np.float32))
    return np.asarray((faces - faces[:1])[places], np.float32)


def _home(frames: int) -> FloatArray:
    """Return how far the face is away from rest: it comes and goes in `_TO_REST` frames."""
    at = np.arange(frames, dtype=np.float32)
    near = np.clip(np.minimum(at, frames - 1 - at) / min(_TO_REST, max(1, frames // 4)), 0, 1)
    return np.asarray(near * near * (3 - 2 * near), np.float32)
