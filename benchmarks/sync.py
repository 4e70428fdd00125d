"""Whether lips, pictures and sound belong together: `python -m benchmarks.sync`.

The app runs as a process of its own and says what it is told. Each answer is taken both ways: over
the socket, as a page gets it while it is made, and from `/chat`, as one MP4 file with the sound
beside it as WAV. Everything is measured on what PyAV decodes.

Offset, three times, because no single way sees everything:
- of the timestamps: where both tracks begin, and that frames follow each other by 40 ms;
- of the encoded sound: the file's AAC against the WAV, in stretches of two seconds from beginning
  to end (an encoder's priming, 46 ms, or a drift would show). The sound in the WAV that belongs to
  frame k is its samples 882 k to 882 (k + 1), so this is exact to the sample;
- of the lips: mouth shapes anticipate the sound, but in b the lips part with the burst, in nature
  and here, and while they are closed it is quiet. In syllables of b with open vowels, how far the
  mouth is open (difference from the closed mouth of frame 0) is compared with the sound's level
  around the middle of each frame, shifted by steps of 5 ms; the best fit is the offset.

Motion of the mouth is the mean difference of successive frames in a box around it, less that of a
box around the nose, which moves with the head alone. Level is in dB, from -60, of the 40 ms around
the moment at which the frames change. Motion is change: in the middle of a loud vowel the mouth
stands still. So both are averaged over 0.2 s, about a syllable, before they are correlated; frame
by frame the correlation is lower, and printed beside it. In silence only frames count by which the
mouth had time to close (160 ms after the sound, 120 ms before the next).
"""

from __future__ import annotations

import asyncio
import io
import math
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from gradio_client import Client
from scipy.signal import correlate

from benchmarks.lips import FLOOR_DB, QUIET_DB, SYLLABLE, silent
from benchmarks.report import Figure, main
from benchmarks.sentences import Sentences
from benchmarks.visitor import Visitor
from modules.avatar import avatars
from modules.avatar.specification import load_persona
from modules.messages import FPS, FRAME_SAMPLES, SPEECH_RATE, FloatArray
from tests.running import Running, running

STORIES = 4
LIPS = 3
_BURSTS = ("ba", "bát", "bắp", "bánh", "bán", "bắt", "băng", "bạc")
_CLOSES, _OPENS = 4, 3
_SHIFTS_S = np.arange(-0.16, 0.1601, 0.005)


@dataclass(frozen=True)
class Shown:
    """One decoded answer: its boxes as float32 [frames, rows, columns], its sound, its times."""

    mouth: FloatArray
    nose: FloatArray
    sound: FloatArray
    frame_s: FloatArray
    sound_s: float
    """When the sound begins."""
    due: int
    """Frames that its sound asks for."""

    @property
    def missing(self) -> int:
        """Frames that are not there, or not at their time."""
        apart = np.diff(self.frame_s)
        return max(0, self.due - len(self.frame_s)) + int(np.sum(np.abs(apart * FPS - 1) > 0.01))

    @property
    def begins_apart_ms(self) -> float:
        """How much later the sound begins than the picture, by their timestamps."""
        return 1000 * (self.sound_s - float(self.frame_s[0]))


def run() -> list[Figure]:
    """Take all answers both ways and compare."""
    supply, chance = Sentences(1), random.Random(1)
    stories = [supply.story(4) for _ in range(STORIES)]
    bursts = [_syllables_of_b(chance) for _ in range(LIPS)]
    with tempfile.TemporaryDirectory() as directory, running(directory, "--echo") as server:
        live = asyncio.run(over_socket(server, stories + bursts))
        files, lags = exported(server, stories + bursts)
    return [
        *_figures("socket", live[:STORIES], live[STORIES:]),
        *_figures("mp4", files[:STORIES], files[STORIES:]),
        Figure("mp4: its sound against the WAV", max(map(abs, lags)), "ms", 40,
               detail=f"{min(lags):.2f} to {max(lags):.2f} ms in {len(lags)} stretches"),
    ]  # fmt: skip


