"""One responder per kind of answer, in the order they are asked: what knows more comes first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from modules.llm.companion import feelings, lore
from modules.llm.companion.book import Entry, book
from modules.llm.companion.care import careful
from modules.llm.companion.clock import part_of_day
from modules.llm.companion.echo import turned
from modules.llm.companion.follow import followed
from modules.llm.companion.origins import place_in
from modules.llm.companion.phrases import alternatives, words
from modules.llm.companion.quoting import with_quote
from modules.llm.companion.recollect import recollected
from modules.llm.companion.remembered import remembered
from modules.llm.companion.skills import about_memory, worked_out
from modules.llm.companion.suggest import suggested
from modules.llm.companion.talk import Talk
from modules.llm.companion.topics import (
    carried_on,
    of_itself,
    point_of,
    taken_up,
    tipped,
    topic_of,
)
from modules.llm.companion.wording import wording_data
from modules.text import is_bare_syllable, is_vietnamese_syllable

Responders = Sequence[tuple[str, Callable[[Talk], str | None]]]
"""Kinds of answer, each with what may give one."""

_LONG_WORDS = 90


def _entry_of(*kinds: str) -> Callable[[Talk], str | None]:
    def responder(talk: Talk) -> str | None:
        entry = book().find(talk.heard, kinds, talk.mood)
        return talk.say(entry.key) if entry else None

    return responder


def _foreign(talk: Talk) -> str | None:
    return talk.say("foreign") if talk.heard.foreign else None


def _wordless(talk: Talk) -> str | None:
    if talk.heard.said:
        return None
    if talk.mood != "Other":
        return feelings.by_mood(talk)
    drawn = any(unicodedata.category(character) == "So" for character in talk.heard.text)
    return talk.say("picture" if drawn else "nothing")


def _asked(talk: Talk) -> str | None:
    entry = book().find(talk.heard, ("ask",), talk.mood)
    if entry is None:
        return None
    own = of_itself(talk) if entry.key in _OF_ITSELF else None
    text = own or lore.tell(talk, entry.key) or _suggestion(talk) or _about(talk, entry)
    soft = (
        talk.say(f"soft_{talk.feeling.lower()}")
        if talk.feeling in ("Sadness", "Fear", "Anger")
        else None
    )
    return f"{soft} {text}" if soft and entry.key in _GIVEN and text else text


def _suggestion(talk: Talk) -> str | None:
    """Suggest what is asked for, unless what is asked is what they like themselves."""
    if any(f"{word} " in talk.heard.said for word in _OWN_TASTE):
        return None
    if not talk.heard.question and set(talk.heard.words).isdisjoint(words("suggest", "wishes")):
        return None  # "không ăn gì được" asks for nothing
    ranked = (entry.key for entry in book().ranked(talk.heard, ("ask",), talk.mood))
    return next((text for key in ranked if (text := suggested(talk, key))), None)


_OWN_TASTE = ("thích ăn gì", "thích uống gì", "thích nghe gì", "thích xem gì", "dị ứng gì", "nhớ")
_OF_ITSELF = frozenset({"like", "like_it", "know", "unable", "dance", "own_past"})
"""Questions about itself that a topic has an answer of its own to."""
_GIVEN = frozenset({"joke_ask", "story_ask", "poem_ask", "folk_ask", "riddle_ask", "sing"})
"""Requests that are granted with a kind word first where the user feels bad."""


def _about(talk: Talk, entry: Entry) -> str | None:
    small, persona = wording_data()["small"], talk.request.persona
    slots = {"gender": small["gender"][persona.gender], "land": small["land"][persona.region]}
    if persona.age is not None:
        slots["age"] = str(persona.age)
    if entry.key == "name" and _asks_own_name(talk):
        key = "recall_name" if talk.voice.user_name else "recall_no_name"
        return talk.say(key, user_name=talk.voice.user_name)
    return talk.say(entry.key, **slots)


def _asks_own_name(talk: Talk) -> bool:
    """Tell "anh tên gì" of somebody who is called anh: it asks for the user's name."""
    words = talk.heard.words
    name = "ten" if talk.heard.bare else "tên"
    before = words[words.index(name) - 1] if name in words[1:] else ""
    pair = talk.request.pair
    return before == pair.user_term.lower() != pair.assistant_self.lower()


def _greet(talk: Talk) -> str | None:
    entry = book().find(talk.heard, ("chat",))
    if entry is None or entry.key != "greet":
        return None
    if not talk.first:
        return talk.say("greet_again")
    part = part_of_day(talk.moment)
    ask = talk.say(f"part_{part}")
    return talk.say("greet", part=wording_data()["small"]["part"][part], part_ask=ask or "")


