"""Answers to feelings: what lies behind one, else the feeling itself, and then going on with it."""

from __future__ import annotations

from modules.llm.companion.book import Entry, book
from modules.llm.companion.talk import Talk
from modules.llm.companion.topics import point_of, topic_of
from modules.messages import EMOTIONS

_MUCH = 0.3
"""Share of an utterance by which a topic outdoes a feeling that was talked of before."""
_NAMED_ONLY = 5
"""Words of an utterance that says no more than how one feels."""
_LABELS = frozenset(label.lower() for label in EMOTIONS)
NEGATIVE = frozenset({"Sadness", "Fear", "Anger", "Disgust"})


def felt(talk: Talk) -> str | None:
    """Answer what lies behind a feeling; else the feeling, where nothing else fits better."""
    entry = book().find(talk.heard, ("feeling",), talk.mood)
    if entry is not None and not (talk.heard.question and _is_joy(entry.key)):
        again = any(entry.matched(heard) for heard in talk.earlier(3))
        texts = (talk.stay(entry.key) if again else None, talk.say(entry.key))
        if text := next((each for each in texts if each and not talk.said(each)), None):
            return text
    if talk.mood == "Other":
        return None
    if point_of(talk) or (talk.heard.question and talk.mood not in NEGATIVE):
        return None
    kinds = ("chat", "remark") if talk.mood in NEGATIVE else ("chat", "topic", "remark", "talk")
    other = book().find(talk.heard, kinds)
    if other and (talk.mood not in NEGATIVE or _covers(other, talk)):
        return None
    if talk.mood == "Anger" and len(talk.heard.words) > _NAMED_ONLY:
        return by_mood(talk)
    return continued(talk) or by_mood(talk)


def continued(talk: Talk) -> str | None:
    """Go on with what the talk about feelings is about, once for each thing there is to say."""
    before = talk.feeling_before
    if not before or talk.heard.question or (talk.mood not in NEGATIVE and _long_enough(talk)):
        return None
    topic = None if talk.mood in NEGATIVE else topic_of(talk)
    if topic and topic.matched(talk.heard) >= _MUCH * len(talk.heard.core):
        return None
    if _is_joy(before) and talk.mood != "Enjoyment":
        return None
    if _is_joy(before) and (talk.mood in NEGATIVE or book().find(talk.heard, ("topic", "remark"))):
        return None  # a joy gives way to whatever comes up; a grief does not
    label, _, _ = before.rpartition("_")
    text = talk.say(f"{label}_stay") if label in _LABELS else _cause(talk)
    return text if text and not talk.said(text) else None


def _is_joy(key: str) -> bool:
    return key.startswith(("enjoyment", "surprise")) or "Enjoyment" in book().entries[key].moods


def _cause(talk: Talk) -> str | None:
    """Return more on what lies behind the feeling, as the user told it lately."""
    for heard in reversed(talk.earlier(3)):
        entry = book().find(heard, ("feeling",))
        if entry is not None:
            return talk.stay(entry.key) if entry.stay else None
    return None


def _covers(entry: Entry, talk: Talk) -> bool:
    """Tell whether an entry takes up most of what was said."""
    return entry.matched(talk.heard) >= len(talk.heard.core) / 2


def by_mood(talk: Talk) -> str | None:
    """Ask about a feeling that is only named; to one that was told of say something of it first."""
    label = talk.mood.lower()
    before = talk.feeling_before
    stays = before and not (talk.mood in NEGATIVE and _is_joy(before))
    if not stays and len(talk.heard.words) <= _NAMED_ONLY:
        return talk.say(f"{label}_ask")
    told = talk.fresh(f"{label}_told", talk.entry(f"{label}_told").say)
    more = talk.fresh(f"{label}_more", talk.entry(f"{label}_more").say)
    if told and more:
        return f"{told} {more}"
    return told or more or talk.say(f"{label}_stay")


def _long_enough(talk: Talk) -> bool:
    """Tell whether the last two answers were about a feeling: then other things may come up."""
    return bool(talk.feeling_before) and len(talk.own_lines) > 1 and bool(talk.feeling_of(-2))
