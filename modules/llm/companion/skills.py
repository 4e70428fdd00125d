"""What the companion can truly work out: time, sums, units, spelling, memories, a throw of dice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from modules.llm.companion import clock, spelling
from modules.llm.companion.arithmetic import TooLarge, solve
from modules.llm.companion.book import book
from modules.llm.companion.dates import NoSuchDay
from modules.llm.companion.hearing import plain_text
from modules.llm.companion.memories import MAX_FACTS, facts_of, fitting, told_back
from modules.llm.companion.numbers import write_number
from modules.llm.companion.phrases import alternatives
from modules.llm.companion.talk import Talk
from modules.llm.companion.told_sums import told_sum
from modules.llm.companion.units import convert
from modules.text import strip_diacritics

_LAST_SHOWN = 200


def worked_out(talk: Talk) -> str | None:
    """Return the answer to what can be worked out, or None."""
    return _calculated(talk) or _looked_up(talk) or _chosen(talk)


def about_memory(talk: Talk) -> str | None:
    """Return the fact that answers a question about the user, or None."""
    if not talk.heard.question or not _asks_of_self(talk):
        return None
    fact = fitting(talk.request.recalled, talk.heard.text, asked=True)
    if fact:
        return _quote(talk, fact)
    # They ask what is remembered: what memory found for this is told, though no word of it is here.
    asks = not {"nhớ", "nho"}.isdisjoint(talk.heard.words) and facts_of(talk.request.recalled)
    return _all_facts(talk) if asks else None


def mention(talk: Talk) -> str | None:
    """Return a sentence that recalls what fits this turn and was not recalled lately, or None."""
    fact = fitting(talk.request.recalled, talk.heard.text)
    if not fact or talk.said(fact) or strip_diacritics(fact.lower()) in _folded(talk.heard.text):
        return None
    if any(_folded(fact) in _folded(line) for line in talk.all_user_lines):
        return None  # they have just told it
    told, turned = told_back(fact, talk.voice.you)
    if any(told.strip("“”") in line for line in talk.own_lines):
        return None
    return talk.say("recall_direct" if turned else "mention", fact=told)


def _calculated(talk: Talk) -> str | None:
    heard = talk.heard
    conversion = (
        convert(heard.text, bare=heard.bare) if heard.question or "đổi" in heard.said else None
    )
    if conversion is not None:
        if not conversion.amount:
            return talk.say("unit_mixed")
        key = "unit" if conversion.exact else "unit_about"
        return talk.say(key, amount=conversion.amount, value=conversion.value)
    if told := told_sum(heard.text, bare=heard.bare):
        return _told_result(talk, *told)
    try:
        found = solve(heard.text, bare=heard.bare)
    except ZeroDivisionError:
        return talk.say("divided_by_zero")
    except TooLarge:
        return talk.say("too_large")
    return _told_result(talk, found.said, found.value) if found else None


def _told_result(talk: Talk, said: str, result: Fraction) -> str | None:
    value, exact = write_number(result)
    return talk.say("sum" if exact else "sum_about", expression=said, value=value)


def _looked_up(talk: Talk) -> str | None:
    """Return the answer of the best skill that has one: some patterns catch what has no answer."""
    for entry in book().ranked(talk.heard, ("skill",)):
        special = _SPECIAL.get(entry.key)
        text = special(talk) if special else _on_calendar(talk, entry.key)
        if text:
            return text
    return None


def _on_calendar(talk: Talk, key: str) -> str | None:
    if key not in clock.QUESTIONS:
        return talk.say(key)
    try:
        return _said(talk, clock.answer(key, talk.heard.text, talk.moment, bare=talk.heard.bare))
    except NoSuchDay:
        return talk.say("bad_date")


def _said(talk: Talk, found: clock.Answer | None) -> str | None:
    return talk.say(found[0], **found[1]) if found else None


def _chosen(talk: Talk) -> str | None:
    """Choose between two small things. What is grave is not left to chance."""
    text = talk.heard.text
    match = _choice().search(text)
    if match is None or not (talk.heard.question or re.search(_any("asks"), text, re.IGNORECASE)):
        return None
    closers = rf"(?i)(?:\s+{_any('closers')})+$"
    choices = [re.sub(closers, "", match[name]).strip() for name in ("one", "two")]
    if re.search(_any("grave"), text, re.IGNORECASE) or not all(
        0 < len(choice.split()) <= 4 for choice in choices
    ):
        return None
    return talk.say("choose", choice=talk.pick("choice", choices))


def _any(name: str) -> str:
    return alternatives("choice", name)


@lru_cache(maxsize=1)
def _choice() -> re.Pattern[str]:
    return re.compile(
        rf"{_any('verb')}\s+(?P<one>[^,.?!]{{1,40}}?)\s+hay\s+(?:{_any('repeated')}\s+)*"
        r"(?P<two>[^,.?!]{1,40})",
        re.IGNORECASE,
    )


# --- memory ---------------------------------------------------------------------------------------


def _all_facts(talk: Talk) -> str | None:
    facts = facts_of(talk.request.recalled)[:MAX_FACTS]
    if not facts:
        return talk.say("recall_nothing")
    told = [told_back(fact, talk.voice.you)[0] for fact in facts]
    return talk.say("recall_all", facts="; ".join(told))


def _name(talk: Talk) -> str | None:
    if talk.voice.user_name:
        return talk.say("recall_name", user_name=talk.voice.user_name)
    return talk.say("recall_no_name")


def _quote(talk: Talk, fact: str) -> str | None:
    told, turned = told_back(fact, talk.voice.you)
    return talk.say("recall_direct" if turned else "recall_one", fact=told)


def _asks_of_self(talk: Talk) -> bool:
    own = {"mình", "tôi", "tui", "tớ", "minh", "toi", "to", talk.voice.you.lower()}
    own |= {strip_diacritics(talk.voice.you.lower())} | (
        {"my", "i"} if talk.heard.english else set()
    )
    return not own.isdisjoint(talk.heard.words)


def _repeat(talk: Talk) -> str | None:
    last = plain_text(talk.last).removeprefix("Dạ, ")[:_LAST_SHOWN]
    return talk.say("repeat", last=last) if last else None


def _folded(text: str) -> str:
    return strip_diacritics(text.lower())


_SPECIAL: Mapping[str, Callable[[Talk], str | None]] = {
    "spell": lambda talk: _said(talk, spelling.spell(talk.heard.text)),
    "letters": lambda talk: _said(talk, spelling.letters(talk.heard.text)),
    "letter_count": lambda talk: _said(talk, spelling.count_letters(talk.heard.text)),
    "count": lambda talk: _said(talk, spelling.count_off(talk.heard.text, bare=talk.heard.bare)),
    "read": lambda talk: _said(talk, spelling.read_aloud(talk.heard.text)),
    "recall_all": _all_facts,
    "recall_name": _name,
    "repeat": _repeat,
}
