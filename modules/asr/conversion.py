"""Making the CTranslate2 model of a Whisper checkpoint, without torch.

The conversions that others have put on the hub name neither their tools nor their hashes; this one
starts from the authors' own weights, and takes seconds, once. The layout is CTranslate2's own
(`ctranslate2.specs`), and a test shows the result to be equal, byte for byte, to what its
converter for transformers writes.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from modules.asr.checkpoint import Array, read_checkpoint
from modules.errors import StorageFailed, WeightsRejected

WEIGHTS = "pytorch_model.bin"
COPIED = ("tokenizer.json", "preprocessor_config.json")
"""faster-whisper reads these beside the model; a missing tokenizer it would fetch, unpinned."""
STAMP = "converted.json"
QUANTIZATION = "float16"
"""On disk; the processor's own type is made from it on loading (int8 on a CPU)."""


def converted(source: Path) -> Path:
    """Return the folder of the CTranslate2 model of a checkpoint's folder; made where it is not.

    Raises `WeightsRejected` where the checkpoint cannot be read, and `StorageFailed`.
    """
    target = source / f"ct2-{QUANTIZATION}"
    stamp = _stamp(source)
    try:
        if json.loads((target / STAMP).read_text(encoding="utf-8")) == stamp:
            return target
    except (OSError, ValueError):
        pass  # not made yet, or not finished
    try:
        with tempfile.TemporaryDirectory(dir=source, prefix="ct2-") as draft:
            convert(source, Path(draft))
            (Path(draft) / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            for file in sorted(Path(draft).iterdir(), key=lambda f: f.name == STAMP):
                file.replace(target / file.name)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(source).free
            needed = (source / WEIGHTS).stat().st_size // 2
            raise StorageFailed("disk_full", needed_mb=needed >> 20, free_mb=free >> 20) from error
        raise StorageFailed("cannot_write", file=target.name) from error
    return target


def convert(source: Path, target: Path) -> None:
    """Write model.bin, config.json, vocabulary.json and the copied files into `target`."""
    config, generation = _json(source / "config.json"), _json(source / "generation_config.json")
    try:
        spec = whisper_spec(read_checkpoint(source / WEIGHTS), config, generation)
        spec.register_vocabulary(vocabulary(_json(source / "tokenizer.json"), config["vocab_size"]))
        spec.validate()
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise WeightsRejected("unreadable", file=WEIGHTS, why=str(error)[:80]) from error
    spec.optimize(quantization=QUANTIZATION)
    spec.save(str(target))
    for name in COPIED:
        shutil.copyfile(source / name, target / name)


def whisper_spec(
    state: Mapping[str, Array], config: Mapping[str, Any], generation: Mapping[str, Any]
) -> Any:
    """Return a filled `ctranslate2.specs.WhisperSpec` for a transformers state dict."""
    from ctranslate2.specs import WhisperSpec

    spec = WhisperSpec(
        config["encoder_layers"],
        config["encoder_attention_heads"],
        config["decoder_layers"],
        config["decoder_attention_heads"],
    )
    weights = _Weights(state)
    weights.set_encoder(spec.encoder)
    weights.set_decoder(spec.decoder)
    _configure(spec.config, config, generation)
    return spec


def vocabulary(tokenizer: Mapping[str, Any], size: int) -> list[str]:
    """Return the tokens by id; those that the tokenizer does not name are times, 20 ms apart.

    Raises `WeightsRejected` where an id is left out or given twice.
    """
    ids = dict(tokenizer["model"]["vocab"])
    ids.update({token["content"]: token["id"] for token in tokenizer["added_tokens"]})
    if sorted(ids.values()) != list(range(len(ids))):
        raise WeightsRejected("unreadable", file="tokenizer.json", why="ids")
    tokens = [token for token, _ in sorted(ids.items(), key=lambda item: item[1])]
    return tokens + [f"<|{number * 0.02:.2f}|>" for number in range(size - len(tokens))]


def _configure(target: Any, config: Mapping[str, Any], generation: Mapping[str, Any]) -> None:
    layers, heads = config["decoder_layers"], config["decoder_attention_heads"]
    # Without a list of heads that follow time, those of the upper half stand in, as in the paper.
    upper = [[layer, head] for layer in range(layers // 2, layers) for head in range(heads)]
    target.suppress_ids = generation.get("suppress_tokens")
    target.suppress_ids_begin = generation.get("begin_suppress_tokens")
    target.alignment_heads = generation.get("alignment_heads") or upper
    target.lang_ids = sorted((generation.get("lang_to_id") or {}).values())


class _Weights:
    """Moves arrays from the names of transformers to the places of CTranslate2."""

    def __init__(self, state: Mapping[str, Array]) -> None:
        self._state = state

    def set_encoder(self, spec: Any) -> None:
        for name in ("conv1", "conv2"):
            self._set(getattr(spec, name), f"model.encoder.{name}")
        self._set_ends(spec, "model.encoder")
        for index, layer in enumerate(spec.layer):
            self._set_layer(layer, f"model.encoder.layers.{index}")

    def set_decoder(self, spec: Any) -> None:
        embedding = self._state["model.decoder.embed_tokens.weight"]
        spec.embeddings.weight = embedding
        spec.projection.weight = self._state.get("proj_out.weight", embedding)  # tied in Whisper
        self._set_ends(spec, "model.decoder")
        for index, layer in enumerate(spec.layer):
            name = f"model.decoder.layers.{index}"
            self._set_layer(layer, name)
            attention, linear = f"{name}.encoder_attn", layer.attention.linear
            self._set(linear[0], f"{attention}.q_proj")
            self._fuse(linear[1], attention, "kv")
            self._set(linear[2], f"{attention}.out_proj")
            self._set_norm(layer.attention.layer_norm, f"{attention}_layer_norm")

    def _set_ends(self, spec: Any, name: str) -> None:
        spec.position_encodings.encodings = self._state[f"{name}.embed_positions.weight"]
        self._set_norm(spec.layer_norm, f"{name}.layer_norm")

    def _set_layer(self, layer: Any, name: str) -> None:
        self._fuse(layer.self_attention.linear[0], f"{name}.self_attn", "qkv")
        self._set(layer.self_attention.linear[1], f"{name}.self_attn.out_proj")
        self._set_norm(layer.self_attention.layer_norm, f"{name}.self_attn_layer_norm")
        self._set(layer.ffn.linear_0, f"{name}.fc1")
        self._set(layer.ffn.linear_1, f"{name}.fc2")
        self._set_norm(layer.ffn.layer_norm, f"{name}.final_layer_norm")

    def _set(self, spec: Any, name: str) -> None:
        spec.weight, spec.bias = self._state[f"{name}.weight"], self._state[f"{name}.bias"]

    def _set_norm(self, spec: Any, name: str) -> None:
        spec.gamma, spec.beta = self._state[f"{name}.weight"], self._state[f"{name}.bias"]

    def _fuse(self, spec: Any, name: str, parts: str) -> None:
        weights = [self._state[f"{name}.{part}_proj.weight"] for part in parts]
        # Whisper's keys have no bias.
        biases = [
            self._state.get(f"{name}.{part}_proj.bias", np.zeros(len(weight), weight.dtype))
            for part, weight in zip(parts, weights, strict=True)
        ]
        spec.weight, spec.bias = np.concatenate(weights), np.concatenate(biases)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsRejected("unreadable", file=path.name, why=type(error).__name__) from error


def _stamp(source: Path) -> dict[str, Any]:
    stat = (source / WEIGHTS).stat()
    return {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "layout": 1}
