"""The lines of a conversation as a language model should see them after the pair has changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from modules.messages import Line, Pair
from modules.persona.edits import apply
from modules.persona.repair import edits_of, mend
from modules.persona.slots import pair_slots
from modules.persona.utterance import Utterance


def rewrite_history(lines: Sequence[Line], old: Pair, new: Pair) -> tuple[Line, ...]:
    """Return `lines` with what the assistant said rewritten from the pair `old` into `new`.

    A model copies the pair of its own earlier lines, whatever its instructions say. What the user
    said stays as it was.
    """
    return tuple(
        replace(line, text=_rewritten(line.text, old, new)) if line.role == "assistant" else line
        for line in lines
    )


def _rewritten(text: str, old: Pair, new: Pair) -> str:
    if old == new:
        return text
    text = unicodedata.normalize("NFC", text)
    answer, _ = Utterance.written(text)
    return mend(apply(text, edits_of(answer, pair_slots(answer, old, new))), new).text
