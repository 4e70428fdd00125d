"""What hearing costs: PhoWhisper on CTranslate2, and voice activity. `python -m benchmarks.asr`.

Networks of the released sizes are filled with random numbers: speed does not depend on values, and
the decoder is made to write as many tokens as so much Vietnamese takes. With `--released` the
fetched weights are used instead. Each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from modules.asr import FRAME, Endpointer, silero
from modules.asr import ctranslate2_engine as engine
from modules.asr.conversion import converted, vocabulary, whisper_spec
from modules.asr.vad import SileroGgml
from modules.messages import LISTEN_RATE, FloatArray
from modules.models import weights

SIZES = {"tiny": (384, 4, 6), "base": (512, 6, 8), "small": (768, 12, 12)}
"""Width, layers of encoder and decoder each, heads (openai/whisper, `model card`)."""
SECONDS = (2.0, 5.0, 15.0)
BEAMS = {1: SECONDS, 5: (5.0,)}
TOKENS_PER_S = 11
"""4.5 syllables a second, two and a half tokens each."""
RUNS = 5
EOT, VOCABULARY = 50_257, 51_865


def run(*, released: bool = False) -> dict[str, Any]:
    """Return seconds and megabytes per size, and milliseconds per frame of voice activity."""
    sizes: dict[str, Any] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = apart(find if released else make, Path(scratch), size)
            sizes[size] = apart(measure_size, folder, released) if folder else {}
    return {"cores": os.cpu_count(), "released": released, "sizes": sizes, "vad": measure_vad()}


def apart(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(call, arguments)


def find(_scratch: Path, size: str) -> Path | None:
    """Return the folder of the fetched weights as CTranslate2 reads them."""
    key = f"phowhisper-{size}"
    return converted(weights().path(key)) if weights().present(key) else None


def measure_size(folder: Path, released: bool) -> dict[str, Any]:
    """Measure one size: loading, memory, and recognising so many seconds."""
    import faster_whisper  # noqa: F401  # its import is not the network's cost

    if not released:
        engine.most_tokens = lambda samples: TOKENS_PER_S * samples // LISTEN_RATE
    before = resident()
    begin = time.perf_counter()
    network = engine.Network(folder, "cpu", "int8")
    result: dict[str, Any] = {"load_s": time.perf_counter() - begin}
    for beams, lengths in BEAMS.items():
        network._beams = beams
        result[f"beams {beams}"] = {f"{s:g} s": measure(network, s) for s in lengths}
    result["megabytes"] = resident() - before
    result["disk_mb"] = (folder / "model.bin").stat().st_size / 1e6
    return result


def measure(network: engine.Network, seconds: float) -> dict[str, float]:
    """Return the median, least and most seconds of recognising so much sound, and its parts."""
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.05, int(seconds * LISTEN_RATE)).astype(np.float32)
    encoded = network._encode(sound)
    ids = network._decode(encoded, len(sound))[0]
    whole = timed(lambda: network(sound))
    return {
        "seconds": statistics.median(whole),
        "least": min(whole),
        "most": max(whole),
        "real_time_factor": statistics.median(whole) / seconds,
        "encode": statistics.median(timed(lambda: network._encode(sound))),
        "times": statistics.median(timed(lambda: network._times(encoded, ids, len(sound)))),
        "tokens": len(ids),
    }


def measure_vad() -> dict[str, float]:
    """Return milliseconds a frame, and for a minute at once."""
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.05, 60 * LISTEN_RATE).astype(np.float32)
    frames = sound[: 600 * FRAME].reshape(600, FRAME)
    detector, slow, endpointer = silero(), SileroGgml(), Endpointer(silero())
    playing = Endpointer(silero())
    playing.playing(True)
    return {
        "silero_onnx_ms": median_ms(detector, frames),
        "silero_ggml_ms": median_ms(slow, frames[:100]),
        "endpointer_ms": median_ms(endpointer.push, frames),
        "endpointer_playing_ms": median_ms(lambda f: playing.push(f, played_db=-20.0), frames),
        "minute_at_once_ms": 1e3 * statistics.median(timed(lambda: detector.whole(sound))),
        "new_detector_ms": 1e3 * statistics.median(timed(silero)),
    }


def median_ms(step: Callable[[FloatArray], Any], frames: FloatArray) -> float:
    """Return the median milliseconds of one call per frame."""
    spent = []
    for frame in frames:
        begin = time.perf_counter()
        step(frame)
        spent.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(spent)


def timed(call: Callable[[], Any]) -> list[float]:
    """Return the seconds of `RUNS` calls, after one that is not counted."""
    call()
    spent = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        call()
        spent.append(time.perf_counter() - begin)
    return spent


def resident() -> float:
    """Return this process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def make(folder: Path, size: str) -> Path:
    """Write a CTranslate2 model of one of the released sizes, filled with random numbers."""
    width, layers, heads = SIZES[size]
    config = {
        "encoder_layers": layers, "encoder_attention_heads": heads, "decoder_layers": layers,
        "decoder_attention_heads": heads, "vocab_size": VOCABULARY,
    }  # fmt: skip
    # The end of the text is suppressed, so that the decoder writes up to its limit.
    generation = {"suppress_tokens": [EOT], "begin_suppress_tokens": [EOT]}
    spec = whisper_spec(state(width, layers), config, generation)
    tokenizer = tokens()
    spec.register_vocabulary(vocabulary(tokenizer, VOCABULARY))
    spec.validate()
    spec.optimize(quantization="float16")
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def state(width: int, layers: int) -> dict[str, FloatArray]:
    """Return a state dict of Whisper with small random numbers."""
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "model.encoder.conv1.weight": (width, 80, 3),
        "model.encoder.conv1.bias": (width,),
        "model.encoder.conv2.weight": (width, width, 3),
        "model.encoder.conv2.bias": (width,),
        "model.encoder.embed_positions.weight": (1_500, width),
        "model.decoder.embed_positions.weight": (448, width),
        "model.decoder.embed_tokens.weight": (VOCABULARY, width),
    }
    for side, attentions in (
        ("encoder", ("self_attn",)),
        ("decoder", ("self_attn", "encoder_attn")),
    ):
        for ending in ("weight", "bias"):
            shapes[f"model.{side}.layer_norm.{ending}"] = (width,)
        for layer in range(layers):
            name = f"model.{side}.layers.{layer}"
            for attention in attentions:
                for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    shapes[f"{name}.{attention}.{part}.weight"] = (width, width)
                    shapes[f"{name}.{attention}.{part}.bias"] = (width,)
                for ending in ("weight", "bias"):
                    shapes[f"{name}.{attention}_layer_norm.{ending}"] = (width,)
            for ending in ("weight", "bias"):
                shapes[f"{name}.final_layer_norm.{ending}"] = (width,)
            shapes[f"{name}.fc1.weight"], shapes[f"{name}.fc1.bias"] = (
                (4 * width, width),
                (4 * width,),
            )
            shapes[f"{name}.fc2.weight"], shapes[f"{name}.fc2.bias"] = (width, 4 * width), (width,)
    return {k: 0.05 * rng.standard_normal(s, dtype=np.float32) for k, s in shapes.items()}


