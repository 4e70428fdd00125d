"""Answers and what was said between them as one MP4 that plays anywhere, marked as made by AI.

Everything is decoded and encoded again: captions and the mark are part of the picture (social
media show no subtitle tracks), and sound from many encoders is laid on one timeline by the sample,
so that it cannot drift from the picture however many answers follow one another. AAC packets that
are only copied would: their 1024 samples never fit a whole number of frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import numpy as np
import skia
import soxr
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from modules.errors import EngineFailed, StorageFailed
from modules.media import lettering
from modules.media.captions import Screen, screens
from modules.media.export import AI_MARK
from modules.media.scenes import (
    SIZE,
    Answer,
    Picture,
    Scene,
    canvas_of,
    first_picture,
    frames_of,
    play,
)
from modules.messages import FPS, SPEECH_RATE, ByteArray, FloatArray

RATE = 2 * SPEECH_RATE
"""44.1 kHz: some services refuse sound at 22.05 kHz."""
_X264 = {"preset": "veryfast", "crf": "20", "profile": "high", "threads": "1", "g": str(2 * FPS)}
_AAC_BITS = 128_000
_BT709 = 1
"""Said in the file: a player that guesses takes other colours."""

_MARK_SIZE = 21.0
_MARK_MARGIN = 20
_MARK_PLATE = skia.Color(24, 17, 14, 168)
_MARK_INK = skia.Color(255, 248, 238)

Step = Callable[[int, int], None]
"""Told after every picture how many are done, of how many; may wait, and may raise to stop."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is drawn over the pictures, and the language it is in."""

    mark: str
    """The mark that an AI made it, as a user reads it."""
    captions: bool = True
    language: str = "vi"


def write_film(
    scenes: Sequence[Scene], path: Path, look: Look, step: Step = lambda done, of: None
) -> Path:
    """Write scenes one after another; return `path`, which appears at once and whole.

    Where captions are not part of the picture they become a subtitle track, for players that show
    one. Raises `EngineFailed` where no scene has a picture, `StorageFailed` where the disk is full,
    and what `step` raises.
    """
    draft = path.with_name(f".{uuid4().hex}.mp4")
    try:
        done = _write(scenes, draft, look, step)
        if not done:
            raise EngineFailed("no_media", stage="avatar", engine="encoder")
        draft.replace(path)
    except OSError as error:  # libav's own errors are among them
        raise StorageFailed("disk", what=path.name) from error
    finally:
        draft.unlink(missing_ok=True)
    return path


def _write(scenes: Sequence[Scene], draft: Path, look: Look, step: Step) -> int:
    total, done = sum(frames_of(scene) for scene in scenes), 0
    film = _Film(draft, subtitles=not look.captions and _captioned(scenes), look=look)
    try:
        for scene, pictures in _played(scenes, captions=look.captions):
            if isinstance(scene, Answer):
                film.add_subtitles(screens(scene.captions))
            for picture, sound in pictures:
                film.add(picture, sound)
                done += 1
                step(done, max(total, done))
    finally:
        film.close()
    return done


def _captioned(scenes: Sequence[Scene]) -> bool:
    return any(isinstance(scene, Answer) and scene.captions for scene in scenes)


def _played(
    scenes: Sequence[Scene], *, captions: bool
) -> Iterator[tuple[Scene, Iterator[Picture]]]:
    """Yield every scene with its pictures; a scene begins when the one before is over."""
    last: list[ByteArray] = []

    def remembered(pictures: Iterator[Picture], scene: Scene) -> Iterator[Picture]:
        for picture, sound in pictures:
            if isinstance(scene, Answer):
                last[:] = [picture]
            yield picture, sound

    for index, scene in enumerate(scenes):
        before = last[0] if last else None
        after = first_picture(scenes[index + 1]) if index + 1 < len(scenes) else None
        last.clear()
        yield scene, remembered(play(scene, before, after, captions=captions), scene)


