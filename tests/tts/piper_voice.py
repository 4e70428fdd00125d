"""A voice of piper made on the spot: a graph with the released one's inputs, output and `Ceil`.

It hums: every character of the phonemes lasts as long and sounds as high as the tables say, and a
pad goes on as what is before it. So what it says, when and how high is known.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from modules.models import FileSpec, Weights
from tests.fetched import as_fetched, rows_of

CHARACTERS = " !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøŋœɐɑɒɓɔɕɖɗəɛɜɟɡɣɪɯɲɹʃʊʌʐʒʝˈˌːθ0123456789̪ʰ"
IDS = {"_": 0, "^": 1, "$": 2, **{c: i for i, c in enumerate(CHARACTERS, 3)}}
RATE, HOP = 22_050, 256
NAME = "vi/vi_VN/vais1000/medium/vi_VN-vais1000-medium.onnx"
KEY = "piper-vais1000"
LEVEL_HZ = 210.0
_TONES = {"2": 0.72, "ɜ": 1.4, "4": 0.85, "5": 1.2, "6": 0.6, "7": 1.5, "1": 1.0}
_SILENT = "^$_ .,!?:;"


def frames_of(character: str) -> float:
    """How many frames a character lasts before the length scale; its pad lasts one."""
    if character in "aeiouyəɛɔ":
        return 7.4
    return {"_": 0.6, "ː": 4.2, " ": 3.5, "ˈ": 0.4, "ˌ": 0.4}.get(
        character, 5.5 if character in _TONES else 2.7
    )


def config(**changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "audio": {"sample_rate": RATE, "quality": "medium"},
        "espeak": {"voice": "vi"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {name: [number] for name, number in IDS.items()},
        "num_symbols": 256,
        "num_speakers": 1,
    }
    return {**made, **changes}


def graph(*, noise: float = 1e-4, level: float = 0.2) -> bytes:
    """The ONNX model; `level` is how loud it hums."""
    names = {number: name for name, number in IDS.items()}
    lasting = np.array([frames_of(names.get(i, "_")) for i in range(256)], np.float32)
    height = np.array(
        [LEVEL_HZ * _TONES.get(names.get(i, "_"), 1.0) for i in range(256)], np.float32
    )
    loud = np.array(
        [0.0 if names.get(i, "_") in _SILENT else level for i in range(256)], np.float32
    )
    constants = {
        "lasting": lasting, "height": height, "loud": loud,
        "one": np.array(1, np.int64), "axis_last": np.array([-1], np.int64),
        "length_at": np.array([1], np.int64), "noise_at": np.array([0], np.int64),
        "zero": np.array(0.0, np.float32), "step": np.array(1.0, np.float32),
        "turn": np.array(2 * np.pi / RATE, np.float32), "hop": np.array([1, HOP], np.int64),
        "two": np.array(2.0, np.float32), "half": np.array(0.5, np.float32),
        "three": np.array(3.0, np.float32), "third": np.array(0.3, np.float32),
        "noise_size": np.array(noise, np.float32), "flat": np.array([-1], np.int64),
        "row": np.array([1, -1], np.int64), "column": np.array([-1, 1], np.int64),
        "whole": np.array([1, 1, 1, -1], np.int64), "axis0": np.array(0, np.int64),
        "scalar": np.array([], np.int64),
    }  # fmt: skip
    n = helper.make_node
    nodes = [
        n("Reshape", ["input", "flat"], ["ids"]),
        n("Gather", ["scales", "length_at"], ["length"]),
        n("Gather", ["scales", "noise_at"], ["stray"]),
        n("Gather", ["lasting", "ids"], ["base"]),
        n("Mul", ["base", "length"], ["scaled"]),
        n("Ceil", ["scaled"], ["/Ceil_output_0"]),
        n("CumSum", ["/Ceil_output_0", "axis0"], ["ends"]),
        n("ReduceSum", ["/Ceil_output_0"], ["total"], keepdims=0),
        n("Range", ["zero", "total", "step"], ["frames"]),
        n("Reshape", ["frames", "column"], ["frame_column"]),
        n("Reshape", ["ends", "row"], ["end_row"]),
        n("GreaterOrEqual", ["frame_column", "end_row"], ["past"]),
        n("Cast", ["past"], ["past_number"], to=TensorProto.INT64),
        n("ReduceSum", ["past_number", "axis_last"], ["at"], keepdims=0),
        n("Gather", ["ids", "at"], ["frame_ids"]),
        n("Gather", ["height", "frame_ids"], ["hertz"]),
        n("Gather", ["loud", "frame_ids"], ["size"]),
        n("Reshape", ["hertz", "column"], ["hertz_column"]),
        n("Reshape", ["size", "column"], ["size_column"]),
        n("Tile", ["hertz_column", "hop"], ["hertz_tiled"]),
        n("Tile", ["size_column", "hop"], ["size_tiled"]),
        n("Reshape", ["hertz_tiled", "flat"], ["hertz_samples"]),
        n("Reshape", ["size_tiled", "flat"], ["size_samples"]),
        n("Mul", ["hertz_samples", "turn"], ["steps"]),
        n("CumSum", ["steps", "axis0"], ["phase"]),
        n("Sin", ["phase"], ["first"]),
        n("Mul", ["phase", "two"], ["phase2"]),
        n("Sin", ["phase2"], ["sine2"]),
        n("Mul", ["sine2", "half"], ["second"]),
        n("Mul", ["phase", "three"], ["phase3"]),
        n("Sin", ["phase3"], ["sine3"]),
        n("Mul", ["sine3", "third"], ["third_part"]),
        n("Sum", ["first", "second", "third_part"], ["hum"]),
        n("Mul", ["hum", "size_samples"], ["voice"]),
        n("RandomNormalLike", ["voice"], ["random"]),
        n("Mul", ["random", "noise_size"], ["small"]),
        n("Mul", ["small", "stray"], ["hiss"]),
        n("Add", ["voice", "hiss"], ["made"]),
        n("Reshape", ["made", "whole"], ["output"]),
    ]
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        nodes,
        "voice",
        [
            value("input", TensorProto.INT64, ["batch", "phonemes"]),
            value("input_lengths", TensorProto.INT64, ["batch"]),
            value("scales", TensorProto.FLOAT, [3]),
        ],
        [value("output", TensorProto.FLOAT, ["batch", 1, 1, "time"])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 15)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


def write(folder: Path, **changes: object) -> Path:
    """Write a voice into a folder, as it lies after fetching."""
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph())
    path.with_name(f"{path.name}.json").write_text(json.dumps(config(**changes)), "utf-8")
    return path


def files(folder: Path, hashed: bool = True) -> tuple[FileSpec, ...]:
    """The rows of a table for a folder's files."""
    return rows_of(folder, (NAME, f"{NAME}.json"), hashed=hashed)


def fetched(directory: Path, **changes: object) -> Weights:
    """A directory of models in which the voice lies as if it had been fetched."""
    write(directory / KEY, **changes)
    return as_fetched(directory, "tts", (NAME, f"{NAME}.json"))
