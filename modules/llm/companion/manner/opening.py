"""How an answer opens, and the faces behind it, in the user's manner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from modules.llm.companion.manner.dress import (
    WORD,
    Dress,
    bare,
    lowered,
    manner_data,
)
from modules.messages import Habit

_ALWAYS = 1e6
"""So many messages that every habit shows."""
_MOST_FACES = 0.95
"""Of the answers, how many have a face at most, unless nothing else of the user's shows."""


def opened(sentences: list[str], dress: Dress) -> list[str]:
    """Open an answer as the user would, where what they say there fits."""
    data = manner_data()["openers"]
    if not sentences or dress.voice.rank == "junior":
        return sentences  # whose answers open with dạ
    first = sentences[0]
    words = WORD.findall(first.lower())
    interjection = next((w for w in _interjections() if first.lower().startswith(f"{w}, ")), "")
    if not words or words[0] in data["not_before"]:
        return sentences
    fitting = [habit for habit in dress.manner.openers if _fits(habit, dress, asks="?" in first)]
    taken = set(words[: 3 if interjection else 2])
    if words[0] in manner_data()["wh"]["swapped"]:  # "thế vậy ..." says it twice
        fitting = [habit for habit in fitting if habit.act != "link"]
    fitting = [habit for habit in fitting if taken.isdisjoint(habit.text.split())]
    fresh = [h for h in fitting if not any(line.startswith(h.text) for line in dress.recent)]
    opener = dress.pick("opener", fresh, dress.emphasis)
    if not opener:
        return sentences
    if interjection:
        first = first[len(interjection) + 2 :]
    marks = dress.manner.opener_marks
    mark = dress.pick("opener mark", marks)
    if any(habit.text == opener and habit.act == "link" for habit in fitting):
        mark = ""
    elif not mark and sum(habit.share for habit in marks) > 0.5:
        mark = marks[0].text
    ends = mark[:1] in (".", "!")
    own = dress.own_words
    rest = first[:1].upper() + first[1:] if ends else lowered(first, dress.voice, own)
    return [f"{opener[:1].upper()}{opener[1:]}{mark} {rest}", *sentences[1:]]


def _fits(habit: Habit, dress: Dress, *, asks: bool) -> bool:
    data = manner_data()["openers"]
    if dress.kind not in data.get(habit.act, ()):
        return False
    if dress.sad and (habit.text in data["glad"] or habit.act == "surprise"):
        return False
    if not dress.sad and habit.text in data["pity"]:
        return False
    return habit.act != "surprise" or asks


def shown(sentences: list[str], plain: list[str], dress: Dress) -> list[str]:
    """Add an opener or a face where nothing of the user's shows in an answer so far."""
    if dress.manner.strength < 1.0:
        return sentences
    always = replace(dress, emphasis=_ALWAYS)
    for add in (opened, with_faces):
        text = " ".join(sentences)
        faces = (*dress.manner.laughs, *dress.manner.emoji)
        if bare(text) != bare(" ".join(plain)) or any(face.text in text for face in faces):
            break
        sentences = add(sentences, always)
    return sentences


def with_faces(sentences: list[str], dress: Dress) -> list[str]:
    """Put a laugh or an emoji behind the last sentence; not in every answer, whoever it is."""
    if not sentences:
        return sentences
    act = "sad" if dress.sad else "glad"
    if dress.sad and dress.kind != "feeling":
        return sentences
    laughs = () if dress.sad else dress.manner.laughs
    faces = [habit for habit in (*laughs, *dress.manner.emoji) if habit.act == act]
    found = dress.pick("face", faces, dress.emphasis)
    often = dress.emphasis >= _ALWAYS or dress.draw("a face at all") < _MOST_FACES
    if not found or not often:
        return sentences
    if found.isalpha() and dress.draw("laugh first") < dress.manner.laughs_first:
        first = lowered(sentences[0], dress.voice, dress.own_words)
        return [f"{found[:1].upper()}{found[1:]}, {first}", *sentences[1:]]
    return [*sentences[:-1], f"{sentences[-1]} {found}"]


def cased(sentence: str, place: int, dress: Dress) -> str:
    """Begin a sentence with a small letter where the user does, else with a capital."""
    small = dress.draw("case") < dress.manner.lower_case
    if small or (place and dress.manner.lower_case > 0.5):
        return lowered(sentence, dress.voice, dress.own_words)
    match = re.match(r"\W*", sentence)
    start = match.end() if match else 0
    return sentence[:start] + sentence[start : start + 1].upper() + sentence[start + 1 :]


def _interjections() -> Iterable[str]:
    return sorted(manner_data()["interjections"]["words"], key=len, reverse=True)
