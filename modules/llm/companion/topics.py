"""What is said of a topic: something to what was told of it, and a question that goes on with it.

A topic stays with the talk: what nothing else knows is taken as more about it, as long as there are
questions left that were not asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from modules.llm.companion.book import Entry, book
from modules.llm.companion.echo import echoed
from modules.llm.companion.quoting import with_quote
from modules.llm.companion.talk import Talk
from modules.llm.companion.wording import sentences, wording_data

_LONGEST_STAY = 4
"""Questions on one topic in a row before the talk may go elsewhere."""
_SHORT = 4
_WORD = re.compile(r"[^\W\d_]+")
_SLOT = re.compile(r"\{\w+\}")


def point_of(talk: Talk) -> Entry | None:
    """Return what a statement tells of a topic, closely, or None."""
    ranked = book().ranked(talk.heard, ("point",))
    return next((entry for entry in ranked if not entry.asks), None)


def topic_of(talk: Talk) -> Entry | None:
    """Return the topic that is named, or None."""
    return book().find(talk.heard, ("talk",))


def taken_up(talk: Talk, entry: Entry) -> str | None:
    """Return what is said to a point or a topic; None where all of that was said lately."""
    if entry.asks:
        return talk.fresh(entry.key, entry.say)
    said = talk.fresh(entry.key, entry.say)
    if said is None:
        return carried_on(talk, entry)
    if said.endswith("?"):
        return said
    question = asked_on(talk, entry)
    if question is None or (_asked_twice(talk) and talk.draw("rest") < 0.3):
        rest = talk.fresh("go_on", talk.entry("go_on").say)
        return f"{said} {rest}" if rest else said
    return f"{said} {question}"


def asked_on(talk: Talk, entry: Entry) -> str | None:
    """Return a question on the topic that was not asked lately, or None."""
    named = "tên " in talk.heard.said  # who has told the name is not asked for it

    def open_to(questions: Sequence[str]) -> list[str]:
        return [text for text in questions if not (named and "tên gì" in text)]

    own = talk.fresh(f"{entry.key} ask", open_to(entry.ask))
    return own or talk.fresh(f"{entry.topic} ask", open_to(book().entries[entry.topic].ask))


def tipped(talk: Talk) -> str | None:
    """Return what a point knows in answer to a question, or None."""
    ranked = book().ranked(talk.heard, ("point",))
    entry = next((each for each in ranked if each.asks), None)
    return taken_up(talk, entry) if entry and talk.heard.question else None


def of_itself(talk: Talk) -> str | None:
    """Return what the assistant says of itself where it is asked about a topic, or None."""
    entry = point_of(talk) or topic_of(talk)
    return talk.fresh(f"{entry.topic} me", book().entries[entry.topic].me) if entry else None


def carried_on(talk: Talk, entry: Entry | None = None) -> str | None:
    """Go on with the talk: take up their words, and ask on, on the topic or more widely."""
    topic = entry or lasting(talk)
    lead = _lead(talk)
    question = asked_on(talk, topic) if topic else None
    question = question or talk.fresh("wider", talk.entry("wider").say)
    if lead is None or question is None:
        return lead or question
    if _asked_twice(talk) and talk.draw("rest") < 0.25:
        question = talk.fresh("go_on", talk.entry("go_on").say) or question
    return f"{lead} {question}"


def _lead(talk: Talk) -> str | None:
    echo = echoed(talk)
    short = len(talk.heard.words) <= _SHORT
    answers = short and talk.last.endswith("?")
    if echo and (answers or (not short and talk.draw("echo") < 0.75)):
        key = "lead_short" if answers else "lead_echo"
        filled = [text.replace("{echo}", echo) for text in talk.entry(key).say]
        if text := talk.fresh(key, filled):
            return text
    return with_quote(talk, "lead_first") or talk.fresh("lead", talk.entry("lead").say)


def _asked_twice(talk: Talk) -> bool:
    lines = talk.own_lines[-2:]
    return len(lines) == 2 and all(line.rstrip().endswith("?") for line in lines)


def lasting(talk: Talk) -> Entry | None:
    """Return the topic of the last question, or of what the user said lately, or None."""
    lines = talk.own_lines[-_LONGEST_STAY:]
    before = [_topic_of_question(line, talk) for line in reversed(lines)]
    if len(before) == _LONGEST_STAY and len(set(before)) == 1:
        return None  # long enough
    if before and before[0]:
        return book().entries[before[0]]
    for heard in reversed(talk.earlier(2)):
        found = book().find(heard, ("point", "talk"))
        if found is not None and not found.asks:
            return found
    return None


def _topic_of_question(line: str, talk: Talk) -> str:
    """Return the key of the topic that the last sentence of `line` asks about, or ""."""
    last = sentences(line)[-1:] if line else []
    terms = {talk.voice.you, talk.voice.assistant_self}
    return _questions().get(_skeleton(last[0], terms), "") if last else ""


@lru_cache(maxsize=1)
def _questions() -> dict[str, str]:
    return {
        _skeleton(_SLOT.sub(" ", text)): entry.topic
        for entry in book().entries.values()
        if entry.kind in ("talk", "point")
        for text in (*entry.ask, *(sentences(each)[-1] for each in entry.me))
    }


def _skeleton(text: str, terms: Sequence[str] | set[str] = ()) -> str:
    """Return the words of a sentence without terms of address and particles."""
    dropped = _particles() | {word for term in terms for word in term.lower().split()}
    return " ".join(word for word in _WORD.findall(text.lower()) if word not in dropped)


@lru_cache(maxsize=1)
def _particles() -> frozenset[str]:
    regions = wording_data()["particles"].values()
    return frozenset({"dạ", "ạ", "à"} | {word for each in regions for word in each.values()})
