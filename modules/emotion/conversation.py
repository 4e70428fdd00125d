"""The mood of a conversation, and the face the assistant makes at it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from modules.messages import EMOTIONS, EmotionLabel, Mood

DECAY = 0.6
"""What a turn's mood still counts one turn later."""
NEUTRAL_WEIGHT = 0.1
"""Weight of a turn that says nothing about feelings: "ừ" does not end a sorrow, but it fades it."""


def smooth(moods: Sequence[Mood]) -> Mood:
    """Return the mood over several turns, oldest first: an exponentially weighted mean of scores.

    A turn weighs `DECAY` to the power of its age, and less the more it is `Other`. The result
    carries `reply` and `engine` of the last turn; of no turns it is `Other` with score 1.
    """
    if not moods:
        return Mood(0, "Other", {label: float(label == "Other") for label in EMOTIONS})
    weights = [
        DECAY**age * (1 - (1 - NEUTRAL_WEIGHT) * mood.scores.get("Other", 0.0))
        for age, mood in enumerate(reversed(moods))
    ]
    total = sum(weights)
    scores: dict[EmotionLabel, float] = {
        label: sum(
            weight * _score(mood, label)
            for weight, mood in zip(weights, reversed(moods), strict=True)
        )
        / total
        for label in EMOTIONS
    }
    last = moods[-1]
    return Mood(last.reply, max(EMOTIONS, key=scores.__getitem__), scores, last.engine)


def expression(mood: Mood) -> EmotionLabel:
    """Return the feeling to answer `mood` with, as `expression.toml` says."""
    shows, at_least = _table()[mood.label]
    return shows if _score(mood, mood.label) >= at_least else "Other"


def _score(mood: Mood, label: EmotionLabel) -> float:
    """Return a label's score; a mood without scores is sure of its label."""
    return mood.scores.get(label, 0.0) if mood.scores else float(mood.label == label)


@lru_cache(maxsize=1)
def _table() -> Mapping[EmotionLabel, tuple[EmotionLabel, float]]:
    rows = tomllib.loads(Path(__file__).with_name("expression.toml").read_text(encoding="utf-8"))
    return {label: (rows[label]["shows"], rows[label]["at_least"]) for label in EMOTIONS}