def _chat(talk: Talk) -> str | None:
    entry, point = book().find(talk.heard, ("chat",)), point_of(talk)
    if entry is None or (point and point.matched(talk.heard) > entry.matched(talk.heard)):
        return None
    part = wording_data()["small"]["part"][part_of_day(talk.moment)]
    return talk.say(entry.key, part=part)


def _point(talk: Talk) -> str | None:
    """Take up what is told of a topic, closely, unless something is asked about it."""
    entry = None if _really_asks(talk) else point_of(talk)
    return taken_up(talk, entry) if entry else None


def _told(talk: Talk) -> str | None:
    """Take up what they tell about themselves: a name, an age, a home, a plan."""
    return None if _really_asks(talk) else _origin(talk) or _entry_of("topic")(talk)


def _topic(talk: Talk) -> str | None:
    entry = None if _really_asks(talk) else topic_of(talk)
    return taken_up(talk, entry) if entry else None


def _remark(talk: Talk) -> str | None:
    return None if _really_asks(talk) else _entry_of("remark")(talk)


def _really_asks(talk: Talk) -> bool:
    """Tell whether something is asked that nobody here knows: "đẹp nhỉ" asks nothing."""
    tags = ("nhỉ ", "nhi ", "ha ", "hen ")
    return talk.heard.question and not talk.heard.said.endswith(tags)


def _origin(talk: Talk) -> str | None:
    """Take up the place that the user comes from or lives in."""
    found = book().find(talk.heard, ("topic",))
    place = place_in(talk.heard)
    if place is None or found is None or found.key not in ("hometown", "travel"):
        return None
    key = "from_place" if found.key == "hometown" else "to_place"
    name, known = place
    return talk.say(key, place=name, known=talk.pick(name, known))


def _too_long(talk: Talk) -> str | None:
    return talk.say("too_long") if len(talk.heard.words) > _LONG_WORDS else None


def _noise(talk: Talk) -> str | None:
    """Tell what is no Vietnamese, with or without diacritics."""
    words = [word for word in talk.heard.words if word.isalpha()]
    known = sum(is_vietnamese_syllable(word) or is_bare_syllable(word) for word in words)
    return (
        talk.say("noise") if words and not talk.heard.english and known < len(words) / 2 else None
    )


def _should(talk: Talk) -> str | None:
    """Answer "có nên gọi cho nó không": with their own words, without deciding for them."""
    match = re.search(
        alternatives("should", "asks") + r"\s+(?P<what>[^,.?!]{2,60})", talk.heard.text
    )
    if match is None or not talk.heard.question:
        return None
    tail = rf"(?:\s+{alternatives('should', 'tail')})+$"
    what = turned(re.sub(tail, "", match["what"].strip(), flags=re.IGNORECASE), talk)
    told = what and talk.said_with("should_what", what=what)
    return _joined(told or talk.fresh("should", talk.entry("should").say), talk, "should_more")


def _unknown(talk: Talk) -> str | None:
    """Tell that this is not known; of itself say what a topic has."""
    if not talk.heard.question:
        return None
    if _asks_of_assistant(talk) and (own := of_itself(talk)):
        return own
    said = with_quote(talk, "unknown_first") or talk.fresh("unknown", talk.entry("unknown").say)
    return _joined(said, talk, "unknown_more")


def _joined(first: str | None, talk: Talk, more: str) -> str | None:
    """Put a sentence of an entry behind another one, unless that asks already."""
    if first is None or first.endswith("?"):
        return first
    second = talk.fresh(more, talk.entry(more).say)
    return f"{first} {second}" if second else first


def _asks_of_assistant(talk: Talk) -> bool:
    return not {"bạn", "ban"}.isdisjoint(talk.heard.core.split()[:-1])


RESPONDERS: Responders = (
    ("crisis", careful),
    ("skill", remembered),  # before what is refused: a document of theirs may say it
    ("refuse", _entry_of("refuse")),
    ("abuse", _entry_of("abuse")),
    ("foreign", _foreign),
    ("feeling", _wordless),
    ("chat", followed),
    ("skill", lore.guessed),
    ("skill", recollected),
    ("skill", worked_out),
    ("ask", _suggestion),
    ("skill", about_memory),
    ("ask", tipped),
    ("ask", _asked),
    ("ask", _should),
    ("feeling", feelings.felt),
    ("listen", _too_long),
    ("greeting", _greet),
    ("chat", _chat),
    ("listen", _noise),
    ("topic", _point),
    ("feeling", feelings.continued),
    ("topic", _told),
    ("topic", _topic),
    ("topic", _remark),
    ("unknown", _unknown),
    ("listen", carried_on),
)
