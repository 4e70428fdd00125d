"""espeak's own Vietnamese voices and variants, to compare with and to hold out from training."""

from __future__ import annotations

from pathlib import Path

import espeakng_loader

from modules.messages import FloatArray
from modules.tts import espeak_library, mastering

STOCK = {
    "vi": "male",
    "vi-VN-x-central": "male",
    "vi-VN-x-south": "male",
    **dict.fromkeys(
        ("f1", "f2", "f3", "f4", "f5", "Annie", "linda", "belinda", "grandma"), "female"
    ),
    **dict.fromkeys(("m1", "m2", "m3", "m4", "m5", "m6", "m7", "max", "Michael"), "male"),
}
"""Name of a language file or of a variant of the Northern voice, and whom it speaks like."""
_SOUND = {"pitch", "formant", "tone", "voicing", "consonants", "breath", "breathw", "klatt", "echo"}
_RANGE_80 = "\x0180R"


def stock_file(name: str, *, rules: int = 0, wide: bool = False) -> str:
    """Return the voice file of a stock voice, at rest where it would flutter.

    `rules` gives it the letters of a region; `wide` spreads its pitch until tones part.
    """
    data = Path(espeakng_loader.get_data_path())
    language = data / "lang" / "aav" / (name if name.startswith("vi") else "vi")
    lines = _lines(language)
    if not name.startswith("vi"):
        lines += [
            line for line in _lines(data / "voices" / "!v" / name) if line.split()[0] in _SOUND
        ]
    if rules:
        lines.append(f"dictrules {rules}")
    if wide:
        low, high = next(map(int, line.split()[1:3]) for line in lines[::-1] if "pitch" in line)
        lines.append(f"pitch {low} {max(high, low + round(0.9 * low))}")
    return "\n".join([*lines, "flutter 0", ""])


def stock_say(name: str, text: str) -> FloatArray:
    """Return text in a stock voice as it is, but for a pitch range of 80."""
    made = espeak_library.speak(_RANGE_80 + text, stock_file(name), 175)
    samples = mastering.without_offset(made.samples)
    start, stop = mastering.sounding(samples)
    return samples[start:stop]


def _lines(path: Path) -> list[str]:
    text = path.read_text("utf-8", "ignore")
    return [line for line in text.splitlines() if line.strip() and not line.startswith(("//", "#"))]
