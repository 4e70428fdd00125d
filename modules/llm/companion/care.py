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
from modules.llm.companion.danger_model import probabilities
from modules.llm.companion.hearing import Heard
from modules.llm.companion.talk import Talk
from modules.messages import Pair

FOLLOWED = 3
"""Turns after which a conversation goes on as usual."""
CAREFUL = 6
"""Turns in which nothing is joked about and a language model is reminded of what was said."""
_OWN = frozenset({"crisis", "crisis_check", "crisis_other", "crisis_lost"})
_HURT = frozenset({"violence", "harm_others"})
GRAVE = _OWN | _HURT
"""Danger that a conversation does not simply leave behind; a fire is told to the fire brigade."""


def careful(talk: Talk) -> str | None:
    """Return the answer to danger, or to the turns right after it; None where there is none."""
    if key := danger_in(talk, talk.heard):
        return talk.say(key)
    before = [danger_in(talk, heard) for heard in talk.earlier(CAREFUL)]
    asked = book().find(talk.heard, ("skill", "ask"))
    if asked is not None and asked.key in care_data()["requests"]["refused"]:
        return talk.say("crisis_follow") if GRAVE.intersection(before) else None
    if asked is not None:
        return None
    if "crisis" in before[-FOLLOWED:]:
        return talk.say("crisis_follow")
    return talk.say("violence_follow") if _HURT.intersection(before[-FOLLOWED:]) else None


def danger_in(talk: Talk, heard: Heard) -> str | None:
    """Return the key of the answer that an utterance of this conversation needs, or None."""
    pair = talk.request.pair
    return _danger(heard, pair.assistant_self, pair.user_term, talk.voice.user_name)


def was_in_danger(talk: Talk) -> bool:
    """Tell whether the user spoke of grave danger lately, before this turn."""
    return any(danger_in(talk, heard) in GRAVE for heard in talk.earlier(CAREFUL))


@lru_cache(maxsize=256)
def _danger(heard: Heard, assistant_self: str, user_term: str, name: str) -> str | None:
    if is_told(heard):
        return None
    wish = crisis_of(heard, Pair(assistant_self, user_term), name)
    entry = book().find(heard, ("crisis",))
    if wish and (entry is None or wish == "crisis"):
        return wish
    return entry.key if entry is not None else _guessed(heard)


def _guessed(heard: Heard) -> str | None:
    """Return the answer to what no rule knows and the model takes for danger."""
    shares = probabilities(plain_line(heard), bare=heard.bare)
    least = care_data()["numbers"]
    if 1 - shares["none"] < least["story" if is_story(heard) else "heard"]:
        return None
    kind = max(care_data()["answers"], key=shares.__getitem__)
    sure = kind == "self" and shares[kind] >= least["certain"]
    return "crisis" if sure else str(care_data()["answers"][kind])


@lru_cache(maxsize=1)
def care_data() -> Mapping[str, Any]:
    """Return the tables of `care.toml`."""
    return tomllib.loads(Path(__file__).with_name("care.toml").read_text(encoding="utf-8"))
