"""What is known of each checkpoint beforehand: sizes, window, and how its makers sample from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """One checkpoint.

    `nf4_mb` is the weights with every linear layer of the decoder in NF4 (4.13 bits a weight, with
    double quantisation) and the embeddings in halves. `answer_tokens` is what the window keeps
    free for the answer: a spoken answer of 2,000 characters at most.
    """

    half_mb: int
    nf4_mb: int
    answer_tokens: int
    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float = 1.0
    template: str = ""
    """Name in `templates.toml`; empty takes the checkpoint's own."""
    window: int = 4_096
    """Tokens of prompt and answer together; longer windows would cost memory that voices need."""


def _ura(half_mb: int, nf4_mb: int) -> Card:
    # Sampling of the authors' own application (TGI settings of ura-hcmut's RAG app). LLaMA-2's
    # vocabulary spends two to three tokens on a Vietnamese syllable.
    return Card(half_mb, nf4_mb, 1_024, 0.5, 0.9, 50, 1.1, "llama2")


def _qwen(half_mb: int, nf4_mb: int) -> Card:
    # "Best practices" of the model cards for answers without thinking.
    return Card(half_mb, nf4_mb, 768, 0.7, 0.8, 20)


CARDS: dict[str, Card] = {
    "ura-llama-13b": _ura(26_000, 7_400),
    "ura-llama-7b": _ura(13_500, 4_000),
    "qwen3-8b": _qwen(16_400, 6_200),
    "qwen3-4b": _qwen(8_100, 2_800),
    "qwen3-1.7b": _qwen(3_500, 1_400),
    "qwen3-0.6b": _qwen(1_200, 600),
}
"""By the key of `modules.models.MODELS`."""
