"""DWPose on onnxruntime: a person is found, then the 133 points of the whole body in their box.

The files are those of `yzd-v/DWPose` (Yang et al. 2023, "Effective Whole-body Pose Estimation with
Two-stages Distillation"): YOLOX-l and RTMPose-l 384x288. Of the points, 23 to 90 are the 68 of the
face. YOLOX was trained on BGR from 0 to 255 over grey 114, RTMPose on RGB with ImageNet's mean and
deviation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from modules.avatar.landmarks.simcc import SPLIT, decode
from modules.avatar.neural.painting import POINTS
from modules.errors import EngineUnavailable, WeightsRejected
from modules.installing import command
from modules.messages import ByteArray, FloatArray

DETECTOR, POSE = "yolox_l.onnx", "dw-ll_ucoco_384.onnx"
SIDE = 640
"""Of what the detector looks at."""
WIDE, HIGH = 288, 384
"""Of what the pose network looks at."""
BODY_POINTS = 133
FACE = slice(23, 91)

_GREY = 114
_STRIDES = (8, 16, 32)
_PERSON = 0
"""Of COCO's classes."""
_LEAST_PERSON, _OVERLAP = 0.3, 0.45
_PADDING = 1.25
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
LEAST_SURE = 0.3
"""Mean sureness of a face's points below which there is no face to be seen."""


class Face(NamedTuple):
    """A face's points, float32 [68, 2] in pixels of the picture, and how sure each is [68]."""

    points: FloatArray
    sure: FloatArray


