"""Wav2Lip on this machine's processor, with random weights of the full size.

    python -m benchmarks.wav2lip [--json FILE]

What a frame costs as upstream computes it, and what is left of that here: the face encoded once,
only the mouth's rows decoded, batch norm folded, onnxruntime. Both give the same pixels; how far 8
bits change them is measured, and not used: what random weights lose says little of what released
ones would. The rows are taken in turn, round by round, so that a busy machine is busy for all.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import Tensor, nn

from benchmarks.report import Figure, main, spread
from modules.avatar.neural.painting import BOXES, MASKS, Run
from modules.avatar.neural.pasting import paste
from modules.avatar.wav2lip.checkpoint import folded
from modules.avatar.wav2lip.export import Graphs, export, to_onnx
from modules.avatar.wav2lip.mouth import FIRST_ROW
from modules.avatar.wav2lip.network import Wav2Lip
from modules.avatar.wav2lip.painter import BATCH, Wav2LipPainter
from modules.messages import ByteArray, FloatArray

ROUNDS = 7
FPS = 25
CORES = 2
"""What the figures are asked of."""
_CALIBRATED = 8

Feed = dict[str, FloatArray]


class Whole(nn.Module):
    """The network as upstream runs it: everything for every frame."""

    def __init__(self, network: Wav2Lip) -> None:
        super().__init__()
        self.network = network

    def forward(self, mels: Tensor, faces: Tensor) -> Tensor:
        """Return faces."""
        made: Tensor = self.network(mels, faces)
        return made


def random_network() -> Wav2Lip:
    """Return the network with noise for weights, scaled so that every layer says something."""
    torch.manual_seed(0)
    network = Wav2Lip()
    for name, held in network.state_dict().items():
        if held.ndim >= 2:
            gain = 0.05 if name.startswith("output_block.1") else 1.4
            held.normal_(0, gain / math.sqrt(held[0].numel()))
    return folded(network.eval())


def session(model: bytes | str) -> onnxruntime.InferenceSession:
    """Return a session on as many threads as are asked for."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feed(face: onnxruntime.InferenceSession, seed: int, frames: int) -> Feed:
    """Return what the mouth takes: random faces, encoded, and random moments of mel."""
    random = np.random.default_rng(seed)
    faces = random.random((frames, 3, 96, 96), dtype=np.float32)
    seen = face.run(None, {"faces": faces})
    mels = random.uniform(-4, 4, (frames, 1, 80, 16)).astype(np.float32)
    return {"mels": mels} | {f"seen{k}": layer for k, layer in enumerate(seen)}


class _Feeds(CalibrationDataReader):  # type: ignore[misc]  # it has no types
    def __init__(self, face: onnxruntime.InferenceSession) -> None:
        self._feeds: Iterator[Feed] = (feed(face, 100 + k, 1) for k in range(_CALIBRATED))

    def get_next(self) -> Feed | None:
        return next(self._feeds, None)


def eight_bits(graphs: Graphs) -> onnxruntime.InferenceSession:
    """Return the mouth with its convolutions in 8 bits."""
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        plain.write_bytes(graphs.mouth)
        quantize_static(
            plain, small, _Feeds(session(graphs.face)), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Add", "Relu", "Concat"],
        )  # fmt: skip
        return session(str(small))


def run() -> list[Figure]:
    """Return what a frame costs, and what each way of computing it changes."""
    torch.set_num_threads(CORES)
    network = random_network()
    began = time.perf_counter()
    graphs = export(network)
    exported = time.perf_counter() - began
    works, kept = _works(network, graphs)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for round_ in range(ROUNDS + 1):
        for name, (work, frames) in works.items():
            began, worked = time.perf_counter(), time.process_time()
            work()
            taken = (time.perf_counter() - began, time.process_time() - worked)
            if round_:  # the first one warms up
                times[name].append((taken[0] / frames * 1e3, taken[1] / frames * 1e3))
    rows = [_row(name, taken) for name, taken in times.items()]
    return [_machine(), *rows, *_differences(network, graphs, kept), Figure(
        "export to ONNX, at the first use", exported, "s"
    )]  # fmt: skip


