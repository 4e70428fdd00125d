"""VieNeu's files made on the spot: graphs of the released ones' inputs and outputs, a few numbers
wide, that do a little of what a transformer does: every step looks at all that was before it.

`whole_sequence` says without any cache what they must come to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from modules.models import FileSpec, Weights
from tests.fetched import as_fetched, rows_of

KEY = "vieneu-v3-turbo"
HIDDEN, HEADS, LAYERS, BOOKS, CODES, IDS = 8, 2, 2, 16, 1024, 200
FRAME = 3840
SIZE = HIDDEN // HEADS
NO_CODE, BEGIN, END, SPEECH, SPEECH_END, REFERENCE, STYLE = 1024, 3, 4, 5, 6, 7, 16
_REPOSITORIES = {"moss": "OpenMOSS-Team/MOSS-Audio-Tokenizer-Nano-ONNX"}
HOME = "onnx_update"
NAMES = (
    *(f"{HOME}/{name}.onnx" for name in ("vieneu_prefill", "vieneu_decode_step")),
    f"{HOME}/vieneu_acoustic_cached.onnx",
    *(f"{HOME}/{name}" for name in ("vieneu_v3_heads.npz", "config.json", "tokenizer.json")),
    "moss_audio_tokenizer_decode_full.onnx",
)
random = np.random.default_rng(11)
MIX = random.standard_normal((LAYERS, HIDDEN, HIDDEN)).astype(np.float32)
LOCAL_MIX = random.standard_normal((HIDDEN, HIDDEN)).astype(np.float32)


def config(**changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "n_vq": BOOKS, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS,
        "local_num_hidden_layers": 1, "local_num_attention_heads": HEADS,
        "audio_pad_token_id": NO_CODE, "text_prompt_start_token_id": BEGIN,
        "text_prompt_end_token_id": END, "speech_generation_start_token_id": SPEECH,
        "speech_generation_end_token_id": SPEECH_END, "audio_ref_slot_token_id": REFERENCE,
        "default_style_token_id": STYLE, "use_speaker_embedding": True,
        "text_vocab_size": IDS,
    }  # fmt: skip
    return {**made, **changes}


def heads() -> dict[str, np.ndarray]:
    own = np.random.default_rng(5)

    def normal(*shape: int) -> np.ndarray:
        return own.standard_normal(shape).astype(np.float16)

    return {
        "text_emb": normal(IDS, HIDDEN), "audio_emb": normal(BOOKS, CODES, HIDDEN),
        "xvec_w": normal(HIDDEN, 192), "xvec_b": normal(HIDDEN),
        "xvec_ln_w": normal(HIDDEN), "xvec_ln_b": normal(HIDDEN), "xvec_ln_eps": np.array(1e-5),
    }  # fmt: skip


def attended(x: np.ndarray, places: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """A layer over a whole sequence [n, hidden]: keys and values are what came in; every row takes
    the mean of values so far, weighted evenly, its own keys and its place.
    """
    so_far = np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None]
    return np.tanh((so_far + 0.5 * so_far) @ mix + 0.1 * x + np.sin(places)[:, None])


def whole_sequence(x: np.ndarray, local: bool = False) -> np.ndarray:
    """Return what a graph gives for rows [n, hidden], made in one go."""
    places = np.arange(len(x), dtype=np.float32)
    for mix in [LOCAL_MIX] if local else MIX:
        x = attended(x, places, mix)
    return x


def _network(embeds: str, layers: int, mixes: np.ndarray, *, cached: bool) -> bytes:
    n = helper.make_node
    nodes: list[Any] = []
    constants = {
        "split": np.array([1, -1, HEADS, SIZE], np.int64),
        "merge": np.array([1, -1, HIDDEN], np.int64),
        "axis1": np.array(1, np.int64), "half": np.array(0.5, np.float32),
        "tenth": np.array(0.1, np.float32), "last2": np.array([-1], np.int64),
        "zero": np.array(0, np.int64), "one": np.array(1, np.int64),
        "one_list": np.array([1], np.int64),
    }  # fmt: skip
    constants |= {f"mix{i}": mix for i, mix in enumerate(mixes)}
    nodes += [n("Shape", [embeds], ["shape"]), n("Gather", ["shape", "one"], ["count"])]
    if cached:
        nodes.append(n("Identity", ["position_ids"], ["places"]))
    else:
        nodes += [
            n("Range", ["zero", "count", "one"], ["range"]),
            n("Unsqueeze", ["range", "zero_list"], ["places"]),
        ]
        constants["zero_list"] = np.array([0], np.int64)
    nodes += [
        n("Cast", ["places"], ["place_numbers"], to=TensorProto.FLOAT),
        n("Sin", ["place_numbers"], ["sines"]),
        n("Unsqueeze", ["sines", "last2"], ["sine_column"]),
    ]
    x = embeds
    for i in range(layers):
        nodes += [
            n("Reshape", [x, "split"], [f"heads{i}"]),
            n("Transpose", [f"heads{i}"], [f"new{i}"], perm=[0, 2, 1, 3]),
        ]
        for kind in ("k", "v"):
            if cached:
                nodes.append(
                    n("Concat", [f"past_{kind}_{i}", f"new{i}"], [f"present_{kind}_{i}"], axis=2)
                )
            else:
                nodes.append(n("Identity", [f"new{i}"], [f"present_{kind}_{i}"]))
            nodes += [
                n("Transpose", [f"present_{kind}_{i}"], [f"back_{kind}{i}"], perm=[0, 2, 1, 3]),
                n("Reshape", [f"back_{kind}{i}", "merge"], [f"all_{kind}{i}"]),
                n("CumSum", [f"all_{kind}{i}", "axis1"], [f"sums_{kind}{i}"]),
                n("Shape", [f"all_{kind}{i}"], [f"all_shape_{kind}{i}"]),
                n("Gather", [f"all_shape_{kind}{i}", "one"], [f"length_{kind}{i}"]),
                n("Range", ["zero", f"length_{kind}{i}", "one"], [f"index_{kind}{i}"]),
                n("Add", [f"index_{kind}{i}", "one"], [f"number_{kind}{i}"]),
                n("Cast", [f"number_{kind}{i}"], [f"float_{kind}{i}"], to=TensorProto.FLOAT),
                n("Unsqueeze", [f"float_{kind}{i}", "last2"], [f"column_{kind}{i}"]),
                n("Div", [f"sums_{kind}{i}", f"column_{kind}{i}"], [f"mean_{kind}{i}"]),
                # Only the rows that are new: the last `count` of them.
                n("Sub", [f"length_{kind}{i}", "count"], [f"from_{kind}{i}"]),
                n("Unsqueeze", [f"from_{kind}{i}", "zero_axis"], [f"from_list_{kind}{i}"]),
                n("Unsqueeze", [f"length_{kind}{i}", "zero_axis"], [f"to_list_{kind}{i}"]),
                n(
                    "Slice",
                    [f"mean_{kind}{i}", f"from_list_{kind}{i}", f"to_list_{kind}{i}", "one_list"],
                    [f"seen_{kind}{i}"],
                ),
            ]
        nodes += [
            n("Mul", [f"seen_k{i}", "half"], [f"half{i}"]),
            n("Add", [f"seen_v{i}", f"half{i}"], [f"both{i}"]),
            n("MatMul", [f"both{i}", f"mix{i}"], [f"mixed{i}"]),
            n("Mul", [x, "tenth"], [f"tenth_x{i}"]),
            n("Add", [f"mixed{i}", f"tenth_x{i}"], [f"sum{i}"]),
            n("Add", [f"sum{i}", "sine_column"], [f"placed{i}"]),
            n("Tanh", [f"placed{i}"], [f"out{i}"]),
        ]
        x = f"out{i}"
    constants["zero_axis"] = np.array([0], np.int64)
    nodes.append(n("Identity", [x], ["hidden"]))
    value = helper.make_tensor_value_info
    cache = [f"{kind}_{i}" for kind in ("k", "v") for i in range(layers)]
    floats, ints = TensorProto.FLOAT, TensorProto.INT64
    inputs = [value(embeds, floats, [1, "n", HIDDEN])]
    if cached:
        inputs.append(value("position_ids", ints, [1, "n"]))
        inputs += [value(f"past_{name}", floats, [1, HEADS, "past", SIZE]) for name in cache]
    outputs = [value("hidden", floats, [1, "n", HIDDEN])]
    outputs += [value(f"present_{name}", floats, [1, HEADS, "all", SIZE]) for name in cache]
    return _model(nodes, inputs, outputs, constants)


def _codec() -> bytes:
    n, value = helper.make_node, helper.make_tensor_value_info
    constants = {
        "first": np.array(0, np.int64), "turn": np.array(2 * np.pi / 48_000, np.float32),
        "low": np.array(110.0, np.float32), "step": np.array(0.2, np.float32),
        "column": np.array([-1, 1], np.int64), "wide": np.array([1, FRAME], np.int64),
        "flat": np.array([-1], np.int64), "axis": np.array(0, np.int64),
        "loud": np.array([[[0.3], [0.1]]], np.float32), "row": np.array([1, 1, -1], np.int64),
    }  # fmt: skip
    nodes = [
        n("Gather", ["audio_codes", "first"], ["book0"], axis=2),
        n("Cast", ["book0"], ["number"], to=TensorProto.FLOAT),
        n("Mul", ["number", "step"], ["above"]),
        n("Add", ["above", "low"], ["hertz"]),
        n("Reshape", ["hertz", "column"], ["hertz_column"]),
        n("Tile", ["hertz_column", "wide"], ["hertz_tiled"]),
        n("Reshape", ["hertz_tiled", "flat"], ["hertz_samples"]),
        n("Mul", ["hertz_samples", "turn"], ["steps"]),
        n("CumSum", ["steps", "axis"], ["phase"]),
        n("Sin", ["phase"], ["wave"]),
        n("Reshape", ["wave", "row"], ["mono"]),
        n("Mul", ["mono", "loud"], ["audio"]),
        n("Identity", ["audio_code_lengths"], ["audio_lengths"]),
    ]
    ints, floats = TensorProto.INT32, TensorProto.FLOAT
    inputs = [
        value("audio_codes", ints, [1, "frames", BOOKS]), value("audio_code_lengths", ints, [1])
    ]  # fmt: skip
    outputs = [value("audio", floats, [1, 2, "samples"]), value("audio_lengths", ints, [1])]
    return _model(nodes, inputs, outputs, constants)


def _model(nodes: Any, inputs: Any, outputs: Any, constants: dict[str, np.ndarray]) -> bytes:
    arrays = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    made = helper.make_graph(nodes, "graph", inputs, outputs, arrays)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 15)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def tokenizer() -> str:
    """Characters, as ids from 20 on."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = " ,.!?abcdefhijklmnopqstuvwxyzøŋɐɑɒɓɔɕɖɗəɛɜɟɡɣɪɯɲɹɾʃʊʌʐʒʝˈˌːθð0123456789̪-oʊ"
    ids = {letter: number for number, letter in enumerate(dict.fromkeys(letters), 20)}
    made = Tokenizer(models.BPE(vocab={**ids, "<unk>": 0}, merges=[], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return str(made.to_str())


def write(folder: Path, **changes: object) -> Path:
    home = folder / HOME
    home.mkdir(parents=True, exist_ok=True)
    (home / "vieneu_prefill.onnx").write_bytes(_network("inputs_embeds", LAYERS, MIX, cached=False))
    (home / "vieneu_decode_step.onnx").write_bytes(
        _network("inputs_embeds", LAYERS, MIX, cached=True)
    )
    (home / "vieneu_acoustic_cached.onnx").write_bytes(
        _network("token_emb", 1, LOCAL_MIX[None], cached=True)
    )
    np.savez(home / "vieneu_v3_heads.npz", **heads())
    (home / "config.json").write_text(json.dumps(config(**changes)), "utf-8")
    (home / "tokenizer.json").write_text(tokenizer(), "utf-8")
    (folder / NAMES[-1]).write_bytes(_codec())
    return folder


def files(folder: Path, hashed: bool = True) -> tuple[FileSpec, ...]:
    return rows_of(folder, NAMES, hashed=hashed)


def fetched(directory: Path) -> Weights:
    write(directory / KEY)
    return as_fetched(directory, "tts", NAMES)