def _syllables_of_b(chance: random.Random) -> str:
    sentences = (" ".join(chance.choices(_BURSTS, k=6)).capitalize() for _ in range(4))
    return ". ".join(sentences) + "."


# --- taking answers -------------------------------------------------------------------------------


async def over_socket(server: Running, texts: Sequence[str]) -> list[Shown]:
    """Return answers as a page gets them."""
    async with Visitor(server.url) as visitor:
        answers = [await visitor.say(text) for text in texts]
    return [
        _shown(io.BytesIO(answer.track("video")), io.BytesIO(answer.track("audio")))
        for answer in answers
    ]


def exported(server: Running, texts: Sequence[str]) -> tuple[list[Shown], list[float]]:
    """Return answers as files, and how far the sound of each stretch is off, in milliseconds."""
    client, shown, lags = Client(server.url, verbose=False), [], []
    for text in texts:
        _, details, wav, video = client.predict(text, api_name="/chat")
        # A machine too busy to draw answers with a still, and there is nothing to measure.
        assert details["engines"]["avatar"] == "drawn"
        path = Path(video["video"] if isinstance(video, dict) else video)
        samples, rate = soundfile.read(wav, dtype="float32")
        assert rate == SPEECH_RATE
        with path.open("rb") as one, path.open("rb") as two:
            shown.append(_shown(one, two, len(samples)))
        lags += _lags_ms(shown[-1].sound, samples)
    return shown, lags


def _shown(video: object, audio: object, samples: int | None = None) -> Shown:
    """Decode; without the number of `samples` the last packet's beginning says how many frames."""
    mouth, nose = _boxes()
    with av.open(video) as file:
        frames = [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="gray"))
            for frame in file.decode(video=0)
        ]
    with av.open(audio) as file:
        heard = [
            (float(frame.pts * frame.time_base), frame.to_ndarray()[0])
            for frame in file.decode(audio=0)
        ]
    begins, parts = zip(*heard, strict=True)
    due = samples / SPEECH_RATE if samples is not None else begins[-1]
    times, pictures = zip(*frames, strict=True)
    return Shown(
        np.stack([picture[mouth] for picture in pictures]).astype(np.float32),
        np.stack([picture[nose] for picture in pictures]).astype(np.float32),
        np.concatenate(parts), np.array(times, np.float32), begins[0],
        math.ceil(round(due * FPS, 6)),
    )  # fmt: skip


def _boxes() -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where mouth and nose are, with room for the head's few pixels of movement."""
    look = load_persona(avatars()[0].id).look
    y, x, half = round(look.lips.y), round(look.head.centre), round(look.lips.half_width)
    mouth = (slice(y - 18, y + 36), slice(x - half - 12, x + half + 12))
    return mouth, (slice(y - 72, y - 32), slice(x - 30, x + 30))


# --- measuring ------------------------------------------------------------------------------------


def _lags_ms(sound: FloatArray, wav: FloatArray) -> list[float]:
    """Return by how much `sound` is later than `wav`, for each stretch of two seconds."""
    found, length, margin = [], 2 * SPEECH_RATE, SPEECH_RATE // 5
    for start in range(0, len(wav) - length, length):
        first = max(0, start - margin)
        piece, around = wav[start : start + length], sound[first : start + length + margin]
        fit = correlate(around, piece, mode="valid", method="fft")
        found.append(1000 * (first + int(fit.argmax()) - start) / SPEECH_RATE)
    return found


def _rms(sound: FloatArray, first: FloatArray) -> FloatArray:
    """Return the level of the 40 ms from each of these samples; what is outside is silence."""
    padded = np.concatenate([sound, np.zeros(FRAME_SAMPLES, np.float32)]).astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(padded**2)])
    at = np.clip(first, 0, len(sound)).astype(int)
    power = np.maximum(sums[at + FRAME_SAMPLES] - sums[at], 0) / FRAME_SAMPLES
    return np.sqrt(power).astype(np.float32)


