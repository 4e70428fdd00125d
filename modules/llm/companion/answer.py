"""From a request to the sentences of the companion's answer.

What is asked first matters: danger, then what must be refused, then what can be worked out, then
questions about the assistant, feelings, small talk, topics. What nothing knows is told so.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from modules.llm.companion import feelings
from modules.llm.companion.care import careful
from modules.llm.companion.echo import echoed
from modules.llm.companion.fresh import renewed
from modules.llm.companion.manner import Dress, in_manner
from modules.llm.companion.phrases import alternatives
from modules.llm.companion.quoting import with_quote
from modules.llm.companion.responders import RESPONDERS, Responders
from modules.llm.companion.skills import mention
from modules.llm.companion.talk import Talk, talk_of
from modules.llm.companion.wording import TOLD, polish, sentences
from modules.messages import TurnRequest

Said = tuple[str, str]
"""What kind of answer it is, and its text."""

_NOT_KNOWN = ("listen", "unknown")
_SAYS_SO = ("mô hình ngôn ngữ", "soạn sẵn")
"""What an answer holds that already tells what the companion is."""
_OPENED_BEFORE = 2
_WORTH_IT = 4
"""Words of what is said back at least: "anh vui" is not."""
_TAKEN_UP = 0.85
"""Share of first answers to a feeling that begin with the user's own words."""


def answer(request: TurnRequest, moment: datetime) -> list[str]:
    """Return the sentences of the answer, in the words of its pair, tone and region."""
    talk = talk_of(request, moment)
    greeting, kind, text = answered(talk)
    if greeting and kind not in ("crisis", "refuse", "greeting"):
        text = f"{greeting} {text}"
    else:
        text = _with_memory(talk, kind, text)
        text = " ".join(filter(None, (_taken_up(talk, kind, text), text)))
        text = " ".join(filter(None, (text, _extra(talk, kind, text))))
    text = renewed(talk, kind, text)
    told = len(sentences(text.partition(TOLD)[2]))
    return _in_manner(talk, kind, sentences(polish(text, talk.voice, talk.turn)), told)


def answered(talk: Talk) -> tuple[str, str, str]:
    """Return the greeting, if one is given back, and the kind and text of the answer.

    What was typed without marks is read with the likeliest ones, save for danger. What nothing is
    known of is taken up as it was typed.
    """
    if talk.heard.bare and talk.request.heard_as and careful(talk) is None:
        guess = replace(talk, heard=talk.read(talk.request.heard_as))
        greeting, kind, text = _with_greeting(guess, RESPONDERS[1:])
        if kind not in _NOT_KNOWN:
            return greeting, kind, text
        return _with_greeting(talk, [each for each in RESPONDERS if each[0] in _NOT_KNOWN])
    return _with_greeting(talk, RESPONDERS)


def _with_greeting(talk: Talk, responders: Responders) -> tuple[str, str, str]:
    greeting, inner = _greeted(talk)
    said = _first(inner, responders)
    if greeting and said[0] == "listen":
        greeting, said = "", _first(talk, responders)
    return greeting, *said


def _in_manner(talk: Talk, kind: str, parts: list[str], told: int) -> list[str]:
    """Say it as the user would, where their manner is known and wanted."""
    manner = talk.request.manner
    if manner is None:
        return parts
    seed = "\n".join((*talk.own_lines[-2:], talk.request.text, *parts))
    # An answer to a feeling that is not certain may answer an old sorrow: no laugh there.
    sad = talk.feeling in feelings.NEGATIVE or (kind == "feeling" and talk.mood == "Other")
    recent = tuple(line.lower() for line in talk.raw_lines[-_OPENED_BEFORE:])
    dress = Dress(manner, talk.voice, kind, seed, sad, recent)
    return in_manner(parts, dress, told)


def _first(talk: Talk, responders: Responders) -> Said:
    for kind, responder in responders:
        if text := responder(talk):
            return kind, text
    return "listen", talk.say("go_on") or ""


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


def _taken_up(talk: Talk, kind: str, text: str) -> str | None:
    """Return what is said of their own words before a first answer to a feeling, often."""
    if kind != "feeling" or not talk.first or len(sentences(text)) > 2:
        return None
    if talk.draw("taken up") > _TAKEN_UP:
        return None
    what = echoed(talk)
    if len((what or talk.heard.core).split()) < _WORTH_IT:
        return None
    return talk.said_with("felt_first", what=what) if what else with_quote(talk, "felt_quoted")


def _extra(talk: Talk, kind: str, text: str) -> str | None:
    """Return what may follow the answer: a word on English, or the note of a first turn."""
    if kind in ("crisis", "refuse", "abuse") or len(sentences(text)) > 2:
        return None
    if talk.heard.english and not any("tiếng Việt" in line for line in talk.own_lines[-3:]):
        return talk.say("english_too")
    if talk.first and kind != "feeling" and talk.mood not in feelings.NEGATIVE:
        return None if any(word in text for word in _SAYS_SO) else talk.say("note")
    return None
