"""Emotion: how the user seems to feel, from what they said.

`classify` reads one text, `smooth` follows the mood of a conversation, `expression` says which
feeling the assistant answers with. `measure`, `Baseline` and `hinted` add how it was said.
"""

from modules.emotion.conversation import expression, smooth
from modules.emotion.scoring import classify
from modules.emotion.voice import Baseline, hinted, measure
from modules.engines import EngineSpec

ENGINES: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="lexicon",
        stage="emotion",
        factory="modules.emotion.lexicon:LexiconEngine",
        megabytes=4,
        first_output_s=0.5,
        next_output_s=0.5,
    ),
)
"""Best first; the neural classifiers will stand above."""

__all__ = ["ENGINES", "Baseline", "classify", "expression", "hinted", "measure", "smooth"]