class _Film:
    """The file that is being written: pictures, sound, and subtitles, all on one clock."""

    def __init__(self, path: Path, *, subtitles: bool, look: Look) -> None:
        options = {"movflags": "faststart+use_metadata_tags"}
        self._file = av.open(str(path), "w", format="mp4", options=options)
        self._file.metadata.update(title="Gương", comment=AI_MARK, ai_generated="true")
        self._video = _video_stream(self._file)
        self._audio = _audio_stream(self._file)
        self._subtitles: Any = None
        if subtitles:
            self._subtitles = self._file.add_mux_stream("mov_text", time_base=Fraction(1, 1000))
            self._subtitles.metadata["language"] = {"vi": "vie"}.get(look.language, "eng")
        self._resampler = soxr.ResampleStream(SPEECH_RATE, RATE, 1, dtype="float32", quality="HQ")
        self._mark = _mark(look.mark)
        self._frames = 0
        self._samples = 0
        self._open = True

    def add(self, picture: ByteArray, sound: FloatArray) -> None:
        """Add one picture and the sound that belongs to it."""
        marked = picture.copy()  # the scene may blend into this picture: not into its mark
        canvas_of(marked).drawImage(
            self._mark, SIZE - _MARK_MARGIN - self._mark.width(), _MARK_MARGIN
        )
        frame = av.VideoFrame.from_ndarray(marked, format="bgra")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        self._frames += 1
        self._file.mux(self._video.encode(frame))
        self._add_sound(self._resampler.resample_chunk(sound))

    def add_subtitles(self, shown: Sequence[Screen]) -> None:
        """Add the captions of the answer that begins now."""
        if self._subtitles is None:
            return
        begin = self._frames / FPS
        for screen in shown:
            text = "\n".join(" ".join(line.words) for line in screen.lines).encode()
            packet = av.Packet(len(text).to_bytes(2, "big") + text)
            packet.pts = packet.dts = round((begin + screen.start_s) * 1000)
            packet.duration = max(1, round((screen.end_s - screen.start_s) * 1000))
            packet.time_base, packet.stream = Fraction(1, 1000), self._subtitles
            self._file.mux(packet)

    def close(self) -> None:
        """Write what is held back, and the index."""
        if not self._open:
            return
        self._open = False
        try:
            if self._frames:
                self._add_sound(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
                self._file.mux(self._video.encode(None))
                self._file.mux(self._audio.encode(None))
        finally:
            self._file.close()

    def _add_sound(self, samples: FloatArray) -> None:
        # The resampler holds some samples back at first: what comes out still counts from 0.
        samples = samples[: self._frames * (RATE // FPS) - self._samples]
        if len(samples):
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
            frame.sample_rate = RATE
            frame.pts, frame.time_base = self._samples, Fraction(1, RATE)
            self._samples += len(samples)
            self._file.mux(self._audio.encode(frame))


def _video_stream(file: av.container.OutputContainer) -> VideoStream:
    stream = file.add_stream("libx264", rate=FPS)
    stream.width = stream.height = SIZE
    stream.pix_fmt = "yuv420p"
    stream.options = dict(_X264)
    codec = stream.codec_context
    codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
    codec.color_range = 1  # 16 to 235, as video has it
    return stream


def _audio_stream(file: av.container.OutputContainer) -> AudioStream:
    stream = file.add_stream("aac", rate=RATE)
    stream.layout = "mono"
    stream.bit_rate = _AAC_BITS
    return stream


def _mark(text: str) -> skia.Image:
    """Return the mark as a small plate; the law asks that everybody can recognise it."""
    size = _MARK_SIZE
    width, height = round(lettering.width(text, size) + 30), round(size * 1.8)
    surface = skia.Surface(width, height)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorTRANSPARENT)
    plate = skia.Rect.MakeWH(width, height)
    paint = skia.Paint(Color=_MARK_PLATE, AntiAlias=True)
    canvas.drawRoundRect(plate, height / 2, height / 2, paint)
    ink = skia.Paint(Color=_MARK_INK, AntiAlias=True)
    lettering.draw(canvas, text, 15, height / 2 + size * 0.36, size, ink)
    return surface.makeImageSnapshot()
