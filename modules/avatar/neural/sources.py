"""How an avatar moves while a network paints its mouth: as it was filmed, or as it was made to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from modules.avatar.landmarks.clip import bridged, longest_stretch, smoothed
from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.following import follow
from modules.avatar.landmarks.mapping import points68
from modules.avatar.neural.painting import Mover
from modules.avatar.neural.shelf import Made, Motion, Pictures
from modules.avatar.photo.clips import CLIP
from modules.errors import InvalidInput, StorageFailed
from modules.messages import ByteArray, FloatArray, Portrait

PUPPET, FILMED = "puppet", "clip"
VERSION = "1"
"""Of the puppet's loop as a motion, and of a clip's: with another one they are made anew."""
SHUT = 0.06
"""Height of the gap between the lips, in widths of the mouth, below which it is closed."""

Progress = Callable[[float], None]


def motion_of(
    portrait: Portrait, finder: Finder, mover: Mover | None = None,
    progress: Progress = lambda share: None,
) -> Motion:  # fmt: skip
    """Return how a portrait moves: its clip, or the loop of a mover (None: the puppet).

    Blocks for some seconds. Raises `InvalidInput` "face_none" for a clip without a face, and
    `StorageFailed` "unreadable" for a damaged one.
    """
    marked = finder.picture(portrait.rgb, points68(portrait.points))
    if portrait.clip:
        return _filmed(portrait, finder, marked, progress)
    return _moved(portrait, mover, marked, progress)


def current(made: Made | Motion, mover: Mover | None) -> bool:
    """Tell whether a motion that is kept is what `motion_of` would give now.

    The loop of a mover that is not loaded now is kept: the puppet's would be less.
    """
    if made.mover == FILMED or (mover is None and made.mover == PUPPET):
        return made.version == VERSION
    return mover is None or (made.mover, made.version) == (mover.name, mover.version)


def read_clip(portrait: Portrait) -> list[ByteArray]:
    """Return the frames of a filmed face. Raises `StorageFailed` "unreadable"."""
    try:
        with av.open(str(Path(portrait.folder) / CLIP)) as file:
            frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    except (OSError, av.error.FFmpegError, IndexError, ValueError) as error:
        raise StorageFailed("unreadable", what=CLIP) from error
    if not frames or frames[0].shape != portrait.rgb.shape:
        raise StorageFailed("unreadable", what=CLIP)
    return [np.asarray(frame, np.uint8) for frame in frames]


def there_and_back(portrait: Portrait) -> Iterator[ByteArray]:
    """Yield a filmed face as a loop: to its end, and back to where it began."""
    frames = read_clip(portrait)
    yield from frames
    yield from frames[-2:0:-1]


def shut(points: FloatArray) -> npt.NDArray[np.bool_]:
    """Return whose mouth is closed, bool [n], of points float32 [n, 68, 2]."""
    gap = np.hypot(*np.moveaxis(points[:, 66] - points[:, 62], -1, 0))
    wide = np.hypot(*np.moveaxis(points[:, 54] - points[:, 48], -1, 0))
    return np.asarray(gap < SHUT * np.maximum(wide, 1))


def _filmed(portrait: Portrait, finder: Finder, marked: FloatArray, progress: Progress) -> Motion:
    frames = read_clip(portrait)
    progress(0.2)
    found = finder.clip(frames, marked)
    begin, end = longest_stretch(found)
    if begin == end:
        raise InvalidInput("face_none", field="file")
    points = smoothed(bridged(found[begin:end]))
    progress(0.8)
    return Motion(Pictures.of(frames[begin:end]), points, shut(points), False, FILMED, VERSION)


def _moved(
    portrait: Portrait, mover: Mover | None, marked: FloatArray, progress: Progress
) -> Motion:
    """A loop; the portrait's own mouth is its closed one, whatever it shows."""
    from modules.avatar.photo.engine import portrait_loop

    loop = mover.idle(portrait.rgb, marked) if mover else portrait_loop(portrait)
    frames: list[ByteArray] = []
    for frame in loop:
        frames.append(frame)
        progress(min(0.5, len(frames) / 600))
    found = list(follow(frames, marked))
    progress(0.8)
    points = smoothed(bridged(found), loops=True)
    closed = np.ones(len(frames), bool)
    name, version = (mover.name, mover.version) if mover else (PUPPET, VERSION)
    return Motion(Pictures.of(frames), points, closed, True, name, version)