def lips_late_ms(shown: Shown) -> tuple[float, float]:
    """Return how much later than its sound the mouth opens, and how well the two then fit."""
    opening = np.abs(shown.mouth - shown.mouth[0]).mean((1, 2))
    begins = np.arange(len(opening)) * FRAME_SAMPLES
    fits = [
        float(np.corrcoef(opening, _rms(shown.sound, begins + round(shift * SPEECH_RATE)))[0, 1])
        for shift in _SHIFTS_S
    ]
    best = int(np.argmax(fits))
    return -1000 * float(_SHIFTS_S[best]), fits[best]


def motion(shown: Shown) -> FloatArray:
    """Return how much the mouth moves from each frame to the next, in grey levels of 255."""
    mouth, nose = (np.abs(np.diff(box, axis=0)).mean((1, 2)) for box in (shown.mouth, shown.nose))
    return np.maximum(mouth - nose, 0)


def level_db(shown: Shown) -> FloatArray:
    """Return the level around each change of frames, in dB of full scale, from -60."""
    begins = (np.arange(1, len(shown.mouth)) - 0.5) * FRAME_SAMPLES
    return np.maximum(20 * np.log10(_rms(shown.sound, begins) + 1e-9), FLOOR_DB)


def _smooth(values: FloatArray) -> FloatArray:
    return np.convolve(values, np.ones(SYLLABLE) / SYLLABLE, "same").astype(np.float32)


def _correlation(ones: Sequence[FloatArray], others: Sequence[FloatArray]) -> float:
    cut = [min(len(a), len(b)) for a, b in zip(ones, others, strict=True)]
    one = np.concatenate([a[:n] for a, n in zip(ones, cut, strict=True)])
    other = np.concatenate([b[:n] for b, n in zip(others, cut, strict=True)])
    return float(np.corrcoef(one, other)[0, 1])


def _figures(way: str, stories: list[Shown], bursts: list[Shown]) -> list[Figure]:
    everything = stories + bursts
    apart = [shown.begins_apart_ms for shown in everything]
    return [
        Figure(f"{way}: frames missing or not at their time", sum(s.missing for s in everything),
               "", 0, detail=f"of {sum(s.due for s in everything)} in {len(everything)} answers"),
        Figure(f"{way}: sound begins after the picture", max(map(abs, apart)), "ms", 40),
        _lips(way, bursts),
        *_mouth(way, stories),
    ]  # fmt: skip


def _lips(way: str, bursts: list[Shown]) -> Figure:
    late, fits = zip(*map(lips_late_ms, bursts), strict=True)
    return Figure(
        f"{way}: lips and sound apart in b", max(map(abs, late)), "ms", 40,
        detail=f"lips later by {', '.join(f'{x:.0f}' for x in late)} ms; fit {min(fits):.2f}",
    )  # fmt: skip


def _mouth(way: str, stories: list[Shown]) -> list[Figure]:
    moves, levels = [motion(s) for s in stories], [level_db(s) for s in stories]
    smooth, loud = [_smooth(m) for m in moves], [_smooth(x) for x in levels]
    each = [_correlation([a], [b]) for a, b in zip(smooth, loud, strict=True)]
    other = _correlation(smooth, loud[1:] + loud[:1])
    move, level = np.concatenate(moves), np.concatenate(levels)
    resting = move[np.concatenate([silent(x, _CLOSES, _OPENS) for x in levels])]
    resting = resting / np.median(move[level > QUIET_DB])
    return [
        Figure(f"{way}: motion of the mouth against level", _correlation(smooth, loud), "",
               at_least=0.5,
               detail=f"answers {min(each):.2f}-{max(each):.2f}, frame by frame "
                      f"{_correlation(moves, levels):.2f}, against another answer {other:.2f}"),
        Figure(f"{way}: motion in silence, of that in speech", float(np.median(resting)), "", 0.1,
               detail=f"p90 {np.percentile(resting, 90):.2f}, {len(resting)} frames of silence"),
    ]  # fmt: skip


if __name__ == "__main__":
    main(run)
