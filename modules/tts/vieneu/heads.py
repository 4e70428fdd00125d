"""The embeddings, which are the output layers as well, and the way from a voice to its anchor."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modules.errors import WeightsRejected
from modules.messages import FloatArray
from modules.tts.vieneu.config import Config


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """`text` [ids, hidden], `codes` [books, codes, hidden], and a linear layer with a layer norm
    that makes an anchor [hidden] of a voice [192].
    """

    text: FloatArray
    codes: FloatArray
    weight: FloatArray
    bias: FloatArray
    scale: FloatArray
    shift: FloatArray
    epsilon: float

    @classmethod
    def read(cls, path: Path, config: Config) -> Heads:
        """Read the archive. Raises `WeightsRejected` "unreadable" where it is damaged, asks for
        pickled objects, or does not fit the configuration.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                arrays = {
                    field: np.asarray(held[name], np.float32) for field, name in _ARRAYS.items()
                }
                heads = cls(**arrays, epsilon=float(held["xvec_ln_eps"]))
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            why = type(error).__name__
            raise WeightsRejected("unreadable", file=path.name, why=why) from error
        heads._check(path.name, config)
        return heads

    def anchor(self, voice: FloatArray) -> FloatArray:
        """Return what is added to every row for a voice [192]: [hidden]."""
        made = self.weight @ voice + self.bias
        made = (made - made.mean()) / np.sqrt(made.var() + self.epsilon)
        return np.asarray(made * self.scale + self.shift, np.float32)

    def embedded(self, rows: np.ndarray, anchor: FloatArray, no_code: int) -> FloatArray:
        """Return rows of ids [n, 1 + books] as the backbone takes them, [1, n, hidden]."""
        made = self.text[rows[:, 0]] + anchor
        for book, table in enumerate(self.codes, 1):
            there = rows[:, book] != no_code
            made[there] += table[rows[there, book]]
        return np.asarray(made[None], np.float32)

    def _check(self, file: str, config: Config) -> None:
        held = (self.text, self.codes, self.weight, self.bias, self.scale, self.shift)
        most = max(
            config.prompt_begin, config.prompt_end, config.speech, config.speech_end,
            config.reference, config.style,
        )  # fmt: skip
        hidden = config.hidden
        fits = (
            [array.ndim for array in held] == [2, 3, 2, 1, 1, 1]
            and {self.text.shape[1], self.codes.shape[2], self.weight.shape[0]} == {hidden}
            and {len(self.bias), len(self.scale), len(self.shift)} == {hidden}
            and len(self.codes) == config.books
            and len(self.text) > most
        )
        if not fits:
            raise WeightsRejected("unreadable", file=file, why="shapes")
        if not all(np.isfinite(array).all() for array in held):
            raise WeightsRejected("unreadable", file=file, why="not finite")


_ARRAYS = {
    "text": "text_emb",
    "codes": "audio_emb",
    "weight": "xvec_w",
    "bias": "xvec_b",
    "scale": "xvec_ln_w",
    "shift": "xvec_ln_b",
}
