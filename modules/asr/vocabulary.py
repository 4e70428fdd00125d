"""Whisper's tokens: the prompt that asks for Vietnamese text, and the way back from ids to text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modules.errors import WeightsRejected

LANGUAGE, TASK = "vi", "transcribe"
SPACE = "\u0120"
"""What a token begins with that begins a word (GPT-2's byte-level alphabet)."""


class Vocabulary:
    """The tokenizer of a checkpoint, from its own `tokenizer.json`: never one from the network.

    Raises `WeightsRejected` where the file is damaged or not Whisper's.
    """

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        try:
            # Read here: given a path, the library reports a missing file like a damaged one.
            self.tokenizer: Any = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # all that the library raises is an Exception
            why = type(error).__name__
            raise WeightsRejected("unreadable", file=path.name, why=why) from error
        self.end = self._id(path, "<|endoftext|>")
        self.start = self._id(path, "<|startoftranscript|>")
        self.no_speech = self._id(path, "<|nospeech|>", "<|nocaptions|>")
        self.prompt = [
            self.start,
            self._id(path, f"<|{LANGUAGE}|>"),
            self._id(path, f"<|{TASK}|>"),
            self._id(path, "<|notimestamps|>"),
        ]
        """What the decoder continues: Vietnamese, as spoken, without times."""

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of generated ids, in NFC; ids from `<|endoftext|>` on are not text."""
        decoded = self.tokenizer.decode([i for i in ids if i < self.end])
        return unicodedata.normalize("NFC", " ".join(decoded.split()))

    def words(self, ids: Sequence[int]) -> list[tuple[str, int]]:
        """Return the words of generated ids, each with the number of its tokens."""
        groups: list[list[int]] = []
        for token in ids:
            if groups and not (self.tokenizer.id_to_token(token) or "").startswith(SPACE):
                groups[-1].append(token)
            else:
                groups.append([token])
        return [(self.text(group), len(group)) for group in groups]

    def _id(self, path: Path, *names: str) -> int:
        for name in names:
            found: int | None = self.tokenizer.token_to_id(name)
            if found is not None:
                return found
        raise WeightsRejected("unreadable", file=path.name, why=names[0])
