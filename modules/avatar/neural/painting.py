"""What a network that paints mouths must offer: MuseTalk, Wav2Lip, and the tests' oracle.

    once per avatar    frames and their 68 points -> `prepare` -> arrays, kept on disk -> `attach`
    once per reply     `ear()`; 16 kHz sound in, features out, one row a frame
    for each batch     runs of frames of several sessions -> `paint` -> mouths, or whole frames

Everything else is shared and lies beside this file: who finds the points (`landmarks/`), what is
kept (`preparation.py`, `shelf.py`), which of the avatar's frames follows which (`path.py`), when
the mouth is closed (`quiet.py`), whose frames share a batch (`queue.py`), and how a mouth is put
into its frame (`pasting.py`).

A painter is used by one thread from `load` on, its ears too: it may hold a device, graphs and
buffers without a lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from modules.messages import FPS, LISTEN_RATE, ByteArray, FloatArray

FRAME_HEARD = LISTEN_RATE // FPS
"""640 samples of 16 kHz sound belong to one frame, without a remainder."""
POINTS = 68
"""Of a face, in the order of iBUG 300-W (Sagonas et al. 2013): jaw 0-16, brows 17-26, nose 27-35,
eyes 36-47, lips 48-67; x and y in pixels of the frame. `left` is the picture's left."""

BOXES = "boxes"
"""int32 [n, 4]: left, top, right, bottom (exclusive) of where the mouth's crop lies in its frame,
in pixels; it may reach beyond the frame."""
MASKS = "masks"
"""uint8 [n, m, m], m free: how opaque the crop is over its box, 255 wholly; soft at its border."""

Arrays = Mapping[str, npt.NDArray[Any]]
"""Arrays by name, the first axis counts frames; no objects: they are stored as they are."""
Features = Any
"""What was heard: the first axis counts frames. A numpy array, or a tensor of the painter's device:
it is only sliced, and handed back."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Some frames of one session, in order: what `paint` is asked for.

    `indices` int64 [k] are frames of the avatar, `features` [k, ...] what is heard in each, and
    `strength` float32 [k] how far the painted mouth replaces the avatar's own: 1 while it speaks, 0
    never asked for, between them on the way into silence. Only a painter of whole frames needs it.
    """

    prepared: Any
    indices: npt.NDArray[np.int64]
    features: Features
    strength: FloatArray


class Clip(Protocol):
    """An avatar's frames, each uint8 [512, 512, 3] RGB: `shelf.Pictures`, or an array."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> ByteArray: ...


class Ear(Protocol):
    """What the sound of one reply means to a painter. It keeps the past that it needs."""

    def push(self, samples: FloatArray, last: bool = False) -> Features:
        """Take the next samples, float32 [any] at 16 kHz; return the features of the frames that
        are certain now, in order, each frame once; [0, ...] where there is none yet.

        Frame k belongs to samples 640 k to 640 (k + 1). It is certain as soon as the future that it
        needs is there. With `last` every frame that has a sample is: beyond the end, and before the
        beginning, lies silence. What was computed for an earlier call is not computed again, but
        for a context that a network cannot do without.
        """


class Painter(Protocol):
    """A network that paints a mouth to what is heard. Made by `NeuralEngine.load`."""

    name: str
    version: str
    """Of what `prepare` gives: with another one, avatars are prepared anew."""
    size: int
    """Side of a crop in pixels."""
    batch: int
    """The most frames of one call; where shapes are fixed the painter fills up to one of its own
    sizes itself."""
    future: int
    """Samples at 16 kHz beyond a frame's own end that its features need: so much is held back
    while the reply goes on."""
    whole: bool
    """Whether `paint` gives whole frames, pasted by the painter; else crops, pasted here."""

    def prepare(self, frames: ByteArray, points: FloatArray) -> Arrays:
        """Return what is kept of some frames of an avatar, `BOXES` and `MASKS` among it.

        `frames` uint8 [n, 512, 512, 3] RGB, `points` float32 [n, 68, 2], smooth over time already.
        Called for some frames after the other, so that living sessions get their turn: no frame
        depends on another one. Deterministic.
        """

    def attach(self, frames: Clip, arrays: Arrays) -> Any:
        """Return what `paint` takes as `prepared`: the same, where the network can reach it.

        Frames are opened one by one as they are taken (`shelf.Pictures`), some 3 ms each: whoever
        needs none at once is ready at once.
        """

    def ear(self) -> Ear:
        """Return an ear for a new reply."""

    def paint(self, runs: Sequence[Run]) -> list[ByteArray]:
        """Return the mouths of each run, uint8 [k, size, size, 3] RGB, or, where `whole`, the
        frames, uint8 [k, 512, 512, 3]. All runs together have at most `batch` frames.
        """

    def close(self) -> None:
        """Give back what is held."""


class Mover(Protocol):
    """What makes a portrait move while nothing is said: SadTalker, or the puppet."""

    name: str
    version: str

    def idle(self, rgb: ByteArray, points: FloatArray) -> Iterator[ByteArray]:
        """Yield the frames of a seamless loop, each uint8 [512, 512, 3] RGB, 25 a second.

        `rgb` uint8 [512, 512, 3], `points` float32 [68, 2]. The first frame shows the portrait as
        it is, or nearly; the last one is next to it. The mouth stays as it is.
        """
