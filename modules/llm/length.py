"""How long an answer may become: it is spoken, and a small model may never come to an end."""

from __future__ import annotations

LONG_ANSWER, MAX_ANSWER = 1_600, 2_000
"""Characters after which an answer ends with its sentence, and where it is cut."""
_SENTENCE_ENDS = ".!?…\n"


def kept(text: str, said: int) -> tuple[str, bool]:
    """Return what of `text` is still said, and whether the answer has become long enough."""
    for index in range(max(0, LONG_ANSWER - said), len(text)):
        if text[index] in _SENTENCE_ENDS:
            return text[: index + 1], True
    return text[: MAX_ANSWER - said], said + len(text) >= MAX_ANSWER
