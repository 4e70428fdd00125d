"""A painter in the network's place: it writes into the mouth what it was asked for.

The crop is a board of 8 x 8 squares, black or white: the reply's frame as the ear counted it, the
level of the sound in it, the avatar's frame, and the session. Frames of the avatar bear their own
number above the mouth, and a plain grey where the mouth is: the closed reference.
"""

import threading
import time
from dataclasses import dataclass, field, replace

import numpy as np

from modules.avatar.neural.engine import NeuralEngine
from modules.avatar.neural.painting import BOXES, FRAME_HEARD, MASKS
from modules.avatar.neural.preparation import painted
from modules.avatar.neural.shelf import (
    Motion,
    Pictures,
    motion_file,
    write_motion,
)
from modules.engines import EngineSpec
from modules.messages import FRAME_SIZE, Portrait

SIDE = 64
CELL = SIDE // 8
BOX = (176, 288, 336, 448)
"""Of the mouth; 20 pixels a square."""
ABOVE = (176, 64, 336, 224)
"""Where a frame bears its own number."""
DARK, LIGHT, CLOSED = 60, 196, 128
BITS = {"frame": 10, "level": 5, "index": 9, "session": 6}
SILENT_FRAME = 1023
SPEC = EngineSpec("oracle", "avatar", "", packages=("cv2",), first_output_s=5.0, next_output_s=3.0)


def board(value):
    """Bits as a picture, uint8 [64, 64, 3]: 36 squares inside a border of grey."""
    squares = np.full((8, 8), CLOSED, np.uint8)
    bits = [(value >> k) & 1 for k in range(36)]
    # The last two tell that there is a board at all.
    bits[30:36] = [1, 0, 1, 0, 1, 0]
    squares[1:7, 1:7] = np.where(np.array(bits).reshape(6, 6), LIGHT, DARK)
    return np.repeat(squares.repeat(CELL, 0).repeat(CELL, 1)[..., None], 3, -1)


def read(frame, box=BOX):
    """The bits of a board in a frame, None where there is none."""
    left, top, right, bottom = box
    part = frame[top:bottom, left:right].astype(float).mean(-1)
    side = (right - left) / 8
    squares = np.array(
        [
            [
                part[
                    int(y * side + 5) : int((y + 1) * side - 5),
                    int(x * side + 5) : int((x + 1) * side - 5),
                ].mean()
                for x in range(1, 7)
            ]
            for y in range(1, 7)
        ]
    ).ravel()
    if squares.max() - squares.min() < 40:
        return None
    bits = squares > (squares.max() + squares.min()) / 2
    if list(bits[30:36]) != [1, 0, 1, 0, 1, 0]:
        return None
    return sum(int(bit) << k for k, bit in enumerate(bits[:30]))


def packed(**fields):
    value = shift = 0
    for name, bits in BITS.items():
        value |= (int(fields.get(name, 0)) & ((1 << bits) - 1)) << shift
        shift += bits
    return value


def unpacked(value):
    fields = {}
    for name, bits in BITS.items():
        fields[name] = value & ((1 << bits) - 1)
        value >>= bits
    return fields


def level_of(samples):
    """The level of a frame's sound, 0 to 31, in steps of 2 dB from -62."""
    rms = np.sqrt(np.mean(np.asarray(samples, np.float64) ** 2)) if len(samples) else 0.0
    return int(np.clip(round((20 * np.log10(rms + 1e-9) + 62) / 2), 0, 31))


