"""Which feeling each output of a checkpoint stands for: by its own `id2label`, never by order.

Every repository orders its labels differently. A model of sentiment knows three; what is bad is
then shared out among the four bad feelings as the lexicon reads the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from modules.errors import WeightsRejected
from modules.messages import EMOTIONS, EmotionLabel, FloatArray

NAMES: Mapping[str, tuple[str, ...]] = {
    "Enjoyment": ("enjoyment", "joy", "happy", "happiness", "love", "vui", "vui vẻ", "thích thú"),
    "Sadness": ("sadness", "sad", "buồn", "buồn bã"),
    "Anger": ("anger", "angry", "giận", "giận dữ", "tức giận"),
    "Fear": ("fear", "afraid", "scared", "sợ", "sợ hãi"),
    "Disgust": ("disgust", "ghê tởm", "chán ghét"),
    "Surprise": ("surprise", "surprised", "ngạc nhiên"),
    "Other": ("other", "others", "neutral", "none", "khác", "trung tính"),
    "NEG": ("neg", "negative", "tiêu cực"),
    "POS": ("pos", "positive", "tích cực"),
    "NEU": ("neu", "neutral", "trung tính"),
}
SENTIMENTS = ("NEG", "POS", "NEU")
BAD: Mapping[EmotionLabel, float] = {"Sadness": 0.34, "Anger": 0.15, "Fear": 0.12, "Disgust": 0.39}
"""How often each of the four is meant where something is bad: the counts of UIT-VSMEC (1,149, 480,
395 and 1,338 of 6,927 sentences; Ho et al. 2020)."""
PRIOR = 0.35
"""How much those counts weigh beside what the lexicon finds."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the outputs of a network mean: one name of `NAMES` for each."""

    names: tuple[str, ...]

    @property
    def sentiment(self) -> bool:
        """Whether it is a model of sentiment."""
        return set(self.names) == set(SENTIMENTS)

    def scores(
        self, probabilities: FloatArray, read: Mapping[EmotionLabel, float]
    ) -> dict[EmotionLabel, float]:
        """Return a score for each of the seven, which sum to one.

        `read` is what the lexicon makes of the same text.
        """
        if self.sentiment:
            return _shared(dict(zip(self.names, map(float, probabilities), strict=True)), read)
        found: dict[EmotionLabel, float] = dict.fromkeys(EMOTIONS, 0.0)
        for name, probability in zip(self.names, probabilities, strict=True):
            found[cast("EmotionLabel", name)] += float(probability)
        return found


def labels_of(id2label: Mapping[int, str], stated: Sequence[str] = ()) -> Labels:
    """Return what a checkpoint's outputs mean.

    `stated` is the order that its page states: it counts only where the checkpoint itself has no
    names ("LABEL_0"). Raises `WeightsRejected` for names that are not known, or not enough of them.
    """
    given = [str(id2label[index]) for index in sorted(id2label)]
    if all(name.upper().startswith("LABEL_") for name in given) and len(stated) == len(given):
        given = list(stated)
    three = len(given) == len(SENTIMENTS)
    groups = SENTIMENTS if three else EMOTIONS
    names = tuple(_meaning(name, groups) for name in given)
    if (three and set(names) != set(SENTIMENTS)) or len(set(names)) < len(SENTIMENTS):
        raise _unknown(" ".join(given))
    return Labels(names)


def _meaning(name: str, groups: Sequence[str]) -> str:
    plain = " ".join(unicodedata.normalize("NFC", name).lower().replace("_", " ").split())
    for group in groups:
        if plain in NAMES[group]:
            return group
    raise _unknown(name)


def _unknown(name: str) -> WeightsRejected:
    return WeightsRejected("unreadable", file="config.json", why=f"id2label: {name}"[:80])


def _shared(
    found: Mapping[str, float], read: Mapping[EmotionLabel, float]
) -> dict[EmotionLabel, float]:
    weights = {label: read.get(label, 0.0) + PRIOR * usual for label, usual in BAD.items()}
    total = sum(weights.values())
    scores: dict[EmotionLabel, float] = {
        label: found["NEG"] * weight / total for label, weight in weights.items()
    }
    # What is neither good nor bad may still astonish, where the words say so.
    known = read.get("Surprise", 0.0) + read.get("Other", 0.0)
    astonished = read.get("Surprise", 0.0) / known if known else 0.0
    scores["Surprise"] = found["NEU"] * astonished
    scores["Other"] = found["NEU"] * (1 - astonished)
    scores["Enjoyment"] = found["POS"]
    return {label: float(np.float64(scores[label])) for label in EMOTIONS}
