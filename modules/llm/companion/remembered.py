"""What memory found for this turn: told at the time they ask about, in a document, in a picture.

The texts are in `remembered.toml`. Whatever the user wrote is quoted, or turned round as in
`memories`: the guard leaves what stands in quotation marks as it is.
"""

from __future__ import annotations

from itertools import groupby

from modules.llm.companion.memories import facts_of, told_back
from modules.llm.companion.talk import Talk
from modules.messages import Recollection
from modules.text import has_diacritics, strip_diacritics

_LONGEST_QUOTE = 220
_PICTURE_WORDS = frozenset({"ảnh", "hình", "hinh", "tấm", "bức", "nhớ", "xem", "picture", "photo"})
_WORDS_OF_ENDING = 5


def remembered(talk: Talk) -> str | None:
    """Return what memory found that answers this turn, or None."""
    if talk.request.asked_when:
        return _told_then(talk)
    found = talk.request.recollections
    return _in_document(talk, found) or _in_picture(talk, found)


def _told_then(talk: Talk) -> str | None:
    said = [item for item in talk.request.recollections if item.kind == "said"]
    days = [_day(talk, when, list(items)) for when, items in groupby(said, lambda i: i.when)]
    told = ". ".join(day for day in days if day)
    if told:
        return talk.say("then_told", told=told)
    when = talk.request.asked_when
    return talk.say("then_nothing", when=when) if has_diacritics(when) else talk.say("then_never")


def _day(talk: Talk, when: str, items: list[Recollection]) -> str:
    """Return "Hôm qua anh kể: ...; ..."."""
    facts = facts_of([item.text for item in items])
    told = "; ".join(told_back(fact, talk.voice.you)[0] for fact in facts)
    day = when or "hôm trước"
    return f"{day[0].upper()}{day[1:]} {talk.voice.you} kể: {told}" if told else ""


def _in_document(talk: Talk, found: tuple[Recollection, ...]) -> str | None:
    """Return what a document says, where they ask."""
    if not talk.heard.question:
        return None
    item = next((each for each in found if each.kind == "document"), None)
    if item is None:
        return None
    page = f", trang {item.page}" if item.page else ""
    name, dot, ending = item.name.rpartition(".")
    name = name if dot and len(ending) < _WORDS_OF_ENDING else item.name
    quote = _short(item.quote or item.text)
    return talk.say("in_document", document=f"“{name}”{page}", quote=f"“{quote}”")


def _in_picture(talk: Talk, found: tuple[Recollection, ...]) -> str | None:
    """Return which picture they left, where they speak of one."""
    item = next((each for each in found if each.kind == "picture"), None)
    spoken = {strip_diacritics(word) for word in _PICTURE_WORDS} if talk.heard.bare else set()
    if item is None or (_PICTURE_WORDS | spoken).isdisjoint(talk.heard.words):
        return None
    return talk.say("in_picture", caption=f"“{_short(item.text).rstrip('.')}”")


def _short(text: str) -> str:
    plain = " ".join(text.replace("“", "").replace("”", "").split()).rstrip(" .,;:")
    return plain if len(plain) <= _LONGEST_QUOTE else plain[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + "…"
