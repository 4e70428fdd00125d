"""How a sentence is spelled, closed and ended in the user's manner."""

from __future__ import annotations

import re

from modules.llm.companion.manner.dress import (
    OFTEN,
    SLOT_WORDS,
    WORD,
    Dress,
    in_case,
    manner_data,
    word_pattern,
)
from modules.messages import Habit, Spelled

_SENTENCE = re.compile(r"(.*?\w\W*?|\W*)([.!?…]*)", re.DOTALL)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
_VOWELS = frozenset("aáàảãạeéèẻẽẹêếềểễệiíìỉĩịoóòỏõọôốồổỗộơớờởỡợuúùủũụưứừửữựyýỳỷỹỵ")
_ONLY_SOFT = frozenset({"nhé", "nha", "nhá", "nghen", "hí", "nhen"})
"""Softeners that are nothing else; "nghe" is also a verb."""


def dressed(sentence: str, place: int, dress: Dress, *, last: bool) -> str:
    """Spell a sentence, close it, and end it with the user's marks."""
    match = _SENTENCE.fullmatch(sentence)
    body, mark = (match[1], match[2]) if match else (sentence, "")
    body = _closed(body, dress, place, asks="?" in mark)
    body = _spelled(body, dress)
    if "?" in mark:
        words = WORD.findall(body.lower())
        bare = dress.draw(f"bare {place}") < dress.manner.bare_questions > OFTEN
        if last and bare and words and words[-1] in dress.asking_ends:
            return body
        marks = [habit for habit in dress.manner.question_marks if "?" in habit.text]
        return body + (dress.pick(f"question {place}", marks) or "?")
    if body[-1:] in '”"»)':
        return body + mark
    ended = dress.pick(f"end {place}", dress.manner.endings)
    if not ended and not last:
        ended = dress.manner.endings[0].text if dress.manner.endings else "."
    return body + ended


def _closed(body: str, dress: Dress, place: int, *, asks: bool) -> str:
    data = manner_data()
    words = WORD.findall(body.lower())
    last = words[-1] if words else ""
    if len(words) < 2 or not body[-1:].isalpha():
        return body
    name = f"close {place}"
    if asks:
        return _closed_question(body, last, dress, name)
    by_act: dict[str, list[Habit]] = {}
    for habit in dress.manner.closers:
        by_act.setdefault(habit.act, []).append(habit)
    invites = last in data["invites"]["ends"] or not set(words).isdisjoint(data["invites"]["holds"])
    fitting: list[Habit] = []
    softeners = [h for h in by_act.get("soften", []) if h.text in SLOT_WORDS["nhe"]]
    if last in _ONLY_SOFT and not dress.pick(f"soft {place}", softeners, dress.emphasis):
        return body[: -len(last)].rstrip()  # who hardly ever softens does not do it here
    if last in data["closed"]["words"]:
        return body
    if invites:
        fitting = softeners
    elif last in data["judged"]["ends"]:
        tags = [h for h in by_act.get("tag", []) if h.text in SLOT_WORDS["nhi"]]
        fitting = [*by_act.get("more", []), *tags]
    elif last in (dress.voice.you, dress.voice.assistant_self):
        return body
    fitting = fitting or [h for h in dress.manner.closers if h.text in data["stress"]["words"]]
    found = dress.pick(name, fitting, dress.emphasis)
    return f"{body} {_stretched(found, dress, name)}" if found else body


def _closed_question(body: str, last: str, dress: Dress, name: str) -> str:
    data = manner_data()["wh"]
    fitting = list(dress.manner.question_closers)
    if last in data["yes_no"]:
        fitting = [habit for habit in fitting if habit.text in data["yes_no_closers"]]
    found = dress.pick(name, fitting, dress.emphasis)
    asks = not set(WORD.findall(body.lower())).isdisjoint(data["holds"])
    free = asks and last not in (*manner_data()["closed"]["words"], dress.voice.you)
    known = last in (*data["ends"], *data["swapped"]) or free or last == "đó"
    if not found or not known or last == found or f" {found} " in f" {body.lower()} ":
        return body
    if last in data["swapped"]:
        before = body[: -len(last)].rstrip()
        return f"{before} {found}" if before else body
    return f"{body} {found}"


def _stretched(word: str, dress: Dress, name: str) -> str:
    """Lengthen the last vowel ("nhaaa"), for who does so."""
    if word[-1:].lower() in _VOWELS and dress.draw(f"stretch {name}") < 2 * dress.manner.stretched:
        return word + word[-1] * 2
    return word


def _spelled(body: str, dress: Dress) -> str:
    """Write words as the user does, outside quotations, each word always in the same way."""
    by_word: dict[str, list[Spelled]] = {}
    for each in dress.manner.spelling:
        by_word.setdefault(each.standard, []).append(each)
    for standard in sorted(by_word, key=len, reverse=True):
        habits = [Habit(each.written, each.share) for each in by_word[standard]]
        written = dress.pick(f"spell {standard}", habits)
        if written:
            body = _rewritten(body, by_word[standard][0], written)
    return body


def _rewritten(body: str, spelled: Spelled, written: str) -> str:
    quoted = [match.span() for match in _QUOTED.finditer(body)]

    def write(match: re.Match[str]) -> str:
        before = WORD.findall(body[: match.start()].lower())[-1:]
        after = WORD.findall(body[match.end() :].lower())[:1]
        inside = any(start <= match.start() < end for start, end in quoted)
        if inside or set(before) & spelled.not_after or set(after) & spelled.not_before:
            return match[0]
        return in_case(match[0], written)

    return word_pattern(spelled.standard).sub(write, body)