class DWPose:
    """Both networks. Not thread-safe in what it allocates, but harmless: sessions of onnxruntime
    may be run from several threads.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Load the networks of a folder.

        Raises `EngineUnavailable` where onnxruntime is missing, `WeightsRejected` for a file that
        is no network of this shape.
        """
        self._detector = _session(folder / DETECTOR, threads)
        self._pose = _session(folder / POSE, threads)
        _check(self._detector, DETECTOR, (3, SIDE, SIDE), ((8400, 85),))
        simcc = ((BODY_POINTS, WIDE * SPLIT), (BODY_POINTS, HIGH * SPLIT))
        _check(self._pose, POSE, (3, HIGH, WIDE), simcc)

    def face(self, rgb: ByteArray, box: FloatArray | None = None) -> Face | None:
        """Return the face of the largest person of a picture, uint8 [height, width, 3], or None.

        `box` left, top, right, bottom of the person, where it is known from the last frame, saves
        the search.
        """
        found = box if box is not None else self.person(rgb)
        if found is None:
            return None
        points, sure = self._points(rgb, found)
        face = Face(points[FACE], sure[FACE])
        return face if float(face.sure.mean()) >= LEAST_SURE else None

    def person(self, rgb: ByteArray) -> FloatArray | None:
        """Return the box of the largest person, float32 [4], None where there is none."""
        boxes = self._persons(rgb)
        if not len(boxes):
            return None
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        return np.asarray(boxes[int(area.argmax())], np.float32)

    def _persons(self, rgb: ByteArray) -> FloatArray:
        ratio = SIDE / max(rgb.shape[:2])
        small = cv2.resize(rgb, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_LINEAR)
        square = np.full((SIDE, SIDE, 3), _GREY, np.uint8)
        square[: small.shape[0], : small.shape[1]] = small[:SIDE, :SIDE]
        image = square[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        (raw,) = _run(self._detector, image)
        boxes, scores = person_boxes(raw[0])
        return np.asarray(boxes[kept(boxes, scores)] / ratio, np.float32)

    def _points(self, rgb: ByteArray, box: FloatArray) -> tuple[FloatArray, FloatArray]:
        into = _into(box)
        part = cv2.warpAffine(rgb, into, (WIDE, HIGH), flags=cv2.INTER_LINEAR)
        image = ((part - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None].astype(np.float32)
        simcc_x, simcc_y = _run(self._pose, image)
        places, sure = decode(simcc_x[0], simcc_y[0])
        back = cv2.invertAffineTransform(into)
        return np.asarray(places @ back[:, :2].T + back[:, 2], np.float32), sure


def person_boxes(raw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return boxes float32 [m, 4] and scores [m] of persons in YOLOX's output, float32 [8400, 85].

    A cell tells the middle of a box relative to itself and the logarithm of its size, in strides.
    """
    cells, strides = _cells()
    middle = (raw[:, :2] + cells) * strides
    half = np.exp(np.minimum(raw[:, 2:4], 10)) * strides / 2
    score = raw[:, 4] * raw[:, 5 + _PERSON]
    likely = (score > _LEAST_PERSON) & (raw[:, 5:].argmax(-1) == _PERSON)
    boxes = np.concatenate([middle - half, middle + half], -1)
    return boxes[likely].astype(np.float32), score[likely].astype(np.float32)


def kept(boxes: FloatArray, scores: FloatArray) -> list[int]:
    """Return which boxes are left where of those that overlap only the best stays."""
    left = list(np.argsort(-scores))
    best: list[int] = []
    while left:
        first = int(left.pop(0))
        best.append(first)
        left = [k for k in left if _overlap(boxes[first], boxes[k]) <= _OVERLAP]
    return best


def _overlap(a: FloatArray, b: FloatArray) -> float:
    wide, high = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = max(0.0, float(wide)) * max(0.0, float(high))
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (a, b)]
    return both / max(1e-6, sum(areas) - both)


def _cells() -> tuple[FloatArray, FloatArray]:
    cells, strides = [], []
    for stride in _STRIDES:
        y, x = np.mgrid[: SIDE // stride, : SIDE // stride]
        cells.append(np.stack([x, y], -1).reshape(-1, 2))
        strides.append(np.full((x.size, 1), stride))
    return (
        np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32),
    )  # fmt: skip


def _into(box: FloatArray) -> FloatArray:
    """Return float32 [2, 3]: the person's box with a quarter more on all sides, in the input."""
    middle = (box[:2] + box[2:]) / 2
    wide, high = (box[2:] - box[:2]) * _PADDING
    wide = max(float(wide), float(high) * WIDE / HIGH, 1.0)
    scale = WIDE / wide
    offset = np.array([WIDE, HIGH]) / 2 - middle * scale
    return np.array([[scale, 0, offset[0]], [0, scale, offset[1]]], np.float32)


def _session(path: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        remedy = command(["onnxruntime"])
        raise EngineUnavailable("packages", stage="avatar", remedy=remedy) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    able = onnxruntime.get_available_providers()
    wanted = [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p in able]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:  # its own errors share no base but this one
        raise WeightsRejected("unreadable", file=path.name, why=type(error).__name__) from error


def _check(session: Any, file: str, image: tuple[float, ...], outputs: tuple[Any, ...]) -> None:
    """Refuse a network of another interface. Names of outer axes may stand for numbers."""
    inputs = session.get_inputs()
    shapes = [tuple(each.shape[1:]) for each in session.get_outputs()]
    fits = len(inputs) == 1 and _like(inputs[0].shape[1:], image) and len(shapes) == len(outputs)
    if not fits or not all(_like(s, o) for s, o in zip(shapes, outputs, strict=True)):
        raise WeightsRejected("keys", file=file, why=str(shapes))


def _like(shape: Any, wanted: tuple[float, ...]) -> bool:
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(isinstance(a, str) or a == b for a, b in pairs)


def _run(session: Any, image: FloatArray) -> list[FloatArray]:
    return [np.asarray(out, np.float32) for out in session.run(None, {_input(session): image})]


def _input(session: Any) -> str:
    return str(session.get_inputs()[0].name)


def check_points(points: FloatArray) -> FloatArray:
    """Return points as float32 [68, 2]; a `ValueError` says that they are something else."""
    if points.shape != (POINTS, 2) or not np.isfinite(points).all():
        raise ValueError(f"not the points of a face: {points.shape}")
    return points.astype(np.float32)
