"""What the tiny decoder loses against the full one, on the latents of faces.

`python -m benchmarks.face_decoder [PICTURE ...] [--json FILE]`. Pictures, or the drawn personas,
are encoded by the full autoencoder and decoded by both; errors are those of the tiny decoder's
picture against the full one's, over the whole crop and over the mouth's part of it. Without the
released weights nothing is measured, and the rows say so.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch

from benchmarks.report import Figure, table
from modules.avatar import avatars, poster
from modules.avatar.musetalk.checkpoint import released_autoencoder, released_tiny_decoder
from modules.avatar.musetalk.latents import normalised
from modules.errors import GuongError
from modules.messages import ByteArray
from modules.models import weights

COMMAND = "python -m benchmarks.face_decoder, once sd-vae-ft-mse and taesd are fetched"
MOUTH = (slice(150, 230), slice(78, 178))
"""Rows and columns of a crop of 256 in which the mouth lies."""


def run(pictures: tuple[Path, ...] = ()) -> list[Figure]:
    """Return signal to noise of the tiny decoder's pictures, and both decoders' times."""
    kept = weights()
    try:
        encoder, full = released_autoencoder(kept.path("sd-vae-ft-mse"))
        tiny = released_tiny_decoder(kept.path("taesd"))
    except GuongError as error:
        why = f"{error.code}: {COMMAND}"
        return [Figure("tiny decoder: not measured", float("nan"), "", detail=why)]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parts = [part.to(device) for part in (encoder, full, tiny)]
    errors: dict[str, list[float]] = {"crop": [], "mouth": []}
    times: dict[str, list[float]] = {"full": [], "tiny": []}
    for face in faces(pictures):
        with torch.inference_mode():
            latents = parts[0](normalised(face).to(device))
            made = {}
            for name, part in (("full", parts[1]), ("tiny", parts[2])):
                began = time.perf_counter()
                made[name] = part(latents)[0].permute(1, 2, 0).cpu().numpy()
                times[name].append(1_000 * (time.perf_counter() - began))
        errors["crop"].append(noise_ratio(made["full"], made["tiny"]))
        errors["mouth"].append(noise_ratio(made["full"][MOUTH], made["tiny"][MOUTH]))
    return [
        *(Figure(f"tiny decoder against the full one, {n}", median(v), "dB",
                 detail=f"{min(v):.1f} to {max(v):.1f} dB, n={len(v)}") for n, v in errors.items()),
        *(Figure(f"{n} decoder, one face", median(v), "ms") for n, v in times.items()),
    ]  # fmt: skip


def faces(pictures: tuple[Path, ...]) -> list[ByteArray]:
    """Return pictures as they are, or the middles of the drawn personas."""
    if pictures:
        read = (cv2.imread(str(path), cv2.IMREAD_COLOR) for path in pictures)
        return [
            np.ascontiguousarray(each[..., ::-1], np.uint8) for each in read if each is not None
        ]
    return [poster(each.id)[110:360, 140:372] for each in avatars()]


def noise_ratio(reference: np.ndarray, other: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in dB; both from 0 to 1."""
    return float(-10 * np.log10(max(1e-12, np.mean((reference - other) ** 2))))


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face_decoder", description=__doc__)
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = run(tuple(arguments.pictures))
    print(table(figures))
    if arguments.json:
        rows = [{**asdict(figure), "met": figure.met} for figure in figures]
        arguments.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