def _works(
    network: Wav2Lip, graphs: Graphs
) -> tuple[dict[str, tuple[Callable[[], object], int]], onnxruntime.InferenceSession]:
    random = np.random.default_rng(1)
    mels = random.uniform(-4, 4, (BATCH, 1, 80, 16)).astype(np.float32)
    faces = random.random((BATCH, 6, 96, 96), dtype=np.float32)
    inputs = torch.from_numpy(mels), torch.from_numpy(faces)
    with torch.inference_mode():
        whole = session(to_onnx(Whole(network), inputs, ("mels", "faces"), ("made",)))
    mouth, small = session(graphs.mouth), eight_bits(graphs)
    fed = feed(session(graphs.face), 2, BATCH)
    one = {name: held[:1] for name, held in fed.items()}

    def eager() -> None:
        with torch.inference_mode():
            network(*inputs)

    return {
        f"as upstream, torch, {BATCH} frames": (eager, BATCH),
        f"as upstream, onnxruntime, {BATCH} frames": (
            lambda: whole.run(None, {"mels": mels, "faces": faces}), BATCH,
        ),
        f"mouth alone, {BATCH} frames": (lambda: mouth.run(None, fed), BATCH),
        "mouth alone, 1 frame": (lambda: mouth.run(None, one), 1),
        f"mouth alone in 8 bits, {BATCH} frames": (lambda: small.run(None, fed), BATCH),
        f"painted and pasted, {BATCH} frames": (_painting(graphs), BATCH),
    }, small  # fmt: skip


def _painting(graphs: Graphs) -> Callable[[], object]:
    """Return the whole way of a batch of the product: encode once, paint, paste into 512 x 512."""
    painter = Wav2LipPainter(graphs, CORES)
    random = np.random.default_rng(3)
    frames = random.integers(0, 255, (1, 512, 512, 3)).astype(np.uint8)
    points = _points()
    arrays = painter.prepare(frames, points)
    prepared = painter.attach(frames, arrays)
    mels = random.uniform(-4, 4, (BATCH, 1, 80, 16)).astype(np.float32)
    asked = Run(prepared, np.zeros(BATCH, np.int64), mels, np.ones(BATCH, np.float32))

    def work() -> None:
        for crop in painter.paint([asked])[0]:
            picture: ByteArray = frames[0].copy()
            paste(picture, crop, arrays[BOXES][0], np.asarray(arrays[MASKS][0], np.uint8), 1.0)

    return work


def _points() -> FloatArray:
    points = np.full((1, 68, 2), 256, np.float32)
    turn = np.linspace(math.pi, 0, 17)
    points[0, :17] = np.stack([256 + 110 * np.cos(turn), 240 + 140 * np.sin(turn)], 1)
    points[0, 17:27, 1] = 190
    return points


def _differences(
    network: Wav2Lip, graphs: Graphs, small: onnxruntime.InferenceSession
) -> list[Figure]:
    random = np.random.default_rng(9)
    faces = random.random((8, 3, 96, 96), dtype=np.float32)
    mels = random.uniform(-4, 4, (8, 1, 80, 16)).astype(np.float32)
    masked = faces.copy()
    masked[:, :, 48:] = 0
    with torch.inference_mode():
        both = torch.from_numpy(np.concatenate([masked, faces], axis=1))
        whole = network(torch.from_numpy(mels), both).numpy()[:, :, FIRST_ROW:]
    seen = session(graphs.face).run(None, {"faces": faces})
    fed = {"mels": mels} | {f"seen{k}": layer for k, layer in enumerate(seen)}
    rows = []
    for name, made in (("mouth alone", session(graphs.mouth)), ("in 8 bits", small)):
        off = np.abs(made.run(None, fed)[0] - whole) * 255
        detail = f"at most {off.max():.3g} levels; a picture's own spread {255 * whole.std():.0f}"
        bound = 0.5 if name == "mouth alone" else None
        rows.append(
            Figure(
                f"{name}: apart from upstream's", float(off.mean()), "levels", bound, None, detail
            )
        )
    return rows


def _row(name: str, taken: list[tuple[float, float]]) -> Figure:
    """Frames a second by the clock; beside it the processor's own time, which is nearly the same
    on a busy machine as on a quiet one.
    """
    asked = FPS if name.startswith("painted") else None
    clock, processor = zip(*taken, strict=True)
    least = median(processor)
    detail = f"{spread(clock, 'ms a frame')}; processor {least:.1f} ms, of {CORES} cores at best"
    detail += f" {1e3 * CORES / least:.0f} fps"
    return Figure(name, 1e3 / median(clock), "fps", None, asked, detail)


def _machine() -> Figure:
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    state = "quiet" if load < 0.5 else "busy" if load > 1.5 else "in use"
    return Figure("machine", load, "load", detail=f"{cores} cores, {state} at the start")


if __name__ == "__main__":
    main(run)
