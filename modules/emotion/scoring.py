"""From a sentence to seven scores: what is said, bent by how it is said.

Each feeling word or situation found gives evidence to its label. Intensifiers, negation,
contrast, questions and irony change that evidence; smileys, laughter and emoji add theirs. `Other`
starts with a fixed amount, so that one weak word does not make a feeling. The scores are shares of
the evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from modules.emotion.bending import factor_of
from modules.emotion.phrases import LONGEST, Lexicon, Sense, View, lexicon
from modules.emotion.tokens import Clause, clauses, is_bare
from modules.messages import EMOTIONS, EmotionLabel, Mood

ENGINE = "lexicon"
_MAX_CHARACTERS = 8_000
_EMOJI_FIRST, _EMOJI_NEXT, _EMOJI_MOST = 1.6, 0.3, 2.5
"""Evidence of one emoji, of each further one with the same label, and at most."""
_OTHER_MOST = 1.2
"""Evidence of matter-of-fact words at most: many of them do not drown one clear feeling."""
_PLAIN_SMILE = re.compile(r"(?<![=:;)\w])[:=]\)(?![)\w])")
_MAX_EXCLAMATIONS = 3

Evidence = dict[EmotionLabel, float]


def classify(text: str) -> Mood:
    """Return the feeling that `text` speaks of, with `reply` 0; empty text is `Other`, score 1."""
    text = unicodedata.normalize("NFC", text)[:_MAX_CHARACTERS]
    known = lexicon()
    evidence: Evidence = dict.fromkeys(EMOTIONS, 0.0)
    words = _read_signs(text, known, evidence)
    view = known.bare if is_bare(words) else known.marked
    parts = clauses(words, view.teencode)
    for clause, weight in _weighed(parts, view, known):
        _read_clause(clause, weight, view, known, evidence)
    evidence["Other"] = min(evidence["Other"], _OTHER_MOST)
    _read_irony(text, parts, view, known, evidence)
    _read_loudness(text, known, evidence)
    return _mood(evidence, known.numbers, bool(parts))


def _read_signs(text: str, known: Lexicon, evidence: Evidence) -> str:
    """Add what smileys, laughs and emoji say; return the text with a stop in place of each."""
    counts: Counter[EmotionLabel] = Counter(known.emoji[c] for c in text if c in known.emoji)
    for label, count in counts.items():
        evidence[label] += min(_EMOJI_FIRST + _EMOJI_NEXT * (count - 1), _EMOJI_MOST)
    text = "".join("." if c in known.emoji else c for c in text)
    for sign in known.signs:
        text, found = sign.pattern.subn(" . ", text)
        if found:
            evidence[sign.label] += sign.weight
    return text


def _weighed(parts: Sequence[Clause], view: View, known: Lexicon) -> Iterable[tuple[Clause, float]]:
    """Yield clauses, cut again at a contrast, with the weight that their place gives them."""
    numbers = known.numbers
    for sentence in _sentences(parts):
        pieces = [piece for clause in sentence for piece in _cut(clause, view.contrast)]
        turn = max(
            (i for i, piece in enumerate(pieces) if piece.words[0] in view.contrast), default=0
        )
        for index, piece in enumerate(pieces):
            weight = 1.0
            if turn:
                weight = numbers["contrast_before" if index < turn else "contrast_after"]
            elif view.concession & {piece.words[0], " ".join(piece.words[:2])}:
                weight = numbers["concession_factor"]
            yield piece, weight


def _sentences(parts: Sequence[Clause]) -> Iterable[list[Clause]]:
    sentence: list[Clause] = []
    for part in parts:
        sentence.append(part)
        if part.ends:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _cut(clause: Clause, turns: frozenset[str]) -> list[Clause]:
    """Split a clause before a contrast word, so that each side keeps its own negations."""
    for index, word in enumerate(clause.words):
        pair = " ".join(clause.words[index : index + 2])
        if index and (word in turns or pair in turns):
            head = Clause(clause.words[:index], clause.names[:index], ",", False)
            tail = Clause(clause.words[index:], clause.names[index:], clause.mark, clause.ends)
            return [head, tail]
    return [clause]


def _read_clause(
    clause: Clause, weight: float, view: View, known: Lexicon, evidence: Evidence
) -> None:
    hits = list(_hits(clause, view))
    taken = {index for start, end, _ in hits for index in range(start, end)}
    for start, end, senses in hits:
        bent = factor_of(clause, start, end, taken, view, known.numbers)
        for label, amount in senses:
            amount *= weight * (1.0 if label == "Surprise" and bent.asked else bent.factor)
            if not bent.negated:
                evidence[label] += amount
                continue
            other, share = known.becomes.get(label, (label, 1.0))
            evidence[other] += amount * share
            if bent.relieved and other == "Other":
                evidence["Enjoyment"] += amount * known.numbers["relief_factor"]


def _hits(clause: Clause, view: View) -> Iterable[tuple[int, int, tuple[Sense, ...]]]:
    """Yield (start, end, senses) of the phrases found, longest first, without overlap."""
    words = ("^", *clause.words, "$")
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + LONGEST), start, -1):
            phrase = " ".join(words[start:end])
            senses = view.senses.get(phrase)
            if senses:
                first, last = max(start - 1, 0), min(end - 1, len(clause.words))
                if _stands(clause, first, last, phrase, view):
                    yield first, last, senses
                    start = end - 1
                    break
        start += 1


def _stands(clause: Clause, start: int, end: int, phrase: str, view: View) -> bool:
    """Tell whether a phrase means what it says: no name, and not one of many readings."""
    if (
        end - start == 1
        and clause.names[start]
        and start
        and clause.words[start - 1] in view.titles
    ):
        return False
    if phrase in view.intensified:
        return bool(
            {" ".join(clause.words[end : end + size]) for size in (1, 2)} & view.after.keys()
        )
    return True


def _read_irony(
    text: str, parts: Sequence[Clause], view: View, known: Lexicon, evidence: Evidence
) -> None:
    """Praise with a cold smile, or one of the set phrases, is not praise."""
    said = " ".join(" ".join(part.words) for part in parts)
    phrase = any(f" {irony} " in f" {said} " for irony in view.irony)
    smile = any(mark in text for mark in known.irony_marks if len(mark) == 1)
    smile = smile or bool(_PLAIN_SMILE.search(text))
    bad = max(evidence[label] for label in ("Anger", "Disgust", "Sadness"))
    if phrase or (smile and bad >= 1.0):
        evidence["Enjoyment"] *= known.numbers["irony_enjoyment"]
        evidence["Anger"] += known.numbers["irony_anger"]


def _read_loudness(text: str, known: Lexicon, evidence: Evidence) -> None:
    letters = [c for c in text if c.isalpha()]
    factor = 1 + known.numbers["exclamation"] * min(text.count("!"), _MAX_EXCLAMATIONS)
    if len(letters) >= 8 and sum(c.isupper() for c in letters) > 0.7 * len(letters):
        factor *= known.numbers["shouting"]
    for label in EMOTIONS:
        if label != "Other":
            evidence[label] *= factor


def _mood(evidence: Evidence, numbers: Mapping[str, float], spoken: bool) -> Mood:
    floor = numbers["floor"] if spoken else 0.0
    amounts = {label: amount + floor for label, amount in evidence.items()}
    amounts["Other"] += numbers["other_bias"]
    total = sum(amounts.values())
    scores = {label: amount / total for label, amount in amounts.items()}
    return Mood(0, max(EMOTIONS, key=scores.__getitem__), scores, ENGINE)