class OracleEar:
    def __init__(self, oracle, session):
        self.oracle, self.session = oracle, session
        self.samples = np.zeros(0, np.float32)
        self.given = 0

    def push(self, samples, last=False):
        self.oracle.check_thread()
        self.samples = np.concatenate([self.samples, samples])
        known = len(self.samples)
        if last:
            certain = -(-known // FRAME_HEARD)
        else:
            certain = max(0, (known - self.oracle.future) // FRAME_HEARD)
        rows = [
            [k, level_of(self.samples[k * FRAME_HEARD :][:FRAME_HEARD]), self.session]
            for k in range(self.given, max(self.given, certain))
        ]
        self.given += len(rows)
        return np.array(rows, np.float32).reshape(-1, 3)


@dataclass
class Oracle:
    """See above. `fps` is how many frames it paints in a second of `clock`."""

    name: str = "oracle"
    version: str = "1"
    size: int = SIDE
    batch: int = 16
    future: int = 1920
    whole: bool = False
    fps: float = float("inf")
    spend: object = time.sleep
    painted: list = field(default_factory=list)
    closed: bool = False

    def __post_init__(self):
        self.ears, self.threads = 0, set()

    def check_thread(self):
        self.threads.add(threading.get_ident())

    def prepare(self, frames, points):
        self.check_thread()
        assert frames.dtype == np.uint8
        assert points.shape == (len(frames), 68, 2)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[2:-2, 2:-2] = 128
        mask[4:-4, 4:-4] = 255
        return {
            BOXES: np.tile(np.array(BOX, np.int32), (len(frames), 1)),
            MASKS: np.tile(mask, (len(frames), 1, 1)),
            "numbers": np.array([unpacked(read(f, ABOVE))["index"] for f in frames]),
        }

    def attach(self, frames, arrays):
        self.check_thread()
        assert len(frames) == len(arrays["numbers"])
        return arrays["numbers"]

    def ear(self):
        self.check_thread()
        self.ears += 1
        return OracleEar(self, self.ears)

    def paint(self, runs):
        self.check_thread()
        count = sum(len(run.indices) for run in runs)
        assert 0 < count <= self.batch
        self.painted.append([len(run.indices) for run in runs])
        if self.fps < float("inf"):
            self.spend(count / self.fps)
        return [self._painted(run) for run in runs]

    def _painted(self, run):
        assert len(run.indices) == len(run.features) == len(run.strength)
        return np.stack(
            [
                board(packed(frame=f, level=level, index=run.prepared[i], session=session))
                for i, (f, level, session) in zip(run.indices, run.features, strict=True)
            ]
        )

    def close(self):
        self.closed = True


class OracleEngine(NeuralEngine):
    def __init__(self, spec=SPEC, **oracle):
        super().__init__(spec)
        self.oracle = Oracle(**oracle)

    def make(self):
        return self.oracle


def frame_of(number):
    frame = np.full((FRAME_SIZE, FRAME_SIZE, 3), 150, np.uint8)
    left, top, right, bottom = ABOVE
    side = (right - left) // 8
    frame[top:bottom, left:right] = (
        board(packed(index=number))[::CELL, ::CELL].repeat(side, 0).repeat(side, 1)
    )
    left, top, right, bottom = BOX
    frame[top:bottom, left:right] = CLOSED
    return frame


def motion(frames=40, loops=False, closed=True):
    points = np.random.default_rng(1).uniform(100, 400, (frames, 68, 2)).astype(np.float32)
    return Motion(
        Pictures.of(frame_of(k) for k in range(frames)), points,
        np.full(frames, closed), loops, "clip",
    )  # fmt: skip


def portrait(folder, **fields):
    points = np.zeros((26, 2), np.float32)
    return Portrait("photo-" + "0" * 32, "Tấm bảng", frame_of(0), points, str(folder), **fields)


def prepared(engine, folder, rgb=None, **fields):
    """A portrait of numbered frames, ready for an engine; `rgb` is its own picture."""
    face = portrait(folder, clip=True, prepared=("oracle",))
    face = face if rgb is None else replace(face, rgb=rgb)
    write_motion(motion_file(face), motion(**fields))
    assert engine.prepare(face)
    return face


__all__ = ["Oracle", "OracleEngine", "painted", "prepared", "read", "unpacked"]
