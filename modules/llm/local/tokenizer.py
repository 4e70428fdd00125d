"""From messages to token ids in a model's own format, and back to text."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modules.errors import WeightsRejected
from modules.llm.prompt import ChatMessage

_FORMATS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("templates.toml").read_text("utf-8")
)
DEFAULT_SYSTEM: str = _FORMATS["system"]


class ChatTokenizer:
    """A checkpoint's `tokenizer.json` and the format its conversations are written in.

    `template` names an entry of `templates.toml`; without it the checkpoint's own is used. Raises
    `WeightsRejected` for a file that cannot be read, or a checkpoint that has no format.
    """

    def __init__(self, folder: Path, template: str = "") -> None:
        from transformers import PreTrainedTokenizerFast

        try:
            # Not AutoTokenizer: its classes rebuild what `tokenizer.json` says already.
            self._tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(
                folder, local_files_only=True
            )
        except Exception as error:  # the Rust reader raises plain Exception
            why = type(error).__name__
            raise WeightsRejected("unreadable", file="tokenizer.json", why=why) from error
        self._template = _FORMATS[template]["template"].lstrip("\n") if template else None
        if self._template is None and not self._tokenizer.chat_template:
            raise WeightsRejected("unreadable", file="tokenizer_config.json", why="chat_template")
        # What a user types must not pass for the model's own marks.
        marks = {*self._tokenizer.all_special_tokens, *self._tokenizer.get_added_vocab()}
        self._marks = sorted(marks | set(_FORMATS[template]["marks"] if template else ()))
        self._bos = self._leading()

    @property
    def size(self) -> int:
        """Number of tokens, those that were added included."""
        return len(self._tokenizer)

    @property
    def end(self) -> int | None:
        """The token that ends a text, where the tokenizer names one."""
        return _number(self._tokenizer.eos_token_id)

    def prompt(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Return the ids that the model continues with its answer, thinking switched off."""
        if messages[0]["role"] != "system":
            messages = [{"role": "system", "content": DEFAULT_SYSTEM}, *messages]
        text = self._tokenizer.apply_chat_template(
            [{"role": m["role"], "content": self._plain(m["content"])} for m in messages],
            chat_template=self._template,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        if self._bos is None:
            return ids
        # A format may write the BOS itself, or leave it to the tokenizer.
        start = next((n for n, token in enumerate(ids) if token != self._bos), len(ids))
        return [self._bos, *ids[start:]]

    def count(self, messages: Sequence[ChatMessage]) -> int:
        """Return how many tokens the prompt has."""
        return len(self.prompt(messages))

    def text(self, ids: Sequence[int]) -> str:
        """Return what ids spell, without special tokens; half a letter is U+FFFD."""
        return str(
            self._tokenizer.decode(
                list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def _plain(self, text: str) -> str:
        for mark in self._marks:
            text = text.replace(mark, " ")
        return text.strip()

    def _leading(self) -> int | None:
        """Return the BOS, if this tokenizer begins texts with one."""
        bos = _number(self._tokenizer.bos_token_id)
        return bos if bos is not None and self._tokenizer("a")["input_ids"][0] == bos else None


def _number(token: object) -> int | None:
    return token if isinstance(token, int) else None
