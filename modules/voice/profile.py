"""What a voice is like: its register, its range, and the colour of its voiced sounds."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import soxr
from numpy.lib.stride_tricks import sliding_window_view

from modules.errors import InvalidInput, StorageFailed
from modules.messages import SPEECH_RATE, FloatArray, VoiceProfile
from modules.private import write_private
from modules.voice.envelope import BIN_HZ, envelopes, frame_times
from modules.voice.periods import HOP, Array
from modules.voice.pitch import Mask, track_pitch

ENVELOPE_HZ: FloatArray = np.geomspace(80.0, 10_800.0, 160).astype(np.float32)
"""Where a profile's envelope is given: 22 points an octave, which is finer than any formant."""
FEWEST_FRAMES = 40
"""0.23 s of voice; less has no median worth the name."""

_LEVEL_BAND = (BIN_HZ > 200) & (BIN_HZ < 5000)
_FAINT_DB = -30.0  # below the loud frames
_LOUD_SHARE = 0.7  # of the voiced frames; the softest colour the envelope with what is behind them
_STRAY_OCTAVES = 0.6  # from the pitch within 0.2 s: an octave error, or creak
_SPEAKING_OCTAVES = (-0.7, 0.85)  # around the median; below it there is creak, above it shouts
_CLIPPINGS = 3
_NEIGHBOURS = 35
_MOST_FRAMES = 4000  # 23 s of voice: the mean does not move any more
_VERSION = 1


def measure_profile(samples: FloatArray, rate: int, *, id: str, name: str) -> VoiceProfile:  # noqa: A002
    """Measure a voice from speech of it; ten seconds or more make it steady.

    `samples` mono float32 [n] at `rate`. Raises `InvalidInput` "no_voice" where hardly anything is
    voiced.
    """
    speech = np.asarray(samples, dtype=np.float64)
    if rate != SPEECH_RATE:
        speech = np.ascontiguousarray(soxr.resample(speech, rate, SPEECH_RATE))
    return profile_of(speech, track_pitch(speech), id=id, name=name)


def profile_of(speech: Array, f0: Array, *, id: str, name: str) -> VoiceProfile:  # noqa: A002
    """Measure a voice from speech (float64 [n] at `SPEECH_RATE`) whose pitch is known.

    The median of F0 and the standard deviation of ln(F0) are taken without octave errors and creak;
    the envelope is the mean in dB over loud voiced frames, each brought to the same level first, so
    that a loud vowel counts no more than a soft one. Raises `InvalidInput` "no_voice" where fewer
    than `FEWEST_FRAMES` are voiced.
    """
    steady = _steady(np.where(_loud(speech, len(f0)), f0, 0.0))
    octaves = np.log2(f0[steady])
    if len(octaves) < FEWEST_FRAMES:
        raise InvalidInput("no_voice", field="sample")
    return VoiceProfile(
        id=id,
        name=name,
        f0_hz=float(2 ** np.median(octaves)),
        f0_spread=float(np.std(octaves) * np.log(2)),
        envelope_hz=ENVELOPE_HZ.copy(),
        envelope_db=_average_envelope(speech, f0, np.flatnonzero(steady)),
    )


def save_profile(profile: VoiceProfile, path: Path) -> None:
    """Write a profile as .npz, mode 0600; no pickle is in it. Raises OSError of a full disk."""
    packed = io.BytesIO()
    np.savez(
        packed,
        version=_VERSION,
        id=profile.id,
        name=profile.name,
        f0_hz=profile.f0_hz,
        f0_spread=profile.f0_spread,
        envelope_hz=profile.envelope_hz,
        envelope_db=profile.envelope_db,
    )
    write_private(path, packed.getvalue())


def load_profile(path: Path) -> VoiceProfile:
    """Read what `save_profile` wrote. Raises `StorageFailed` "unreadable" where it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as held:
            if int(held["version"]) != _VERSION:
                raise StorageFailed("unreadable", what=path.name)
            return VoiceProfile(
                id=str(held["id"]),
                name=str(held["name"]),
                f0_hz=float(held["f0_hz"]),
                f0_spread=float(held["f0_spread"]),
                envelope_hz=held["envelope_hz"].astype(np.float32),
                envelope_db=held["envelope_db"].astype(np.float32),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise StorageFailed("unreadable", what=path.name) from error


def _loud(speech: Array, frames: int) -> Mask:
    # Hum and reverberation have a pitch too; they are far below the voice.
    power = np.add.reduceat(np.pad(speech**2, (HOP, HOP)), np.arange(frames + 1) * HOP)
    level = 10 * np.log10((power[:-1] + power[1:]) / (2 * HOP) + 1e-12)
    return np.asarray(level > np.percentile(level, 95) + _FAINT_DB)


def _steady(f0: Array) -> Mask:
    # Voiced frames that are near both the pitch around them and the voice's median.
    steady = f0 > 0
    if not steady.any():
        return steady
    octaves = np.log2(f0[steady])
    near = np.pad(octaves, _NEIGHBOURS, mode="edge")
    around = np.median(sliding_window_view(near, 2 * _NEIGHBOURS + 1), axis=1)
    kept = np.abs(octaves - around) < _STRAY_OCTAVES
    for _ in range(_CLIPPINGS):
        far = octaves - np.median(octaves[kept] if kept.any() else octaves)
        kept &= (far > _SPEAKING_OCTAVES[0]) & (far < _SPEAKING_OCTAVES[1])
    steady[steady] = kept
    return steady


def _average_envelope(speech: Array, f0: Array, frames: npt.NDArray[np.intp]) -> FloatArray:
    frames = frames[:: max(1, len(frames) // _MOST_FRAMES)]
    power = envelopes(speech, f0[frames], frame_times(0, len(f0))[frames])
    level = 10 * np.log10(power[:, _LEVEL_BAND].mean(axis=1) + 1e-12)
    loud = level >= np.quantile(level, 1 - _LOUD_SHARE)
    average = (10 * np.log10(power[loud] + 1e-14) - level[loud, None]).mean(axis=0)
    return np.asarray(np.interp(ENVELOPE_HZ, BIN_HZ, average), dtype=np.float32)
