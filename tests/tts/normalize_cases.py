"""Reads the judged sentences and says whether a reading is one that a Vietnamese reader accepts.

`spoken` holds whole readings; inside one, `{a|b}` stands for "a or b", and `{a|}` for "a or
nothing". Case and punctuation do not count.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modules.messages import Region

HERE = Path(__file__).parent
Half = Literal["development", "held", "all"]


@dataclass(frozen=True)
class Case:
    """A sentence, the region of its reader, and the readings that are right."""

    text: str
    region: Region
    spoken: tuple[str, ...]

    def accepts(self, reading: str) -> bool:
        """Return whether `reading` is one of the right ones."""
        words = "".join(word + " " for word in bare(reading).split())
        return any(pattern(spoken).fullmatch(words) for spoken in self.spoken)


def load(half: Half, name: str = "normalize_cases.jsonl") -> list[Case]:
    """Return the cases of one part: every third line is held out."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    cases = [
        Case(row["text"], row["region"], tuple(row["spoken"])) for row in map(json.loads, lines)
    ]
    if half == "all":
        return cases
    return [case for at, case in enumerate(cases) if (at % 3 == 2) == (half == "held")]


def bare(text: str) -> str:
    """Return a text without case and punctuation."""
    text = unicodedata.normalize("NFC", text).lower()
    return "".join(c if c.isalnum() else " " for c in text)


def pattern(spoken: str) -> re.Pattern[str]:
    """Compile one reading; every word of it is followed by one space."""
    parts = re.split(r"\{([^{}]*)\}", spoken)
    return re.compile(
        "".join(
            "(?:" + "|".join(map(_words, part.split("|"))) + ")" if at % 2 else _words(part)
            for at, part in enumerate(parts)
        )
    )


def _words(text: str) -> str:
    return "".join(re.escape(word) + " " for word in bare(text).split())