def listening() -> dict[str, Any]:
    """Return Whisper's preprocessor_config.json."""
    return {
        "chunk_length": 30, "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": 80, "hop_length": 160, "n_fft": 400, "n_samples": 480_000,
        "nb_max_frames": 3_000, "padding_side": "right", "padding_value": 0.0,
        "return_attention_mask": False, "sampling_rate": LISTEN_RATE,
    }  # fmt: skip


def tokens() -> dict[str, Any]:
    """Return a tokenizer with Whisper's layout of ids and no merges."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    fillers = [f"\u0120x{number}" for number in range(EOT - len(alphabet))]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate([*alphabet, *fillers])}, []))
    tokenizer.decoder = decoders.ByteLevel()
    languages = ["<|vi|>", *(f"<|language{number}|>" for number in range(98))]
    special = [
        "<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>",
        "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>",
    ]  # fmt: skip
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in special])
    parsed: dict[str, Any] = json.loads(tokenizer.to_str())
    return parsed


def main() -> None:
    """Print a table; with `--json FILE` write the figures too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--released", action="store_true", help="use the fetched weights")
    options = parser.parse_args()
    figures = run(released=options.released)
    for size, entry in figures["sizes"].items():
        if not entry:
            print(f"phowhisper-{size} is not fetched")
            continue
        print(
            f"\nPhoWhisper-{size}, int8 on {figures['cores']} cores: {entry['megabytes']:.0f} MB "
            f"resident, {entry['disk_mb']:.0f} MB on disk, loaded in {entry['load_s']:.2f} s"
        )
        print("beams  speech   median s (least - most)   real-time factor   encoder   word times")
        for beams in BEAMS:
            for length, row in entry[f"beams {beams}"].items():
                print(
                    f"{beams:5}  {length:>6}   {row['seconds']:8.2f} ({row['least']:.2f} - "
                    f"{row['most']:.2f})   {row['real_time_factor']:16.2f}   {row['encode']:7.2f}"
                    f"   {row['times']:10.2f}"
                )
    print("\nvoice activity:")
    for name, value in figures["vad"].items():
        print(f"  {name:24} {value:8.3f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
