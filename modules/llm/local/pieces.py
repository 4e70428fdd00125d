"""Text of an answer, token by token, without ever giving half a letter.

A Vietnamese letter such as "ế" is three bytes of UTF-8, and a token may end between them. Then the
tokenizer spells U+FFFD; what ends so is held back until the rest has come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

BROKEN = "\ufffd"
MOST_HELD = 64
"""Tokens after which bytes that still make no letter are given up."""


class Pieces:
    """Takes one answer's tokens; gives its text in pieces.

    `spell` turns ids into text. A token is spelled together with those before it, back to the last
    but one place where all letters were whole: some tokenizers drop the space before the first word
    of what they spell, and some make one broken letter of every byte in a run that is not complete.
    """

    def __init__(self, spell: Callable[[Sequence[int]], str]) -> None:
        self._spell = spell
        self._window: list[int] = []
        self._whole = 0  # tokens of the window at the last whole place
        self._given = 0  # characters of the window's text that were given

    def push(self, token: int) -> str:
        """Take the next token; return the text that is certain now, perhaps none."""
        self._window.append(token)
        text = self._spell(self._window)
        certain = text.rstrip(BROKEN)
        piece = certain[self._given :].replace(BROKEN, "")
        self._given = max(self._given, len(certain))
        if len(certain) == len(text):
            self._window = self._window[self._whole :]
            self._whole = len(self._window)
            self._given = len(self._spell(self._window))
        elif len(self._window) > MOST_HELD:
            self._window, self._whole, self._given = [], 0, 0
        return piece
