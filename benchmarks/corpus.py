"""The sentences that lie in this project's own tables: what its counts are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.text import has_diacritics

_SLOT = re.compile(r"\{(\w+)\}")
_FILLERS = {"self": "mình", "you": "bạn", "nhe": "nhé", "nhi": "nhỉ", "day": "đấy", "the": "thế"}


def sentences_in(value: object) -> Iterator[str]:
    """Yield the sentences of a table, slots filled; patterns and single words are none."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name != "when":
                yield from sentences_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from sentences_in(each)
    elif isinstance(value, str) and " " in value and has_diacritics(value):
        filled = _SLOT.sub(lambda match: _FILLERS.get(match[1], ","), value)
        if not re.search(r"[|()^$%#{}]", filled):
            yield filled
