"""One clause on its way from the base voice to the matched one, rendered step by step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.envelope import (
    BINS,
    FFT_SIZE,
    aperiodicities,
    envelopes,
    frame_times,
    log_mean_power,
)
from modules.voice.limiter import bent
from modules.voice.mapping import VoiceMap
from modules.voice.periods import HOP, Array
from modules.voice.synthesis import (
    BEFORE,
    FILTER_BINS,
    FILTER_SIZE,
    REACH,
    filtered_frames,
    overlap_add,
    place_pulses,
    pulse_responses,
    voicing,
)

Indices = npt.NDArray[np.intp]

_KNOT = 4  # frames, 23 ms: D4C costs more than all the rest, and breathiness changes slowly
_THIN = FFT_SIZE // FILTER_SIZE
_TINY = 1e-12
_SMOOTHING = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16
_GAIN_LIMIT = 3.5  # in ln of power, 15 dB
_SHARPENING = (-7.0, 1.0)  # 30 dB down, 4 dB up
_MOST_BREATH = 0.999


class Conversion:
    """The conversion of one clause, as far as its pitch is known and its sound is asked for.

    Voiced sound is made anew, pulses and noise through the mapped envelopes. What is not voiced
    (bursts, hiss, breath, creak without a period) is the clause's own sound, filtered by the
    difference of the envelopes: it keeps every edge.
    """

    def __init__(self, samples: FloatArray, f0: Array, change: VoiceMap) -> None:
        """`samples` float32 [n] at `SPEECH_RATE`; `f0` is what `track_pitch` says of them, or of
        their beginning: `hear` the rest before rendering it.
        """
        length = len(samples)
        frames = length // HOP + 2  # windows overlap by half: one more than the pitch has
        self._sound = samples.astype(np.float64)
        self._energy = np.concatenate([[0.0], np.cumsum(self._sound**2)])
        self._change = change
        self._hiss = np.random.default_rng(0).standard_normal(length, dtype=np.float32)
        self._canvas = np.zeros(length, dtype=np.float32)
        self._power = np.empty((frames, BINS), dtype=np.float32)
        self._breath = np.empty((frames, BINS), dtype=np.float32)
        self._difference = np.empty((frames, FILTER_BINS), dtype=np.float32)
        self._analysed = self._framed = self._pulsed = self._given = 0
        self._f0 = np.zeros(frames)
        self.hear(f0)

    def hear(self, f0: Array, first: int = 0) -> None:
        """Take over a pitch from frame `first` on; what is rendered must not have come so far."""
        self._f0[first : len(f0)] = f0[first:]
        length = len(self._canvas)
        self._pulses, self._periods = place_pulses(self._change.pitch(self._f0), length)
        voiced = voicing(self._f0, length)
        unvoiced = self._sound.astype(np.float32) * (1 - voiced)
        self._unvoiced = np.pad(unvoiced, (HOP, 2 * HOP))
        self._noise = np.pad(self._hiss * voiced, (HOP, 2 * HOP))

    def render(self, until: int) -> FloatArray:
        """Return what is new of the converted clause before sample `until`, float32.

        In however many steps a clause is rendered, the sound is the same.
        """
        until = min(until, len(self._canvas))
        self._render_frames(min((until + REACH) // HOP + 1, len(self._f0)))
        self._render_pulses(int(np.searchsorted(self._pulses, until + BEFORE)))
        piece = bent(self._canvas[self._given : until])
        self._given = until
        return piece

    def _render_frames(self, end: int) -> None:
        start = self._framed
        if start >= end:
            return
        self._framed = end
        self._analyse(min(end + len(_SMOOTHING) // 2, len(self._f0)))
        noise = self._breath[start:end, ::_THIN] * np.exp(self._power[start:end, ::_THIN] / 2)
        blocks = filtered_frames(
            start, (self._unvoiced, self._gains(start, end)), (self._noise, noise)
        )
        overlap_add(self._canvas, np.arange(start, end) * HOP - REACH, blocks)

    def _analyse(self, end: int) -> None:
        start, self._analysed = self._analysed, max(end, self._analysed)
        if start >= end:
            return
        measured = envelopes(self._sound, self._f0[start:end], frame_times(start, end))
        ours = np.log(measured + _TINY).astype(np.float32)
        theirs = self._change.colour(ours)
        self._power[start:end] = theirs + self._sharpening(start, end, ours)
        self._difference[start:end] = (theirs - ours)[:, ::_THIN]
        self._breath[start:end] = self._change.stretch(self._breathiness(np.arange(start, end)))

    def _gains(self, start: int, end: int) -> FloatArray:
        # Hiss has a new envelope every frame; followed at once, its filter would make it rougher.
        reach = len(_SMOOTHING) // 2
        around = np.arange(start, end)[:, None] + np.arange(-reach, reach + 1)
        rows = self._difference[np.clip(around, 0, len(self._f0) - 1)]
        smooth = np.einsum("fkb,k->fb", rows, _SMOOTHING)
        return np.asarray(np.exp(np.clip(smooth, -_GAIN_LIMIT, _GAIN_LIMIT) / 2))

    def _sharpening(self, start: int, end: int, ours: FloatArray) -> FloatArray:
        # CheapTrick looks at three periods and fills a glottal closure from both sides; the power
        # of the one period around a frame does not. float32 [frames, 1], in ln of power.
        frames = np.arange(start, end)
        f0 = self._f0[start:end]
        reach = np.where(f0 > 0, SPEECH_RATE / 2 / np.maximum(f0, 1.0), HOP)
        ends = frames * HOP + reach * np.array([[-1], [1]])
        low, high = np.interp(ends, np.arange(len(self._energy)), self._energy)
        power = (high - low) / (2 * reach)
        change = np.log(power + _TINY)[:, None] - log_mean_power(ours)
        return np.asarray(np.clip(change, *_SHARPENING), dtype=np.float32)

    def _breathiness(self, frames: Indices) -> FloatArray:
        # D4C at every fourth frame, or its nearest voiced neighbour, and lines in between.
        knots = np.arange(frames[0] // _KNOT, frames[-1] // _KNOT + 2)
        at = self._nearest_voiced(knots * _KNOT)
        held = aperiodicities(self._sound, self._f0[at], frame_times(0, len(self._f0))[at])
        left = frames // _KNOT - knots[0]
        share = (frames % _KNOT / _KNOT).astype(np.float32)[:, None]
        return np.asarray(held[left] * (1 - share) + held[left + 1] * share)

    def _nearest_voiced(self, frames: Indices) -> Indices:
        around = frames[:, None] + np.array([0, -1, 1, -2, 2, -3, 3])
        around = np.clip(around, 0, len(self._f0) - 1)
        first = np.argmax(self._f0[around] > 0, axis=1)
        return np.asarray(around[np.arange(len(frames)), first])

    def _render_pulses(self, end: int) -> None:
        start, self._pulsed = self._pulsed, end
        if start >= end:
            return
        positions = self._pulses[start:end]
        power = _between(self._power, positions / HOP)
        breath = np.minimum(_between(self._breath, positions / HOP), _MOST_BREATH)
        blocks = pulse_responses(
            power + np.log1p(-(breath**2)), positions, self._periods[start:end]
        )
        overlap_add(self._canvas, positions.astype(np.intp) - BEFORE, blocks)


def _between(rows: FloatArray, position: Array) -> FloatArray:
    left = position.astype(np.intp)
    share = (position - left).astype(np.float32)[:, None]
    return rows[left] * (1 - share) + rows[left + 1] * share
