"""The network as onnxruntime takes it: made at the first use, kept beside the checkpoint."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from modules.avatar.wav2lip.checkpoint import CHECKPOINT, load_wav2lip
from modules.avatar.wav2lip.mel import BANDS, WINDOW
from modules.avatar.wav2lip.mouth import SIDE, Face, Mouth
from modules.avatar.wav2lip.network import Wav2Lip
from modules.private import write_private

log = logging.getLogger("guong.avatar")

VERSION = 1
"""Of what is exported; raised whenever this file or `mouth.py` changes what it makes."""
_OPSET = 17
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Graphs:
    """Two ONNX models: a face into what the mouth needs of it, and that with a mel into a mouth."""

    face: bytes
    mouth: bytes


def graphs(folder: Path, sha256: str | None) -> Graphs:
    """Return the graphs of the checkpoint in a model's folder, exported where that was not done.

    Raises `WeightsRejected` as `load_wav2lip` does. A disk that refuses only means that they are
    exported again.
    """
    mark = f"{(sha256 or 'unknown')[:_DIGITS]}-{VERSION}"
    paths = [folder / f"{part}-{mark}.onnx" for part in ("face", "mouth")]
    try:
        return Graphs(*(path.read_bytes() for path in paths))
    except OSError:
        log.info("the network is exported to ONNX")
    made = export(load_wav2lip(folder / CHECKPOINT, sha256))
    try:
        for path, data in zip(paths, (made.face, made.mouth), strict=True):
            write_private(path, data)
    except OSError as error:
        log.info("the exported network is not kept: %s", os.strerror(error.errno or 0))
    return made


@torch.inference_mode()
def export(network: Wav2Lip) -> Graphs:
    """Return the graphs of a network whose batch norms are folded."""
    faces, mels = torch.zeros(2, 3, SIDE, SIDE), torch.zeros(2, 1, BANDS, WINDOW)
    face, mouth = Face(network), Mouth(network)
    seen = face(faces)
    names = tuple(f"seen{k}" for k in range(len(seen)))
    return Graphs(
        to_onnx(face, (faces,), ("faces",), names),
        to_onnx(mouth, (mels, *seen), ("mels", *names), ("mouths",)),
    )


def to_onnx(
    module: nn.Module, given: tuple[Tensor, ...], inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> bytes:
    """Return a module as an ONNX model whose inputs' and outputs' first axes are free."""
    # The exporter that torch prefers now needs onnxscript; this one only onnx. The network is
    # convolutions without a branch, which both translate alike.
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "exported.onnx"
        torch.onnx.export(
            module.eval(), given, path, input_names=list(inputs), output_names=list(outputs),
            dynamic_axes={name: {0: "frames"} for name in (*inputs, *outputs)},
            opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
        return path.read_bytes()
