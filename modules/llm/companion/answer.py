"""From a request to the sentences of the companion's answer.

What is asked first matters: danger, then what must be refused, then what can be worked out, then
questions about the assistant, feelings, small talk, topics. What nothing knows is told so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from modules.llm.companion import feelings, lore
from modules.llm.companion.book import Entry, book
from modules.llm.companion.clock import part_of_day
from modules.llm.companion.danger import crisis_of
from modules.llm.companion.follow import followed
from modules.llm.companion.hearing import Heard, hearing_data
from modules.llm.companion.manner import Dress, in_manner
from modules.llm.companion.origins import place_in
from modules.llm.companion.phrases import alternatives
from modules.llm.companion.skills import about_memory, mention, worked_out
from modules.llm.companion.suggest import suggested
from modules.llm.companion.talk import Talk, talk_of
from modules.llm.companion.wording import TOLD, polish, sentences, wording_data
from modules.messages import TurnRequest
from modules.text import is_bare_syllable, is_vietnamese_syllable

Said = tuple[str, str]
"""What kind of answer it is, and its text."""

_SAYS_SO = ("mô hình ngôn ngữ", "soạn sẵn")
"""What an answer holds that already tells what the companion is."""
_OPENED_BEFORE = 2
_LONG_WORDS, _SHORT_WORDS = 90, 3


def answer(request: TurnRequest, moment: datetime) -> list[str]:
    """Return the sentences of the answer, in the words of its pair, tone and region."""
    talk = talk_of(request, moment)
    greeting, inner = _greeted(talk)
    kind, text = _first(inner)
    if greeting and kind == "listen":
        greeting, (kind, text) = "", _first(talk)
    if greeting and kind not in ("crisis", "refuse", "greeting"):
        text = f"{greeting} {text}"
    else:
        text = _with_memory(talk, kind, text)
        text = " ".join(filter(None, (text, _extra(talk, kind, text))))
    told = len(sentences(text.partition(TOLD)[2]))
    return _in_manner(talk, kind, sentences(polish(text, talk.voice, talk.turn)), told)


def _in_manner(talk: Talk, kind: str, parts: list[str], told: int) -> list[str]:
    """Say it as the user would, where their manner is known and wanted."""
    manner = talk.request.manner
    if manner is None:
        return parts
    seed = "\n".join((*talk.own_lines[-2:], talk.request.text, *parts))
    # An answer to a feeling that is not certain may answer an old sorrow: no laugh there.
    sad = talk.mood in feelings.NEGATIVE or (kind == "feeling" and talk.mood == "Other")
    recent = tuple(line.lower() for line in talk.raw_lines[-_OPENED_BEFORE:])
    dress = Dress(manner, talk.voice, kind, seed, sad, recent)
    return in_manner(parts, dress, told)


def _first(talk: Talk) -> Said:
    for kind, responder in _RESPONDERS:
        if text := responder(talk):
            return kind, text
    return "listen", talk.say("listen") or ""


def _greeted(talk: Talk) -> tuple[str, Talk]:
    """Return a greeting for one that opens a longer first utterance, and the rest of that."""
    match = _greeting().match(talk.heard.text)
    if match is None:
        return "", talk
    rest = talk.read(talk.heard.text[match.end() :])
    if len(rest.words) < 2:
        return "", talk
    name, own = talk.voice.slots["you_name"], talk.voice.assistant_self
    greeting = f"{own} chào {name}!" if talk.voice.rank == "junior" else f"chào {name}!"
    greeting = greeting if talk.first else ""
    return greeting, replace(talk, heard=rest)


@lru_cache(maxsize=1)
def _greeting() -> re.Pattern[str]:
    lead, word, whom, close = (
        alternatives("greeting", name) for name in ("lead", "word", "whom", "close")
    )
    return re.compile(
        rf"^(?:{lead}\s+)?{word}[\s,]*(?:{whom}[\s,!.]*)*{close}?[\s,!.]*(?=\S)", re.IGNORECASE
    )


def _with_memory(talk: Talk, kind: str, text: str) -> str:
    """Put a memory that fits before the question that the answer ends with."""
    parts = sentences(text)
    if kind not in ("feeling", "topic", "listen") or len(parts) > 2:
        return text
    recalled = mention(talk)
    if recalled is None:
        return text
    parts.insert(len(parts) - parts[-1].endswith("?"), recalled)
    return " ".join(parts)


def _extra(talk: Talk, kind: str, text: str) -> str | None:
    """Return what may follow the answer: a word on English, or the note of a first turn."""
    if kind in ("crisis", "refuse", "abuse") or len(sentences(text)) > 2:
        return None
    if talk.heard.english and not any("tiếng Việt" in line for line in talk.own_lines[-3:]):
        return talk.say("english_too")
    if talk.first and kind != "feeling" and talk.mood not in feelings.NEGATIVE:
        return None if any(word in text for word in _SAYS_SO) else talk.say("note")
    return None


# --- one responder per kind of answer, in the order they are asked ------------------------------


def _crisis(talk: Talk) -> str | None:
    wish = _wish_to_die(talk, talk.heard)
    entry = book().find(talk.heard, ("crisis",))
    if wish and (entry is None or wish == "crisis"):
        return talk.say(wish)
    if entry is not None:
        return talk.say(entry.key)
    in_crisis = any(_wish_to_die(talk, heard) == "crisis" for heard in talk.earlier(3))
    if in_crisis and book().find(talk.heard, ("skill", "ask")) is None:
        return talk.say("crisis_follow")
    return None


def _wish_to_die(talk: Talk, heard: Heard) -> str | None:
    return crisis_of(heard, talk.request.pair, talk.voice.user_name)


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
    text = lore.tell(talk, entry.key) or _suggestion(talk) or _about(talk, entry)
    soft = (
        talk.say(f"soft_{talk.mood.lower()}") if talk.mood in ("Sadness", "Fear", "Anger") else None
    )
    return f"{soft} {text}" if soft and entry.key in _GIVEN and text else text


def _suggestion(talk: Talk) -> str | None:
    """Suggest what is asked for, unless what is asked is what they like themselves."""
    if any(f"{word} " in talk.heard.said for word in _OWN_TASTE):
        return None
    ranked = (entry.key for entry in book().ranked(talk.heard, ("ask",), talk.mood))
    return next((text for key in ranked if (text := suggested(talk, key))), None)


_OWN_TASTE = ("thích ăn gì", "thích uống gì", "thích nghe gì", "thích xem gì", "dị ứng gì", "nhớ")
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
    entry = book().find(talk.heard, ("chat",))
    part = wording_data()["small"]["part"][part_of_day(talk.moment)]
    return talk.say(entry.key, part=part) if entry else None


def _echo(talk: Talk) -> str | None:
    """Take up a word or two that answers a question."""
    words = talk.heard.words
    if "?" not in talk.last or not 0 < len(words) <= 3 or talk.heard.question or talk.heard.bare:
        return None
    terms = set(_terms())
    if any(word in terms or not word.isalpha() for word in words):
        return None
    return talk.say("echo", echo=talk.heard.text.strip(" .,!…"))


def _terms() -> Sequence[str]:
    data = hearing_data()
    return [*data["classes"]["term"], *data["around"]["openers"], *data["stop"]["words"]]


def _topic(talk: Talk) -> str | None:
    """Take up a topic, unless something is asked about it that nobody here knows."""
    if talk.heard.question and not talk.heard.said.endswith(("nhỉ ", "nhi ", "ha ", "hen ")):
        return None
    return _origin(talk) or _entry_of("topic", "remark")(talk)


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


def _unknown(talk: Talk) -> str | None:
    return talk.say("unknown") if talk.heard.question else None


def _short(talk: Talk) -> str | None:
    return talk.say("listen_short") if len(talk.heard.words) <= _SHORT_WORDS else None


_RESPONDERS: Sequence[tuple[str, Callable[[Talk], str | None]]] = (
    ("crisis", _crisis),
    ("refuse", _entry_of("refuse")),
    ("abuse", _entry_of("abuse")),
    ("foreign", _foreign),
    ("feeling", _wordless),
    ("chat", followed),
    ("skill", lore.guessed),
    ("skill", worked_out),
    ("ask", _suggestion),
    ("skill", about_memory),
    ("ask", _asked),
    ("feeling", feelings.felt),
    ("listen", _too_long),
    ("greeting", _greet),
    ("chat", _chat),
    ("listen", _noise),
    ("feeling", feelings.continued),
    ("chat", _echo),
    ("topic", _topic),
    ("unknown", _unknown),
    ("listen", _short),
)
