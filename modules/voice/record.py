"""What is written down about a stored voice, and what makes it this voice and no other."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from modules.messages import FloatArray
from modules.private import write_private

ID = re.compile(r"[0-9a-f]{16,64}")
"""Ids of voices and of owners, and nothing that a path could be made of."""
SAMPLE, PROFILE, META = "sample.flac", "profile.npz", "meta.json"

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


_RECORD = TypeAdapter(StoredVoice)


def read_record(directory: Path) -> StoredVoice | None:
    """Return what stands in a voice's directory, None where it is not whole."""
    if not ID.fullmatch(directory.name):
        return None
    try:
        voice = _RECORD.validate_json((directory / META).read_bytes())
        whole = all((directory / file).is_file() for file in (SAMPLE, PROFILE))
        return voice if whole and voice.id == directory.name else None
    except (OSError, ValueError):  # pydantic's ValidationError is a ValueError
        return None


def write_record(directory: Path, voice: StoredVoice) -> None:
    """Write what is known about a voice into its directory. Raises OSError of a full disk."""
    text = json.dumps(asdict(voice), ensure_ascii=False, indent=1)
    write_private(directory / META, text.encode())


def id_of(sha256: str) -> str:
    """Return the id under which a sample of that hash is kept."""
    return sha256[:_ID_DIGITS]


def digest(samples: FloatArray, rate: int) -> str:
    """Return the SHA-256 of a sample's sound in hexadecimal: the same sound is the same voice."""
    sound = np.ascontiguousarray(samples, dtype="<f4")
    return hashlib.sha256(rate.to_bytes(4, "little") + sound.tobytes()).hexdigest()
