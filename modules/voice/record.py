"""What is written down about a stored voice, and what makes it this voice and no other."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from modules.messages import SPEECH_RATE, FloatArray
from modules.private import write_private

ID = re.compile(r"[0-9a-f]{16,64}")
"""Ids of voices, and nothing that a path could be made of."""
SAMPLE, PROFILE = "sample.flac", "profile.npz"

_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class StoredVoice:
    """What is known about a stored voice; times are seconds since 1970."""

    id: str
    name: str
    seconds: float
    created: float
    consented: float
    used: float
    sha256: str


def id_of(sha256: str) -> str:
    """Return the id under which a sample of that hash is kept."""
    return sha256[:_ID_DIGITS]


def digest(samples: FloatArray, rate: int) -> str:
    """Return the SHA-256 of a sample's sound in hexadecimal: the same sound is the same voice."""
    sound = np.ascontiguousarray(samples, dtype="<f4")
    return hashlib.sha256(rate.to_bytes(4, "little") + sound.tobytes()).hexdigest()


def write_sample(path: Path, samples: FloatArray) -> None:
    """Keep a prepared sample, float32 at `SPEECH_RATE`, as FLAC, mode 0600. Raises OSError."""
    held = io.BytesIO()  # libsndfile would swallow the error of a full disk
    soundfile.write(held, samples, SPEECH_RATE, format="FLAC", subtype="PCM_16")
    write_private(path, held.getvalue())
