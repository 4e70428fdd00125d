"""The names that people give to what they keep here: a voice, a face."""

from __future__ import annotations

import unicodedata

from modules.errors import InvalidInput

LONGEST_NAME = 60
_NO_NAME = frozenset({"Cc", "Cs"})  # control characters, halves of characters
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])  # direction of all around


def clean_name(name: str) -> str:
    """Return a name on one line, NFC; raises `InvalidInput` for none and for a long one."""
    visible = "".join(" " if c.isspace() else c for c in name)
    visible = "".join(c for c in visible if unicodedata.category(c) not in _NO_NAME)
    turned = visible.translate(_TURNS)
    cleaned = " ".join(unicodedata.normalize("NFC", turned).split())
    if not cleaned:
        raise InvalidInput("empty", field="name")
    if len(cleaned) > LONGEST_NAME:
        raise InvalidInput("too_long", field="name", limit=LONGEST_NAME)
    return cleaned
