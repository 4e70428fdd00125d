"""Wav2Lip as a painter of mouths (`neural/painting.py`), on onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from modules.avatar.neural.painting import BOXES, MASKS, Arrays, Clip, Run
from modules.avatar.wav2lip.crop import box, cropped, mask
from modules.avatar.wav2lip.ear import FUTURE, MelEar
from modules.avatar.wav2lip.export import VERSION, Graphs, graphs
from modules.avatar.wav2lip.mouth import FIRST_ROW, SIDE
from modules.messages import ByteArray, FloatArray

FACES = "faces"
"""uint8 [n, 96, 96, 3] BGR: what the network sees of each frame."""
BATCH = 12
"""Frames of one call, about half a second of a reply: below four a frame takes half as long again,
beyond eight no less."""
_MOST_THREADS = 4
_KEPT = 192
"""Frames of an avatar whose encoded faces are kept, 0.75 MB each; others are encoded each time,
which makes a frame a sixth slower."""
_VERSION = 1


class Seen:
    """An avatar, and what the network's encoder made of its frames."""

    def __init__(self, faces: ByteArray) -> None:
        self.faces = faces
        self.encoded: dict[int, list[FloatArray]] = {}


class Wav2LipPainter:
    """The network, loaded. Used by one thread."""

    name = "wav2lip"
    size = SIDE
    batch = BATCH
    future = FUTURE
    whole = False

    def __init__(self, made: Graphs, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
        # A thread that waits for work must not take the processor from speech and words.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.version = f"{_VERSION}.{VERSION}"
        self._face, self._mouth = (
            onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            for data in (made.face, made.mouth)
        )

    @classmethod
    def load(cls, folder: Path, sha256: str | None) -> Wav2LipPainter:
        """Return the painter of the checkpoint in a model's folder, exported at the first use."""
        return cls(graphs(folder, sha256))

    def prepare(self, frames: ByteArray, points: FloatArray) -> Arrays:
        """Return boxes, masks and the faces in the boxes."""
        size = frames.shape[1:3]
        boxes = [box(each, *size) for each in points]
        pairs = list(zip(frames, boxes, strict=True))
        return {
            BOXES: np.array(boxes, np.int32),
            MASKS: np.stack([mask(p, where) for p, where in zip(points, boxes, strict=True)]),
            FACES: np.stack([cropped(frame, where)[..., ::-1] for frame, where in pairs]),
        }

    def attach(self, frames: Clip, arrays: Arrays) -> Seen:
        """Return an avatar whose frames are encoded when they are first painted."""
        return Seen(np.asarray(arrays[FACES], np.uint8))

    def ear(self) -> MelEar:
        """Return an ear for a new reply."""
        return MelEar()

    def paint(self, runs: Sequence[Run]) -> list[ByteArray]:
        """Return each run's faces with the mouth they speak with, uint8 [k, 96, 96, 3] RGB.

        Rows that are not painted are the avatar's own.
        """
        seen = [face for run in runs for face in self._encoded(run)]
        mels = np.concatenate([np.asarray(run.features, np.float32) for run in runs])
        feed = {"mels": mels}
        feed |= {f"seen{k}": np.stack(layer) for k, layer in enumerate(zip(*seen, strict=True))}
        rows = np.asarray(self._mouth.run(None, feed)[0]).transpose(0, 2, 3, 1)
        faces = np.concatenate([run.prepared.faces[run.indices] for run in runs])
        faces[:, FIRST_ROW:] = rows * 255  # cut off to whole numbers, as upstream does
        ends = np.cumsum([len(run.indices) for run in runs])[:-1]
        return np.split(np.ascontiguousarray(faces[..., ::-1]), ends)

    def close(self) -> None:
        """Let the network go."""
        del self._face, self._mouth

    def _encoded(self, run: Run) -> list[list[FloatArray]]:
        held: Seen = run.prepared
        wanted = sorted({int(index) for index in run.indices} - held.encoded.keys())
        fresh: dict[int, list[FloatArray]] = {}
        if wanted:
            pictures = held.faces[wanted].transpose(0, 3, 1, 2).astype(np.float32) / 255
            layers = self._face.run(None, {"faces": pictures})
            fresh = {i: [layer[k] for layer in layers] for k, i in enumerate(wanted)}
        known = held.encoded | fresh
        for index in wanted[: max(0, _KEPT - len(held.encoded))]:
            held.encoded[index] = [layer.copy() for layer in fresh[index]]
        return [known[int(index)] for index in run.indices]
