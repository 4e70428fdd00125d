"""The scenes of a film: an answer with its face and voice, or what was said as a card.

A scene yields pictures of the film's size with exactly the sound that belongs to each. Answers
stream from disk: one picture at a time is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias, cast

import av
import numpy as np
import skia
from av.video.reformatter import Interpolation

from modules.media.captions import WIDTH, CaptionTrack
from modules.media.card import FADE_FRAMES, CardFace, pages
from modules.messages import FPS, FRAME_SAMPLES, SPEECH_RATE, ByteArray, Caption, FloatArray

SIZE = WIDTH
"""The film is square, larger than the stream: captions stay sharp where it is shown large."""

_SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""Without the last two, greens lose three levels."""

Picture: TypeAlias = tuple[ByteArray, FloatArray]
"""One picture (uint8 [720, 720, 4], blue first) and its `FRAME_SAMPLES` samples."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it was sent to the page: a file of fragmented MP4 for each track."""

    video: Path
    audio: Path
    seconds: float
    """How much of it is shown: all of it, or until it was interrupted."""
    captions: tuple[Caption, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """Something that is read: who said it, and on which side of a conversation they stand."""

    speaker: str
    text: str
    side: Literal["user", "assistant"] = "user"
    idle: Path | None = None
    """The loop that plays behind it; without one the picture next to it stands still."""


Scene: TypeAlias = Answer | Card


def frames_of(scene: Scene) -> int:
    """Return about how many pictures a scene has: what progress is counted by."""
    if isinstance(scene, Answer):
        return round(scene.seconds * FPS)
    return sum(page.frames for page in pages(scene.text))


def play(scene: Scene, before: ByteArray | None, after: ByteArray | None, *,
         captions: bool) -> Iterator[Picture]:  # fmt: skip
    """Yield the pictures of a scene.

    `before` and `after` are the pictures next to it: a card fades from the one and into the other,
    so that a face in another pose does not jump.
    """
    if isinstance(scene, Answer):
        return _answer(scene, captions=captions)
    return _card(scene, before, after)


def first_picture(scene: Scene) -> ByteArray | None:
    """Return the first picture of an answer; a card has none of its own."""
    if not isinstance(scene, Answer):
        return None
    return next(_pictures(scene.video), None)


def _answer(answer: Answer, *, captions: bool) -> Iterator[Picture]:
    track = CaptionTrack(answer.captions if captions else ())
    sound = _sound(answer.audio)
    last = round(answer.seconds * FPS)
    for index, picture in enumerate(_pictures(answer.video)):
        if index >= last:
            return
        track.draw(canvas_of(picture), index / FPS)
        samples = np.zeros(FRAME_SAMPLES, np.float32)
        piece = sound[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES]
        samples[: len(piece)] = piece
        yield picture, samples


def _card(card: Card, before: ByteArray | None, after: ByteArray | None) -> Iterator[Picture]:
    silence = np.zeros(FRAME_SAMPLES, np.float32)
    faces = [CardFace(page, card.speaker, card.side) for page in pages(card.text)]
    count = sum(face.frames for face in faces)
    still = before if before is not None else after
    behind = _looped(card.idle, still)
    index = 0
    for face in faces:
        for shown in range(face.frames):
            picture = next(behind)
            if before is not None:
                _mix(picture, before, 1.0 - (index + 1) / FADE_FRAMES)
            if after is not None:
                _mix(picture, after, 1.0 - (count - index) / FADE_FRAMES)
            face.draw(canvas_of(picture), shown, first=face is faces[0], last=face is faces[-1])
            yield picture, silence
            index += 1


def canvas_of(picture: ByteArray) -> skia.Canvas:
    """Return a canvas that draws into a picture."""
    surface = skia.Surface(picture, colorType=skia.kBGRA_8888_ColorType)
    return surface.getCanvas()


def _mix(picture: ByteArray, other: ByteArray, share: float) -> None:
    if share > 0.0:
        weight = np.uint16(round(share * 256))
        mixed = (picture * (np.uint16(256) - weight) + other * weight) >> 8
        picture[...] = mixed.astype(np.uint8)


def _looped(path: Path | None, still: ByteArray | None) -> Iterator[ByteArray]:
    """Yield pictures without end."""
    while path is not None:
        some = False
        for picture in _pictures(path):
            some = True
            yield picture
        if not some:
            break
    plain = still if still is not None else np.full((SIZE, SIZE, 4), 24, np.uint8)
    while True:
        yield plain.copy()


def _pictures(path: Path) -> Iterator[ByteArray]:
    with av.open(str(path)) as source:
        source.streams.video[0].thread_type = "NONE"
        for frame in source.decode(video=0):
            picture = frame.to_ndarray(
                width=SIZE, height=SIZE, format="bgra", interpolation=_SCALING
            )
            yield cast("ByteArray", np.ascontiguousarray(picture))


def _sound(path: Path) -> FloatArray:
    """Return the sound of a track from time 0 on, at `SPEECH_RATE`."""
    blocks: list[FloatArray] = []
    length = 0
    with av.open(str(path)) as source:
        for frame in source.decode(audio=0):
            begin = round((frame.pts or 0) * (frame.time_base or Fraction(1)) * SPEECH_RATE)
            if begin > length:
                blocks.append(np.zeros(begin - length, np.float32))
                length = begin
            block = frame.to_ndarray()[0].astype(np.float32)[max(0, length - begin) :]
            blocks.append(block)
            length += len(block)
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
