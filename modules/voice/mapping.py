"""From one voice to another: the few numbers with which a base voice is made to match a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from modules.messages import FloatArray, VoiceProfile
from modules.voice.envelope import BIN_HZ, BINS, log_mean_power
from modules.voice.periods import CEIL_HZ, FLOOR_HZ, Array

RANGE_LIMITS = (0.8, 1.5)
"""Below, tones move together (espeak's closest pair: 2.8 semitones at the base's own range, 2.2 at
0.8 of it); above, a reading voice turns into an excited one."""
TRACT_LIMITS = (0.80, 1.26)
"""Deepest man against the base voice, and a child of six."""
TILT_LIMIT_DB = 12.0

_TRACT_STEP = 0.01
_TRACT_BAND_HZ = (250.0, 7000.0)
_TRACT_POINTS = 256
_TRACT_SMOOTH = 4.0
_EXPECTED_SLOPE = 0.25  # of ln(tract) over ln(F0): women against men 1.16 and 1.75 (Fant 1966)
_EXPECTATION = 2.0  # how much a squared distance from that counts against the correlation
_TILT_SMOOTH = 7.0  # points of the profile's axis, a third of an octave
_TILT_HZ = (150.0, 9000.0)  # the average envelope is sure between these
_CLIFF_DB = 25.0  # a fall within a sixth of an octave for good: the edge of a telephone's band
_CLIFF_POINTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class VoiceMap:
    """How to turn a base voice into a target.

    Pitch goes from `base_f0_hz` to `target_f0_hz`, its movements in ln(F0) times `range_ratio`;
    the envelope is stretched along frequency by `tract_scale` and tilted by `tilt_db` [BINS].
    """

    base_f0_hz: float
    target_f0_hz: float
    range_ratio: float
    tract_scale: float
    tilt_db: FloatArray

    def pitch(self, f0: Array) -> Array:
        """Return the target's F0 for the base's, in Hz; 0 (unvoiced) stays 0.

        Affine in ln(F0): a contour keeps its shape, and so its tone.
        """
        with np.errstate(divide="ignore"):
            moved = self.target_f0_hz * (f0 / self.base_f0_hz) ** self.range_ratio
        return np.where(f0 > 0, np.clip(moved, FLOOR_HZ, CEIL_HZ), 0.0)

    def colour(self, log_power: FloatArray) -> FloatArray:
        """Return natural logarithms of power, float32 [n, BINS], stretched and tilted.

        Every frame keeps its power, so that what comes out is as loud as what went in.
        """
        moved = self.stretch(log_power) + self.tilt_db * np.float32(np.log(10) / 10)
        return moved + log_mean_power(log_power) - log_mean_power(moved)

    def stretch(self, values: FloatArray) -> FloatArray:
        """Return rows over the FFT's bins, float32 [n, BINS], stretched along frequency."""
        position = np.minimum(np.arange(BINS) / self.tract_scale, BINS - 1)
        left = np.minimum(position.astype(np.intp), BINS - 2)
        share = (position - left).astype(np.float32)
        return values[:, left] * (1 - share) + values[:, left + 1] * share


def map_voices(base: VoiceProfile, target: VoiceProfile, pitch: float = 0.0) -> VoiceMap:
    """Return the map from the base voice to the target.

    `pitch` in semitones is what the user wished above the base voice, and so above the target.
    """
    wished = 2 ** (pitch / 12)
    ratio = target.f0_spread / max(base.f0_spread, 0.02)
    scale = tract_scale(base, target)
    return VoiceMap(
        base_f0_hz=base.f0_hz * wished,
        target_f0_hz=target.f0_hz * wished,
        range_ratio=float(np.clip(ratio, *RANGE_LIMITS)),
        tract_scale=scale,
        tilt_db=tilt_between(base, target, scale),
    )


def tract_scale(base: VoiceProfile, target: VoiceProfile) -> float:
    """Return the factor by which the target's formants lie above the base's.

    The average envelopes, without their tilt, are shifted against each other on a logarithmic
    frequency axis until they correlate best. Where they say little (a noisy sample), what is usual
    between voices of these two registers decides.
    """
    low, high = _TRACT_BAND_HZ
    high = min(high, _band_end(base), _band_end(target))
    axis = np.log(np.geomspace(low, high, _TRACT_POINTS))
    ours, theirs = _formants(base, axis), _formants(target, axis)
    expected = _EXPECTED_SLOPE * np.log(target.f0_hz / base.f0_hz)
    scales = np.arange(TRACT_LIMITS[0], TRACT_LIMITS[1] + 1e-6, _TRACT_STEP)
    scores = [
        _correlation(np.interp(axis - np.log(scale), axis, ours), theirs)
        - _EXPECTATION * (np.log(scale) - expected) ** 2
        for scale in scales
    ]
    return float(scales[int(np.argmax(scores))])


def _formants(profile: VoiceProfile, axis: Array) -> Array:
    # The envelope with its broad tilt taken out: what a microphone or a mood changes least.
    level = np.interp(axis, np.log(np.maximum(profile.envelope_hz, 1.0)), profile.envelope_db)
    smooth = gaussian_filter1d(level, _TRACT_SMOOTH, mode="nearest")
    return np.asarray(smooth - np.polyval(np.polyfit(axis, smooth, 2), axis))


def _correlation(first: Array, second: Array) -> float:
    # Zero, not undefined, for an envelope without any formant.
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second) + 1e-9))


def tilt_between(base: VoiceProfile, target: VoiceProfile, scale: float = 1.0) -> FloatArray:
    """Return by how many dB the target's envelope lies above the base's, stretched by `scale`,
    float32 [BINS]: smoothed over a third of an octave, none on average from 300 to 3000 Hz.
    """
    hz = np.asarray(target.envelope_hz, dtype=np.float64)
    stretched = np.interp(hz / scale, base.envelope_hz, base.envelope_db)
    high = min(_TILT_HZ[1], _band_end(target), _band_end(base) * scale)
    sure = np.flatnonzero((hz > _TILT_HZ[0]) & (hz < high))
    difference = np.interp(hz, hz[sure], (target.envelope_db - stretched)[sure])
    smooth = gaussian_filter1d(difference, _TILT_SMOOTH, mode="nearest")
    tilt = np.interp(BIN_HZ, hz, smooth)
    middle = (BIN_HZ > 300) & (BIN_HZ < 3000)
    tilt -= tilt[middle].mean()
    return np.asarray(np.clip(tilt, -TILT_LIMIT_DB, TILT_LIMIT_DB), dtype=np.float32)


def _band_end(profile: VoiceProfile) -> float:
    """Return the frequency up to which a profile's sample had sound at all, 1 kHz at the least."""
    level = profile.envelope_db
    beyond = np.maximum.accumulate(level[::-1])[::-1]
    fall = level[:-_CLIFF_POINTS] - beyond[_CLIFF_POINTS:]
    edges = np.flatnonzero(fall > _CLIFF_DB)
    end = profile.envelope_hz[edges[0]] if len(edges) else profile.envelope_hz[-1]
    return max(float(end), 1000.0)
