"""Emotion: how the user seems to feel, from what they said.

`classify` reads one text, `smooth` follows the mood of a conversation, `expression` says which
feeling the assistant answers with. `measure`, `Baseline` and `hinted` add how it was said.
"""

from modules.emotion.conversation import expression, smooth
from modules.emotion.scoring import classify
from modules.emotion.voice import Baseline, hinted, measure
from modules.engines import EngineSpec, Need

_PHOBERT_MB = 700
"""135 M parameters as floats on a CPU, the tokenizer and the segmenter."""


def _phobert(
    name: str, licence: str, *more: Need, weights: bool = True, engine: str = "PhobertEngine"
) -> EngineSpec:
    return EngineSpec(
        name=name,
        stage="emotion",
        factory=f"modules.emotion.phobert.engine:{engine}",
        needs=frozenset[Need]({"packages", "weights", "torch", *more}),
        packages=("torch", "transformers", "underthesea"),
        weights=(name,) if weights else (),
        megabytes=_PHOBERT_MB,
        licence=licence,
        first_output_s=1.5,
        next_output_s=1.5,
    )


ENGINES: tuple[EngineSpec, ...] = (
    _phobert("phobert-own", "MIT (phobert-base), AGPL-3.0 (phobert-base-v2)",
             weights=False, engine="OwnEngine"),
    _phobert("phobert-emotion", "MIT"),
    _phobert("phobert-emotion-v2", "AGPL-3.0 (phobert-base-v2)", "licence"),
    _phobert("phobert-sentiment", "MIT"),
    EngineSpec(
        name="lexicon",
        stage="emotion",
        factory="modules.emotion.lexicon:LexiconEngine",
        megabytes=4,
        first_output_s=0.5,
        next_output_s=0.5,
    ),
)  # fmt: skip
"""Best first: the owner's own network, fine-tunes of UIT-VSMEC and the like (the authors report
macro-F1 0.64 on their own test sentences and 0.63 on UIT-VSMEC's), one of product reviews that
knows three labels, and the lexicon."""

__all__ = ["ENGINES", "Baseline", "classify", "expression", "hinted", "measure", "smooth"]
