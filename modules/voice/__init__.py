"""A voice matched to a sample with consent: its register, its range and the colour of its sound.

WORLD does that with a few numbers; OpenVoice V2, once it is fetched, with a network that has heard
the sample.

Nothing heavy is imported here: what measures and converts is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from modules.engines import EngineSpec, Need

if TYPE_CHECKING:
    from modules.voice.profile import load_profile, measure_profile, save_profile
    from modules.voice.reading import more_to_read, reading_text
    from modules.voice.record import StoredVoice, digest, write_sample
    from modules.voice.sample import prepare_sample
    from modules.voice.store import VoiceStore


def _openvoice(name: str, *needs: Need, first_output_s: float, next_output_s: float) -> EngineSpec:
    return EngineSpec(
        name,
        "voice",
        "modules.voice.openvoice.engine:OpenVoiceEngine",
        needs=frozenset[Need]({"packages", "weights", "torch", *needs}),
        packages=("torch",),
        weights=("openvoice-v2",),
        megabytes=300,
        licence="MIT",
        first_output_s=first_output_s,
        next_output_s=next_output_s,
    )


ENGINES: tuple[EngineSpec, ...] = (
    _openvoice("openvoice", "cuda", first_output_s=4.0, next_output_s=1.0),
    _openvoice("openvoice-cpu", first_output_s=8.0, next_output_s=3.0),
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
    "digest",
    "load_profile",
    "measure_profile",
    "more_to_read",
    "prepare_sample",
    "reading_text",
    "save_profile",
    "write_sample",
]

_HOMES = {
    "StoredVoice": "record",
    "VoiceStore": "store",
    "digest": "record",
    "load_profile": "profile",
    "measure_profile": "profile",
    "more_to_read": "reading",
    "prepare_sample": "sample",
    "reading_text": "reading",
    "save_profile": "profile",
    "write_sample": "record",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
