"""Answers to feelings: what lies behind one, else the feeling itself, and then going on with it."""

from __future__ import annotations

from modules.llm.companion.book import Entry, book
from modules.llm.companion.talk import Talk

NEGATIVE = frozenset({"Sadness", "Fear", "Anger", "Disgust"})


def felt(talk: Talk) -> str | None:
    """Answer what lies behind a feeling; else the feeling, where nothing else fits better."""
    entry = book().find(talk.heard, ("feeling",), talk.mood)
    if entry is not None:
        again = any(entry.matched(heard) for heard in talk.earlier(3))
        texts = (talk.stay(entry.key) if again else None, talk.say(entry.key))
        if text := next((each for each in texts if each and not talk.said(each)), None):
            return text
    if talk.mood == "Other":
        return None
    kinds = ("chat", "remark") if talk.mood in NEGATIVE else ("chat", "topic", "remark")
    other = book().find(talk.heard, kinds)
    if other and (talk.mood not in NEGATIVE or _covers(other, talk)):
        return None
    return continued(talk) or by_mood(talk)


def continued(talk: Talk) -> str | None:
    """Go on with what the talk about feelings is about, once for each thing there is to say."""
    before = talk.feeling_before
    if not before or talk.heard.question:
        return None
    if _is_joy(before) and (talk.mood in NEGATIVE or book().find(talk.heard, ("topic", "remark"))):
        return None  # a joy gives way to whatever comes up; a grief does not
    label, _, ending = before.rpartition("_")
    text = talk.say(f"{label}_stay") if ending in ("ask", "stay") else _cause(talk)
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
    """Ask about a feeling first; once the talk is about feelings, stay with it."""
    label = talk.mood.lower()
    before = talk.feeling_before
    stays = before and not (talk.mood in NEGATIVE and _is_joy(before))
    return talk.say(f"{label}_stay" if stays else f"{label}_ask")
