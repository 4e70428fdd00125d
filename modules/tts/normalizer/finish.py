"""The last step: words become a line of text, and nothing passes that is not Vietnamese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from modules.tts.normalizer.characters import VIETNAMESE
from modules.tts.normalizer.faces import squeeze

PAUSES = ",.?!;:…"
STRENGTH = "?!….;:,"
"""Of marks that meet, the first in this order stays."""
GAP = re.compile(rf"[\s{PAUSES}]+")


class _Speakable(dict[int, str]):
    def __missing__(self, code: int) -> str:
        return " "


_SPEAKABLE = _Speakable({ord(char): char for char in [*sorted(VIETNAMESE), *PAUSES, " "]})


def finish(words: Iterable[str]) -> str:
    """Join words and marks: lower case, one space, one mark at a time, none at the start."""
    text = unicodedata.normalize("NFC", " ".join(words).lower()).translate(_SPEAKABLE)
    text, _ = squeeze(text)  # "ngôiII" has become "ngôiii"
    return GAP.sub(_gap, text).lstrip(PAUSES + " ").rstrip(" ")


def _gap(match: re.Match[str]) -> str:
    found = match[0]
    mark = next((mark for mark in STRENGTH if mark in found), "")
    return mark + " "
