"""A voice matched to a sample with consent: its register, range and colour, not its identity.

Nothing heavy is imported here: what measures and converts is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from modules.engines import EngineSpec

if TYPE_CHECKING:
    from modules.voice.profile import load_profile, measure_profile, save_profile
    from modules.voice.reading import reading_text
    from modules.voice.record import StoredVoice
    from modules.voice.sample import prepare_sample
    from modules.voice.store import VoiceStore

ENGINES: tuple[EngineSpec, ...] = (
    EngineSpec(
        "world",
        "voice",
        "modules.voice.world:WorldEngine",
        packages=("pyworld", "scipy"),
        megabytes=2,
        licence="BSD-3-Clause",
        # The first piece takes some 30 ms, 10 s of speech 250 ms; the rest is a busy machine.
        first_output_s=3.0,
        next_output_s=2.0,
    ),
)

__all__ = [
    "ENGINES",
    "StoredVoice",
    "VoiceStore",
    "load_profile",
    "measure_profile",
    "prepare_sample",
    "reading_text",
    "save_profile",
]

_HOMES = {
    "StoredVoice": "record",
    "VoiceStore": "store",
    "load_profile": "profile",
    "measure_profile": "profile",
    "prepare_sample": "sample",
    "reading_text": "reading",
    "save_profile": "profile",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
