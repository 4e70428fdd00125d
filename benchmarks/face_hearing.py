"""What MuseTalk hears in pieces, against what it would hear of the whole utterance at once.

`python -m benchmarks.face_hearing [--json FILE]`. Whisper's encoder looks both ways, so features of
a piece differ from those of the whole: at its end, where the rest is not there yet, and everywhere
by what attention brings. With the released ear where it was fetched; else with one of the same size
whose numbers were drawn by lot, whose attention looks everywhere alike: an upper bound, not a
measure of the released one.
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.report import Figure, main
from modules.avatar.musetalk.checkpoint import released_ear
from modules.avatar.musetalk.config import EarConfig
from modules.avatar.musetalk.ear import Ear, Spectrogram, load_ear
from modules.avatar.musetalk.listening import Listening
from modules.errors import EngineUnavailable
from modules.messages import LISTEN_RATE, FloatArray
from modules.models import weights
from tests.avatar.musetalk.filled import filled, released_keys, sinusoids

SECONDS = 12
PIECES_S = (0.64, 1.2, 2.4, 4.8)
"""The first piece of a clause, and clauses of 4, 8 and 16 words."""


def run() -> list[Figure]:
    """Return the differences, relative to how far the features of two distant frames differ."""
    ear, which = the_ear()
    spectrogram = Spectrogram(ear.config)

    @torch.inference_mode()
    def encode(samples: FloatArray) -> torch.Tensor:
        rows: torch.Tensor = ear(torch.from_numpy(spectrogram(samples)))[0]
        return rows

    sound = babble(SECONDS)
    positions = torch.zeros(50, ear.config.width)
    whole = Listening(encode, positions).push(sound, True)
    apart = float((whole - whole.roll(len(whole) // 2, 0)).pow(2).mean().sqrt())
    figures = []
    for piece in PIECES_S:
        step = int(piece * LISTEN_RATE)
        listening = Listening(encode, positions)
        parts = [listening.push(sound[k : k + step], k + step >= len(sound))
                 for k in range(0, len(sound), step)]  # fmt: skip
        error = (torch.cat(parts) - whole).pow(2).mean((1, 2)).sqrt() / apart
        figures.append(
            Figure(f"heard in pieces of {piece:g} s", float(error.pow(2).mean().sqrt()), "of 1",
                   detail=f"{which}; frames 50%: {error.median():.3f}, worst: {error.max():.3f}")
        )  # fmt: skip
    return figures


def the_ear() -> tuple[Ear, str]:
    """Return the released ear, or one of its size, and which it is."""
    kept = weights()
    try:
        return released_ear(kept.path("whisper-tiny")), "whisper-tiny"
    except EngineUnavailable:
        shapes = released_keys("ear")
        state = filled(shapes)
        table = "model.encoder.embed_positions.weight"
        state[table] = sinusoids(*shapes[table])
        config = EarConfig(384, 4, 6, 1536, 1500, 80)
        return load_ear(state, config, "model.safetensors"), "numbers by lot"


def babble(seconds: float) -> FloatArray:
    """Return a hum in the rhythm of syllables, with pauses between clauses."""
    time = np.arange(int(seconds * LISTEN_RATE)) / LISTEN_RATE
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * time)) / LISTEN_RATE
    voice = sum(np.sin(k * pitch) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 4 * time) + 0.4, 0, 1)
    noise = np.random.default_rng(0).standard_normal(len(time))
    return np.asarray((voice + 0.2 * noise) * syllables * (time % 3 < 2.7) * 0.1, np.float32)


if __name__ == "__main__":
    main(run)
