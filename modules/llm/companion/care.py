"""Danger comes first: who is in it, the caring answer, and care in the turns that follow.

The caring answer is the same whatever engine answers otherwise: it is written, names only numbers
that exist (`care.toml`), and waits for nobody. A language model gets the turns after it, with a
word on how to speak then.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.llm.companion.book import book
from modules.llm.companion.danger import crisis_of, is_story, is_told, plain_line
from modules.llm.companion.danger_model import classes_of, probabilities
from modules.llm.companion.hearing import Heard
from modules.llm.companion.talk import Talk
from modules.messages import Pair

FOLLOWED = 3
"""Turns after which a conversation goes on as usual."""
_NEAR = 0.4
"""Share of the likeliest kind's probability from which another kind's scenes are looked at."""
CAREFUL = 6
"""Turns in which nothing is joked about and a language model is reminded of what was said."""
_OWN = frozenset({"crisis", "crisis_check", "crisis_other", "crisis_lost"})


def careful(talk: Talk) -> str | None:
    """Return the answer to danger, or to the turns right after it; None where there is none."""
    if key := danger_in(talk, talk.heard):
        return talk.say(key)
    before = [danger_in(talk, heard) for heard in talk.earlier(CAREFUL)]
    asked = book().find(talk.heard, ("skill", "ask"))
    if asked is not None and asked.key in care_data()["requests"]["refused"]:
        return talk.say("crisis_follow") if grave().intersection(before) else None
    if asked is not None:
        return None
    lately = before[-FOLLOWED:]
    if "crisis" in lately:
        return talk.say("crisis_follow")
    return talk.say("violence_follow") if (grave() - _OWN).intersection(lately) else None


def danger_in(talk: Talk, heard: Heard) -> str | None:
    """Return the key of the answer that an utterance of this conversation needs, or None."""
    pair = talk.request.pair
    return _danger(heard, pair.assistant_self, pair.user_term, talk.voice.user_name)


def was_in_danger(talk: Talk) -> bool:
    """Tell whether the user spoke of grave danger lately, before this turn."""
    return any(danger_in(talk, heard) in grave() for heard in talk.earlier(CAREFUL))


@lru_cache(maxsize=256)
def _danger(heard: Heard, assistant_self: str, user_term: str, name: str) -> str | None:
    if is_told(heard):
        return None
    wish = crisis_of(heard, Pair(assistant_self, user_term), name)
    rules = rules_of(heard, wish)
    rule = next((each for each in rules if each != wish), None)
    shares = probabilities(plain_line(heard), bare=heard.bare, rules=rules)
    numbers = care_data()["numbers"]
    if wish and (rule is None or wish == "crisis"):
        least = numbers["denied" if wish == "crisis" else "denied_other"]
        return wish if shares["none"] < least else None
    least = numbers[_basis(heard, rule, max(care_data()["answers"], key=shares.__getitem__))]
    if 1 - shares.pop("none") < least:
        return None
    return _scene(heard, shares, rule) or _answer(shares, rule)


def _basis(heard: Heard, rule: str | None, kind: str) -> str:
    """Return the name of the probability that counts: for a story, a rule, or what has no event.

    Who does not want to live may say so without a word for it, and is only asked.
    """
    if is_story(heard):
        return "story"
    if rule:
        return "ruled"
    if kind in ("self", "harm"):
        return "asked" if kind == "self" else "blamed"
    happened = classes_of(heard.said, bare=heard.bare) - set(care_data()["vague"]["classes"])
    return "heard" if happened else "vague"


def rules_of(heard: Heard, wish: str | None) -> tuple[str, ...]:
    """Return the keys of the entries of danger that an utterance matches, best first.

    `wish` is what `crisis_of` found, and is the first of them.
    """
    found = [entry.key for entry in book().ranked(heard, ("crisis",))]
    return tuple(([wish] if wish else []) + found)


def _scene(heard: Heard, shares: Mapping[str, float], rule: str | None) -> str | None:
    """Return the scene of the likeliest kind of danger, or of one that is nearly as likely."""
    ruled = care_data()["rules"].get(rule)
    ranked = sorted(shares, key=shares.__getitem__, reverse=True)
    near = [kind for kind in ranked if shares[kind] >= _NEAR * shares[ranked[0]]]
    order = ([ruled] if ruled else []) + [kind for kind in near if kind != ruled]
    keys = (key for kind in order for key in care_data()["scenes"].get(kind, ()))
    return next((key for key in keys if book().entries[key].matched(heard)), None)


def _answer(shares: Mapping[str, float], rule: str | None) -> str:
    """Return the answer to a kind of danger: the rule's, or the likeliest one's."""
    if rule:
        return rule
    kind = max(shares, key=shares.__getitem__)
    sure = kind == "self" and shares[kind] >= care_data()["numbers"]["certain"]
    return "crisis" if sure else str(care_data()["answers"][kind])


@lru_cache(maxsize=1)
def grave() -> frozenset[str]:
    """Return danger that a conversation does not leave behind; a fire is told to the brigade."""
    kinds = ("violence", "harm", "child")
    answers, scenes = care_data()["answers"], care_data()["scenes"]
    hurt = {key for kind in kinds for key in (answers[kind], *scenes.get(kind, ()))}
    return _OWN | hurt


@lru_cache(maxsize=1)
def care_data() -> Mapping[str, Any]:
    """Return the tables of `care.toml`."""
    return tomllib.loads(Path(__file__).with_name("care.toml").read_text(encoding="utf-8"))
